/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_params.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/secret.h"
#include "map/map_lines.h"

enum { PARAM_SHOWN = 60 };

/* What the functions below all need. */
struct params_reader {
    const char *path;
    const struct map_param *table;
    char *target;
    bool *given; /* by the table's order */
    struct arena *arena;
    struct buf *error;
};

static void params_quote(struct buf *error_r, const char *text)
{
    buf_addc(error_r, '"');
    escape_text(error_r, text, strlen(text), PARAM_SHOWN);
    buf_addc(error_r, '"');
}

static bool params_number(const char *value, int *number_r)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || number < INT_MIN ||
        number > INT_MAX)
        return false;
    *number_r = (int)number;
    return true;
}

/* "FILE:LINE: name: expected WANT, not "value"". Returns false. */
static bool params_expect(const struct params_reader *reader,
                          const struct map_param *row, const char *want,
                          const char *value, unsigned line)
{
    buf_addf(reader->error, "%s:%u: %s: expected %s, not ", reader->path, line,
             row->name, want);
    params_quote(reader->error, value);
    return false;
}

static bool params_set_number(const struct params_reader *reader,
                              const struct map_param *row, const char *value,
                              unsigned line)
{
    int *number = (void *)(reader->target + row->offset);
    bool bounded = line != 0 && (row->min != 0 || row->max != 0);
    char want[80] = "a number";

    if (params_number(value, number) &&
        (!bounded || (*number >= row->min && *number <= row->max)))
        return true;
    if (bounded && row->max == INT_MAX)
        snprintf(want, sizeof(want), "a number from %d on", row->min);
    else if (bounded)
        snprintf(want, sizeof(want), "a number from %d to %d", row->min, row->max);
    return params_expect(reader, row, want, value, line);
}

static bool params_set_word(const struct params_reader *reader,
                            const struct map_param *row, const char *value,
                            unsigned line)
{
    struct buf want = BUF_INIT;

    for (const struct name_row *word = row->words; word->name != NULL; word++) {
        if (strcasecmp(word->name, value) == 0) {
            *(int *)(void *)(reader->target + row->offset) = word->value;
            return true;
        }
    }
    names_list(row->words, &want);
    params_expect(reader, row, buf_str(&want), value, line);
    buf_finish(&want);
    return false;
}

static bool params_set_bool(const struct params_reader *reader,
                            const struct map_param *row, const char *value,
                            unsigned line)
{
    bool *field = (void *)(reader->target + row->offset);

    *field = strcasecmp(value, "yes") == 0;
    return *field || strcasecmp(value, "no") == 0 ||
           params_expect(reader, row, "yes or no", value, line);
}

static bool params_set_text(const struct params_reader *reader,
                            const struct map_param *row, const char *value,
                            unsigned line)
{
    struct map_param_text *text = (void *)(reader->target + row->offset);

    if (row->kind == MAP_PARAM_FILLED && *value == '\0' && line != 0) {
        buf_addf(reader->error, "%s:%u: %s: expected a value", reader->path, line,
                 row->name);
        return false;
    }
    text->text = arena_strdup(reader->arena, value);
    text->line = line;
    text->name = row->name;
    if (text->text == NULL)
        buf_addf(reader->error, "%s: out of memory", reader->path);
    return text->text != NULL;
}

/* Puts a value where the row says. false with a line in the reader's error. */
static bool params_set(const struct params_reader *reader, const struct map_param *row,
                       const char *value, unsigned line)
{
    switch (row->kind) {
    case MAP_PARAM_NUMBER:
        return params_set_number(reader, row, value, line);
    case MAP_PARAM_BOOL:
        return params_set_bool(reader, row, value, line);
    case MAP_PARAM_WORD:
        return params_set_word(reader, row, value, line);
    default:
        return params_set_text(reader, row, value, line);
    }
}

static const struct map_param *params_find(const struct map_param *table,
                                           const char *name)
{
    while (table->name != NULL && strcmp(table->name, name) != 0)
        table++;
    return table;
}

/* Gives the parameters that were not given what they fall back to: first their own
 * texts, then those that take another's. */
static bool params_fall_back(const struct params_reader *reader)
{
    for (const struct map_param *row = reader->table; row->name != NULL; row++) {
        if (*row->fallback != '$' && !reader->given[row - reader->table] &&
            !params_set(reader, row, row->fallback, 0))
            return false;
    }
    for (const struct map_param *row = reader->table; row->name != NULL; row++) {
        const struct map_param *other;

        if (*row->fallback != '$' || reader->given[row - reader->table])
            continue;
        other = params_find(reader->table, row->fallback + 1);
        memcpy(reader->target + row->offset, reader->target + other->offset,
               row->kind == MAP_PARAM_NUMBER ? sizeof(int)
                                             : sizeof(struct map_param_text));
    }
    return true;
}

static bool params_unknown(const struct params_reader *reader, const char *name,
                           unsigned line)
{
    buf_addf(reader->error, "%s:%u: unknown parameter ", reader->path, line);
    params_quote(reader->error, name);
    buf_adds(reader->error, ", expected ");
    for (const struct map_param *row = reader->table; row->name != NULL; row++) {
        if (row != reader->table)
            buf_adds(reader->error, row[1].name == NULL ? " or " : ", ");
        buf_adds(reader->error, row->name);
    }
    return false;
}

/* One logical line, which is taken apart in place. */
static bool params_line(const struct params_reader *reader, char *text, unsigned line)
{
    const struct map_param *row;
    size_t len = strcspn(text, "= \t\r\f\v");
    char *rest = text + len;

    if (map_lines_blank(*text)) {
        buf_addf(reader->error, "%s:%u: begins with a blank, but continues no line",
                 reader->path, line);
        return false;
    }
    while (map_lines_blank(*rest))
        rest++;
    if (len == 0 || *rest != '=') {
        buf_addf(reader->error, "%s:%u: expected \"name = value\", not ", reader->path,
                 line);
        params_quote(reader->error, text);
        return false;
    }
    for (rest++; map_lines_blank(*rest); rest++)
        ;
    text[len] = '\0';
    row = params_find(reader->table, text);
    if (row->name == NULL)
        return params_unknown(reader, text, line);
    reader->given[row - reader->table] = true;
    return params_set(reader, row, rest, line);
}

static bool params_text(const struct params_reader *reader, const char *content)
{
    struct map_lines lines = {.at = content};
    struct buf text = BUF_INIT;
    unsigned line;
    bool ok = true;

    while (ok && map_lines_next(&lines, &text, &line)) {
        if (text.failed) {
            buf_addf(reader->error, "%s: out of memory", reader->path);
            ok = false;
        } else {
            ok = params_line(reader, text.data, line);
        }
    }
    secret_finish(&text);
    return ok;
}

static const struct map_param *params_end(const struct map_param *table)
{
    while (table->name != NULL)
        table++;
    return table;
}

bool map_params_load(const char *path, const struct map_param *table, void *target,
                     struct arena *arena, struct buf *error_r)
{
    struct params_reader reader = {.path = path,
                                   .table = table,
                                   .target = target,
                                   .arena = arena,
                                   .error = error_r};
    struct buf content = BUF_INIT;
    bool ok;

    reader.given = arena_alloc(arena, (size_t)(params_end(table) - table) + 1);
    if (reader.given == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return false;
    }
    ok = map_lines_load(path, &content, NULL, error_r) &&
         params_text(&reader, buf_str(&content)) && params_fall_back(&reader);
    secret_finish(&content); /* there may be a password in it */
    return ok;
}

bool map_params_blame(struct buf *error_r, size_t start, const char *path,
                      const struct map_param_text *param)
{
    struct buf why = BUF_INIT;

    buf_adds(&why, buf_str(error_r) + start);
    buf_cut(error_r, start);
    buf_addf(error_r, "%s:%u: %s: %s", path, param->line, param->name, buf_str(&why));
    buf_finish(&why);
    return false;
}
