/* SPDX-License-Identifier: BSD-2-Clause */
/* What a log line says of a message, and what is read back from it. */
#include "config.h"

#include "policy/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FIELDS_MAX = 6 };

/* One header, and the value of a place that is written of it. */
struct row {
    const char *fields[FIELDS_MAX][2];
    const char *key;
    const char *value; /* NULL: the place is not told */
    const char *cut;
};

static const struct row rows[] = {
    {{{"From", "alice@example.org"}}, "from", "alice@example.org", NULL},
    {{{"Subject", "x"}}, "from", NULL, NULL},
    {{{"FROM", "Alice <Alice@Example.ORG>"}}, "from", "Alice@example.org", NULL},
    {{{"From", "a@x.example, B <b@x.example>"}},
     "from",
     "a@x.example,b@x.example",
     NULL},
    {{{"From", "a@x.example"}, {"From", "b@x.example"}},
     "from",
     "a@x.example;b@x.example",
     NULL},
    {{{"From", "undisclosed:;"}}, "from", "<>", NULL},
    {{{"From", "\"a <b@x.example>"}}, "from", "<unclosed-quote>", NULL},
    {{{"From ", "a@x.example"}}, "from", "<odd-field-name>", NULL},
    {{{"From", "\"c@y.example\" <a@x.example>"}},
     "from",
     "(c@y.example)a@x.example",
     NULL},
    {{{"From", "a@x.example (c@y.example)"}}, "from", "(c@y.example)a@x.example", NULL},
    {{{"From", "\"<c@y.example>\" <a@x.example>"}},
     "from",
     "(<c@y.example>)a@x.example",
     NULL},
    {{{"From", "\"a b\"@x.example"}}, "from", "\"a b\"@x.example", NULL},
    {{{"From", "a..b@x.example, c.@x.example"}},
     "from",
     "a..b@x.example,c.@x.example",
     NULL},
    {{{"Sender", "s@x.example"}}, "sender", "s@x.example", NULL},
    {{{"Reply-To", "s@x.example"}}, "order", NULL, NULL},
    {{{"Resent-From", "a@x.example"}, {"Resent-Sender", "b@x.example"}},
     "order",
     NULL,
     NULL},
    {{{"Resent-Sender", "b@x.example"}, {"Resent-From", "a@x.example"}},
     "order",
     "SF",
     NULL},
    {{{"Resent-From", "a@x.example"},
      {"From", "c@x.example"},
      {"Resent-From", "b@x.example"}},
     "order",
     "FF",
     NULL},
};

static const char *value_of(const struct record_texts *texts, const char *key)
{
    if (strcmp(key, "from") == 0)
        return texts->from;
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->fields[i].key, key) == 0)
            return texts->fields[i].value;
    }
    fail_msg("no field %s", key);
    return NULL;
}

static void same(const char *got, const char *wanted, size_t row)
{
    if ((got == NULL) != (wanted == NULL) || (got != NULL && strcmp(got, wanted) != 0))
        fail_msg("row %zu: %s instead of %s", row, got != NULL ? got : "(none)",
                 wanted != NULL ? wanted : "(none)");
}

static size_t header_fill(const struct row *row, struct facts_field *fields)
{
    size_t count = 0;

    for (; count < FIELDS_MAX && row->fields[count][0] != NULL; count++)
        fields[count] =
            (struct facts_field){.name = row->fields[count][0],
                                 .value = row->fields[count][1],
                                 .value_len = strlen(row->fields[count][1])};
    return count;
}

/* The fields of a line: those of the record, and two that stand elsewhere in it. */
static size_t line_fill(const struct record_texts *texts, const char *login,
                        struct event_field *line)
{
    size_t count = 0;

    line[count++] = (struct event_field){"login", login};
    line[count++] = (struct event_field){"mail_from", texts->mail_from};
    line[count++] = (struct event_field){"from", texts->from};
    for (size_t i = 0; i < texts->count; i++)
        line[count++] = texts->fields[i];
    return count;
}

/* Writes what each header says, reads it back, and writes that: the same. */
static void test_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = {0};
        struct facts_field fields[FIELDS_MAX];
        struct facts facts = {.mail_from = "<a@x.example>", .fields = fields};
        struct event_field line[RECORD_FIELDS_MAX + 3];
        const struct verdict verdict = {.login = NULL};
        struct record_texts texts, again;
        struct record record;
        size_t count;

        facts.field_count = header_fill(&rows[i], fields);
        record_write(&facts, &verdict, false, &arena, &texts);
        same(value_of(&texts, rows[i].key), rows[i].value, i);
        same(value_of(&texts, "cut"), rows[i].cut, i);
        count = line_fill(&texts, NULL, line);
        if (!record_read(line, count, &arena, &record))
            fail_msg("row %zu is not read back", i);
        assert_null(record.facts.login);
        assert_string_equal(record.facts.mail_from, "<a@x.example>");
        if (record.facts.field_count != 0 &&
            record.facts.fields[0].known == REASON_NONE) {
            record_write(&record.facts, &verdict, false, &arena, &again);
            same(again.from, texts.from, i);
            same(value_of(&again, "sender"), value_of(&texts, "sender"), i);
            same(value_of(&again, "resent_from"), value_of(&texts, "resent_from"), i);
            same(value_of(&again, "order"), value_of(&texts, "order"), i);
        }
        arena_finish(&arena);
    }
}

static void test_error_is_remembered(void **state)
{
    static const struct event_field line[] = {{"login", "alice"},
                                              {"mail_from", "<>"},
                                              {"from", "a@x.example;<unclosed-quote>"},
                                              {"stage", "mail"},
                                              {"v", RECORD_VERSION}};
    struct arena arena = {0};
    struct record record;

    (void)state;
    assert_true(record_read(line, 5, &arena, &record));
    assert_string_equal(record.facts.login, "alice");
    assert_string_equal(record.facts.mail_from, "<>");
    assert_true(record.at_mail);
    assert_int_equal(record.facts.field_count, 2);
    assert_string_equal(record.facts.fields[0].value, "a@x.example");
    assert_int_equal(record.facts.fields[1].known, REASON_UNCLOSED_QUOTE);
    arena_finish(&arena);
}

/* What we never write is not believed. */
static void test_foreign_lines(void **state)
{
    static const char *const from[] = {"<what>", "a@x.example;;b@x.example"};
    struct arena arena = {0};
    struct record record;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct event_field line[] = {{"from", from[i]}, {"v", RECORD_VERSION}};

        assert_false(record_read(line, 2, &arena, &record));
    }
    assert_false(record_read(NULL, 0, &arena, &record));
    assert_false(
        record_read((const struct event_field[]){{"v", "2"}}, 1, &arena, &record));
    assert_false(
        record_read((const struct event_field[]){{"order", "F"}, {"v", RECORD_VERSION}},
                    2, &arena, &record));
    arena_finish(&arena);
}

static void test_login(void **state)
{
    static const struct {
        const char *typed, *normalised;
        bool identified;
        const char *shown;
    } logins[] = {
        {NULL, NULL, false, NULL},
        {"", NULL, false, ""},
        {"Alice", "alice@example.org", false, "alice@example.org"},
        {"alice@example.org", "alice@example.org", false, "alice@example.org"},
        {NULL, "scanner@example.org", true, "scanner@example.org"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        struct arena arena = {0};
        const struct facts facts = {.login = logins[i].typed, .mail_from = ""};
        const struct verdict verdict = {.login = logins[i].normalised,
                                        .identified = logins[i].identified};
        struct event_field line[RECORD_FIELDS_MAX + 3];
        struct record_texts texts;
        struct record record;

        record_write(&facts, &verdict, true, &arena, &texts);
        assert_true(record_read(line, line_fill(&texts, logins[i].shown, line), &arena,
                                &record));
        same(record.facts.login, logins[i].typed, i);
        assert_true(record.at_mail);
        arena_finish(&arena);
    }
}

/* What is too long for a line is said to be. */
static void test_cut(void **state)
{
    struct arena arena = {0};
    char value[2000] = "", login[600];
    const struct facts_field field = {"From", value, 0, REASON_NONE};
    struct facts_field fields[] = {field};
    struct facts facts = {.login = login, .mail_from = "", .fields = fields};
    struct verdict verdict = {.login = NULL};
    struct record_texts texts;

    (void)state;
    memset(login, 'x', sizeof(login) - 1);
    login[sizeof(login) - 1] = '\0';
    while (strlen(value) + 20 < sizeof(value))
        strcat(value, value[0] != '\0' ? ", a@example.org" : "a@example.org");
    fields[0].value_len = strlen(value);
    facts.field_count = 1;
    record_write(&facts, &verdict, false, &arena, &texts);
    assert_string_equal(value_of(&texts, "cut"), "from,login");
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_error_is_remembered),
        cmocka_unit_test(test_foreign_lines),
        cmocka_unit_test(test_login),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
