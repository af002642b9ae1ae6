/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of a log, whoever wrote it: what is read from it can be written again, and
 * read back to the same.
 */
#include "config.h"

#include <string.h>

#include "ctl/log_entry.h"
#include "ctl/log_prefix.h"
#include "fuzz.h"
#include "policy/record.h"

enum { LINE_MAX = RECORD_FIELDS_MAX + 4 };

/* What a record says, as the fields of a line. */
static size_t record_fields(const struct record *record, struct arena *arena,
                            struct event_field line[LINE_MAX])
{
    const struct verdict verdict = {.login = NULL};
    struct record_texts texts;
    size_t count = 0;

    record_write(&record->facts, &verdict, record->at_mail, arena, &texts);
    line[count++] = (struct event_field){"login", record->facts.login};
    line[count++] = (struct event_field){"client", record->facts.client};
    line[count++] = (struct event_field){"mail_from", texts.mail_from};
    line[count++] = (struct event_field){"from", texts.from};
    for (size_t i = 0; i < texts.count; i++)
        line[count++] = texts.fields[i];
    MUST(count <= LINE_MAX);
    return count;
}

static bool same(const struct event_field *one, const struct event_field *two)
{
    return strcmp(one->key, two->key) == 0 &&
           (one->value == NULL) == (two->value == NULL) &&
           (one->value == NULL || strcmp(one->value, two->value) == 0);
}

static bool is_whole(const struct event_field *line, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(line[i].key, "cut") == 0 && line[i].value != NULL)
            return false;
    }
    return true;
}

static void check_entry(const struct log_entry *entry, struct arena *arena)
{
    struct event_field once[LINE_MAX], twice[LINE_MAX];
    struct record record, again;
    size_t count;

    MUST(entry->count <= LOG_ENTRY_FIELDS_MAX && entry->id != NULL);
    MUST(log_entry_value(entry, "decision") != NULL);
    if (!record_read(entry->fields, entry->count, arena, &record))
        return;
    MUST(record.facts.field_count <= FACTS_FIELDS_MAX);
    MUST(record.facts.mail_from != NULL);
    count = record_fields(&record, arena, once);
    if (record.cut != NULL || !is_whole(once, count))
        return;
    MUST(record_read(once, count, arena, &again));
    MUST(again.facts.field_count == record.facts.field_count);
    MUST(again.at_mail == record.at_mail);
    MUST(record_fields(&again, arena, twice) == count);
    for (size_t i = 0; i < count; i++)
        MUST(same(&once[i], &twice[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_clock clock = {.now = 1795694400};
    const char *text = (const char *)data;
    struct log_entry entry = {.count = 0};
    struct arena arena = {0};

    if (memchr(data, '\0', size) != NULL || memchr(data, '\n', size) != NULL)
        return 0; /* no line */
    if (log_prefix_strip(&clock, &text, &size, &entry.timed, &entry.time) &&
        log_entry_read(text, size, &arena, &entry) == LOG_ENTRY)
        check_entry(&entry, &arena);
    arena_finish(&arena);
    return 0;
}
