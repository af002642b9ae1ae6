/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_inline.c - "inline:{ key = value, ... }": a table inside the configuration.
 *
 * All that Postfix takes in inline: means the same here: entries key=value without
 * blanks, parted by commas or blanks, and { key = value } around an entry whose value
 * holds blanks or commas. Beyond that, blanks may stand around "=", and words without
 * "=" are further values of the entry before them, up to the next comma.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "map/map.h"
#include "map/map_table.h"

enum { INLINE_SHOWN = 100 };

static const char inline_blanks[] = " \t\r\n";

struct inline_parser {
    struct map_table *table;
    enum map_use use;
    const struct address_rules *rules;
    struct buf *error;
    const char *at; /* what is left to read */
    const char *end;
};

static void *inline_fail(const struct inline_parser *parser, const char *what)
{
    size_t len = (size_t)(parser->end - parser->at);

    buf_addf(parser->error, "map \"inline\": %s at \"", what);
    escape_text(parser->error, parser->at, len, INLINE_SHOWN);
    buf_adds(parser->error, "\", expected inline:{ address = login, ... }");
    return NULL;
}

static void inline_skip(struct inline_parser *parser, const char *bytes)
{
    while (parser->at < parser->end && strchr(bytes, *parser->at) != NULL)
        parser->at++;
}

/* The length of the word at `p`, up to a blank, a comma, or a byte of `also`. */
static size_t inline_word(const struct inline_parser *parser, const char *p,
                          const char *also)
{
    const char *start = p;

    while (p < parser->end && *p != ',' && strchr(inline_blanks, *p) == NULL &&
           strchr(also, *p) == NULL)
        p++;
    return (size_t)(p - start);
}

/* Where the value at parser->at ends: at a comma, or before a word that begins an
 * entry. */
static const char *inline_value_end(const struct inline_parser *parser)
{
    const char *p = parser->at;

    while (p < parser->end && *p != ',') {
        const char *next;
        size_t len;

        if (strchr(inline_blanks, *p) != NULL) {
            p++;
            continue;
        }
        len = inline_word(parser, p, "");
        next = p + len;
        while (next < parser->end && strchr(inline_blanks, *next) != NULL)
            next++;
        if (p != parser->at && (*p == '{' || memchr(p, '=', len) != NULL ||
                                (next < parser->end && *next == '=')))
            return p;
        p += len;
    }
    return p;
}

/* One entry "key = value" from parser->at to the end that `braced` or the commas set.
 */
static bool inline_entry(struct inline_parser *parser, const char *entry_end)
{
    struct arena *arena = &parser->table->arena;
    const char *start = parser->at;
    const char *key, *value, *end;
    size_t len = inline_word(parser, start, "=");

    key = arena_strndup(arena, start, len);
    parser->at += len;
    inline_skip(parser, inline_blanks);
    if (len == 0 || parser->at >= parser->end || *parser->at != '=') {
        parser->at = start;
        inline_fail(parser, "no \"address =\"");
        return false;
    }
    parser->at++;
    inline_skip(parser, inline_blanks);
    end = entry_end != NULL ? entry_end : inline_value_end(parser);
    value = arena_strndup(arena, parser->at, (size_t)(end - parser->at));
    parser->at = end;
    if (key == NULL || value == NULL) {
        buf_adds(parser->error, "out of memory");
        return false;
    }
    if (map_table_add(parser->table, parser->use, key, value, parser->rules,
                      parser->error))
        return true;
    buf_adds(parser->error, " in an inline map");
    return false;
}

/* The entry in the braces at parser->at. */
static bool inline_braced(struct inline_parser *parser)
{
    struct inline_parser inner = *parser;
    const char *close = memchr(parser->at, '}', (size_t)(parser->end - parser->at));

    if (close == NULL) {
        inline_fail(parser, "no closing brace");
        return false;
    }
    inner.at++;
    inner.end = close;
    inline_skip(&inner, inline_blanks);
    if (!inline_entry(&inner, close))
        return false;
    parser->at = close + 1;
    return true;
}

static bool inline_parse(struct inline_parser *parser)
{
    for (;;) {
        inline_skip(parser, ", \t\r\n");
        if (parser->at == parser->end)
            break;
        if (*parser->at == '{' ? !inline_braced(parser) : !inline_entry(parser, NULL))
            return false;
    }
    if (parser->table->entries != 0)
        return true;
    inline_fail(parser, "an empty table");
    return false;
}

static void inline_close(void *state)
{
    struct map_table *table = state;

    map_table_finish(table);
    free(table);
}

static void *inline_open(const char *name, enum map_use use,
                         const struct map_site *site, struct buf *error_r)
{
    struct inline_parser parser = {.use = use,
                                   .rules = &site->rules,
                                   .error = error_r,
                                   .at = name,
                                   .end = name + strlen(name)};

    inline_skip(&parser, inline_blanks);
    while (parser.end > parser.at && strchr(inline_blanks, parser.end[-1]) != NULL)
        parser.end--;
    if (parser.end - parser.at < 2 || *parser.at != '{' || parser.end[-1] != '}')
        return inline_fail(&parser, "no braces around the table");
    parser.at++;
    parser.end--;
    parser.table = calloc(1, sizeof(*parser.table));
    if (parser.table == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    if (!inline_parse(&parser)) {
        inline_close(parser.table);
        return NULL;
    }
    return parser.table;
}

static enum answer inline_lookup(void *state, const char *key,
                                 const struct map_trace *trace, struct arena *arena,
                                 struct strlist *values_r, struct buf *error_r)
{
    (void)trace;
    return map_table_lookup(state, key, arena, values_r, error_r);
}

const struct map_type map_inline = {
    .open = inline_open,
    .lookup = inline_lookup,
    .close = inline_close,
};
