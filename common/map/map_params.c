/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_params.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "map/map_lines.h"

enum { PARAM_SHOWN = 60 };

/* What the functions below all need. */
struct params_reader {
    const char *path;
    const struct map_param *table;
    char *target;
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

/* Puts a value where the row says. false with a line in the reader's error. */
static bool params_set(const struct params_reader *reader, const struct map_param *row,
                       const char *value, unsigned line)
{
    void *field = reader->target + row->offset;
    struct map_param_text *text;

    if (row->kind == MAP_PARAM_NUMBER) {
        if (params_number(value, field))
            return true;
        buf_addf(reader->error, "%s:%u: %s: expected a number, not ", reader->path,
                 line, row->name);
        params_quote(reader->error, value);
        return false;
    }
    if (row->kind == MAP_PARAM_FILLED && *value == '\0' && line != 0) {
        buf_addf(reader->error, "%s:%u: %s: expected a value", reader->path, line,
                 row->name);
        return false;
    }
    text = field;
    text->text = arena_strdup(reader->arena, value);
    text->line = line;
    if (text->text == NULL)
        buf_addf(reader->error, "%s: out of memory", reader->path);
    return text->text != NULL;
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
    const struct map_param *row = reader->table;
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
    while (row->name != NULL && strcmp(row->name, text) != 0)
        row++;
    if (row->name == NULL)
        return params_unknown(reader, text, line);
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
    buf_finish(&text);
    return ok;
}

bool map_params_load(const char *path, const struct map_param *table, void *target,
                     struct arena *arena, struct buf *error_r)
{
    const struct params_reader reader = {path, table, target, arena, error_r};
    struct buf content = BUF_INIT;
    bool ok;

    for (const struct map_param *row = table; row->name != NULL; row++) {
        if (!params_set(&reader, row, row->fallback, 0))
            return false;
    }
    ok = map_lines_load(path, &content, NULL, error_r) &&
         params_text(&reader, buf_str(&content));
    buf_finish(&content);
    return ok;
}
