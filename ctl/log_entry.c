/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/log_entry.h"

#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"

const char *log_entry_value(const struct log_entry *entry, const char *key)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (strcmp(entry->fields[i].key, key) == 0)
            return entry->fields[i].value;
    }
    return NULL;
}

/* --- values --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that an escape behind its backslash stands for, and its length; 0: none. */
static size_t escape_read(const char *text, size_t len, char *byte_r)
{
    if (len >= 1 && (text[0] == '\\' || text[0] == '"')) {
        *byte_r = text[0];
        return 1;
    }
    if (len >= 3 && text[0] == 'x' && hex_digit(text[1]) >= 0 &&
        hex_digit(text[2]) >= 0) {
        *byte_r = (char)(16 * hex_digit(text[1]) + hex_digit(text[2]));
        return *byte_r != '\0' ? 3 : 0;
    }
    return 0;
}

bool log_unescape(const char *text, size_t len, struct arena *arena,
                  const char **value_r)
{
    char *value = arena_strndup(arena, text, len);
    size_t out = 0;

    if (value == NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        size_t used;

        if (text[i] != '\\') {
            value[out++] = text[i];
            continue;
        }
        used = escape_read(text + i + 1, len - i - 1, &value[out]);
        if (used == 0)
            return false;
        out++;
        i += used;
    }
    value[out] = '\0';
    *value_r = value;
    return true;
}

static bool field_add(struct log_entry *entry, const char *key, const char *value)
{
    if (entry->count == LOG_ENTRY_FIELDS_MAX)
        return false;
    entry->fields[entry->count++] = (struct event_field){key, value};
    return true;
}

/* Is the line whole? Its last field says so. */
static enum log_kind entry_close(const struct log_entry *entry)
{
    return log_entry_value(entry, "v") != NULL &&
                   log_entry_value(entry, "decision") != NULL
               ? LOG_ENTRY
               : LOG_CUT;
}

/* --- text --- */

static const char key_bytes[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

static size_t key_len(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && text[n] != '\0' && strchr(key_bytes, text[n]) != NULL)
        n++;
    return n;
}

/* The length of a value as it is written, quotes included. */
static size_t value_len(const char *text, size_t len)
{
    size_t n = 0;

    if (len == 0 || text[0] != '"') {
        while (n < len && text[n] != ' ')
            n++;
        return n;
    }
    for (n = 1; n < len && text[n] != '"'; n++)
        n += text[n] == '\\';
    return n < len ? n + 1 : 0;
}

static bool value_take(struct log_entry *entry, const char *key, const char *text,
                       size_t len, struct arena *arena)
{
    const char *value;

    if (len == 1 && text[0] == '-')
        return field_add(entry, key, NULL);
    if (len >= 2 && text[0] == '"') {
        text++;
        len -= 2;
    }
    return log_unescape(text, len, arena, &value) && field_add(entry, key, value);
}

/* Reads "key=value key=value". */
static bool pairs_read(const char *text, size_t len, struct arena *arena,
                       struct log_entry *entry)
{
    while (len != 0) {
        const size_t name = key_len(text, len);
        size_t value;

        if (name == 0 || name >= len || text[name] != '=')
            return false;
        value = value_len(text + name + 1, len - name - 1);
        if (value == 0 || !value_take(entry, arena_strndup(arena, text, name),
                                      text + name + 1, value, arena))
            return false;
        text += name + 1 + value;
        len -= name + 1 + value;
        if (len != 0 && *text != ' ')
            return false;
        if (len != 0) {
            text++;
            len--;
        }
    }
    return true;
}

static enum log_kind text_read(const char *text, size_t len, struct arena *arena,
                               struct log_entry *entry)
{
    static const char first[] = ": decision=";
    const size_t id = value_len(text, len);
    const char *colon = id != 0 ? text + id - 1 : text;

    if (id < 2 || *colon != ':' || (size_t)(text + len - colon) < sizeof(first) - 1 ||
        memcmp(colon, first, sizeof(first) - 1) != 0)
        return LOG_OTHER;
    if (!log_unescape(text, id - 1, arena, &entry->id) ||
        !pairs_read(colon + 2, (size_t)(text + len - colon - 2), arena, entry))
        return LOG_CUT;
    return entry_close(entry);
}

/* --- JSON --- */

static bool member_take(struct log_entry *entry, const char *key, const char *text,
                        struct arena *arena)
{
    const char *value;

    if (!log_unescape(text, strlen(text), arena, &value))
        return false;
    if (strcmp(key, "subject") == 0) {
        entry->id = value;
        return true;
    }
    if (strcmp(key, "time") == 0) {
        entry->timed = log_time_read(value, strlen(value), &entry->time) != 0;
        return true;
    }
    return field_add(entry, arena_strdup(arena, key), value);
}

static enum log_kind object_take(struct log_entry *entry, json_t *object,
                                 struct arena *arena)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return LOG_OTHER;
    if (!json_is_string(json_object_get(object, "decision")))
        return LOG_OTHER;
    json_object_foreach(object, key, value)
    {
        if (json_is_string(value) &&
            !member_take(entry, key, json_string_value(value), arena))
            return LOG_CUT;
    }
    return entry->id != NULL ? entry_close(entry) : LOG_CUT;
}

/* Does a text that is no JSON begin as our objects do? */
static bool object_was_ours(const char *text, size_t len)
{
    static const char begin[] = "{\"time\":\"";

    return len >= sizeof(begin) - 1 && memcmp(text, begin, sizeof(begin) - 1) == 0;
}

static enum log_kind json_read(const char *text, size_t len, struct arena *arena,
                               struct log_entry *entry)
{
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    enum log_kind kind;

    if (object == NULL)
        return object_was_ours(text, len) ? LOG_CUT : LOG_OTHER;
    kind = object_take(entry, object, arena);
    json_decref(object);
    return kind;
}

enum log_kind log_entry_read(const char *text, size_t len, struct arena *arena,
                             struct log_entry *entry_r)
{
    entry_r->id = NULL;
    entry_r->count = 0;
    if (len != 0 && text[0] == '{')
        return json_read(text, len, arena, entry_r);
    return text_read(text, len, arena, entry_r);
}

/* --- times --- */

/* Has the text the digits, and nothing else, where the form has a 0? */
static bool form_fits(const char *text, size_t len, const char *form)
{
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (i >= len ||
            (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]))
            return false;
    }
    return true;
}

static int two_digits(const char *text)
{
    return 10 * (text[0] - '0') + text[1] - '0';
}

/* "Z", "+01:00" or "+0100": its length, and how far it is from UTC; 0: none of these.
 */
static size_t zone_read(const char *text, size_t len, long *offset_r)
{
    const bool colon = len >= 6 && form_fits(text + 1, len - 1, "00:00");
    long offset;

    *offset_r = 0;
    if (len >= 1 && *text == 'Z')
        return 1;
    if (len == 0 || (*text != '+' && *text != '-') ||
        !(colon || form_fits(text + 1, len - 1, "0000")))
        return 0;
    offset = two_digits(text + 1) * 3600L + two_digits(text + 3 + colon) * 60L;
    *offset_r = *text == '-' ? -offset : offset;
    return colon ? 6 : 5;
}

size_t log_time_read(const char *text, size_t len, int64_t *seconds_r)
{
    static const char form[] = "0000-00-00T00:00:00";
    size_t at = sizeof(form) - 1, zone;
    struct tm tm = {.tm_isdst = -1};
    long offset;

    if (!form_fits(text, len, form))
        return 0;
    tm.tm_year = 100 * two_digits(text) + two_digits(text + 2) - 1900;
    tm.tm_mon = two_digits(text + 5) - 1;
    tm.tm_mday = two_digits(text + 8);
    tm.tm_hour = two_digits(text + 11);
    tm.tm_min = two_digits(text + 14);
    tm.tm_sec = two_digits(text + 17);
    if (at < len && (text[at] == '.' || text[at] == ','))
        for (at++; at < len && text[at] >= '0' && text[at] <= '9'; at++)
            ;
    zone = zone_read(text + at, len - at, &offset);
    *seconds_r = zone != 0 ? (int64_t)timegm(&tm) - offset : (int64_t)mktime(&tm);
    return at + zone;
}
