/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/facts.h"

#include <string.h>

#include "mail/results.h"

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* The bytes that a lenient reader may drop from a field name: blanks, controls, 8-bit.
 */
static bool droppable(char c)
{
    return (unsigned char)c <= 0x20 || (unsigned char)c >= 0x7f;
}

/* Once everything droppable is dropped. */
bool facts_name_resembles(const char *name, const char *word)
{
    for (; *name != '\0'; name++) {
        if (droppable(*name))
            continue;
        if (*word == '\0' || ascii_lower(*name) != ascii_lower(*word))
            return false;
        word++;
    }
    return *word == '\0';
}

#define FULL_NAME "full-name"

static const struct {
    const char *word;
    enum place place;
} sender_fields[] = {
    {"from", PLACE_FROM},
    {"sender", PLACE_SENDER},
    {"resent-from", PLACE_RESENT_FROM},
    {"resent-sender", PLACE_RESENT_SENDER},
    {"reply-to", PLACE_REPLY_TO},
    {FULL_NAME, PLACE_FROM},
};

/* Letters, digits and what stands between them in names; no address, no encoded word.
 */
static bool is_plain_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char c = ascii_lower(text[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || strchr(" .'-_", c) == NULL))
            return false;
    }
    return true;
}

bool facts_field_place(const char *name, enum place *place_r, bool *plain_r)
{
    const char *p = name;

    /* Nearly every field is told apart by its first letter. */
    while (*p != '\0' && droppable(*p))
        p++;
    switch (ascii_lower(*p)) {
    case 'f':
    case 's':
    case 'r':
        break;
    default:
        return false;
    }
    for (size_t i = 0; i < sizeof(sender_fields) / sizeof(sender_fields[0]); i++) {
        if (!facts_name_resembles(name, sender_fields[i].word))
            continue;
        *place_r = sender_fields[i].place;
        *plain_r = strlen(name) == strlen(sender_fields[i].word) &&
                   strcmp(sender_fields[i].word, FULL_NAME) != 0;
        return true;
    }
    return false;
}

enum facts_kind facts_kind(const struct facts_wanted *wanted, const char *name)
{
    enum place place;
    bool plain;

    if (facts_field_place(name, &place, &plain))
        return FACTS_SENDER;
    if (wanted->results && facts_name_resembles(name, RESULTS_FIELD))
        return FACTS_TRACE;
    if (wanted->tag_field != NULL && facts_name_resembles(name, wanted->tag_field))
        return FACTS_TRACE;
    return FACTS_NONE;
}

bool facts_field_counts(const char *name, const char *value, size_t len)
{
    return !facts_name_resembles(name, FULL_NAME) || !is_plain_name(value, len);
}
