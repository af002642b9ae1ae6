/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/facts.h"

#include <string.h>

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

/* Is `name` the word, once everything droppable is dropped? */
static bool name_resembles(const char *name, const char *word)
{
    for (; *name != '\0'; name++) {
        if (droppable(*name))
            continue;
        if (*word == '\0' || ascii_lower(*name) != *word)
            return false;
        word++;
    }
    return *word == '\0';
}

static const struct {
    const char *word;
    enum place place;
} sender_fields[] = {
    {"from", PLACE_FROM},
    {"sender", PLACE_SENDER},
    {"resent-from", PLACE_RESENT_FROM},
    {"resent-sender", PLACE_RESENT_SENDER},
};

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
        if (!name_resembles(name, sender_fields[i].word))
            continue;
        *place_r = sender_fields[i].place;
        *plain_r = strlen(name) == strlen(sender_fields[i].word);
        return true;
    }
    return false;
}

bool facts_wants(const char *name)
{
    enum place place;
    bool plain;

    return facts_field_place(name, &place, &plain);
}
