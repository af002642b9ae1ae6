/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_table.h"

#include <ctype.h>
#include <string.h>

#include "base/strlist.h"
#include "conf/conf_titled.h"

/* --- looking things up --- */

static bool same_block(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* May the setting stand there? */
static bool row_in_block(const struct conf_kind *kind, const struct conf_row *row,
                         const char *block)
{
    return same_block(row->block, block) ||
           (conf_row_shared(kind, row) && block != NULL &&
            strcmp(block, kind->titled->block) == 0);
}

const struct conf_row *conf_row_find(const struct conf_kind *kind, const char *block,
                                     const char *name)
{
    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        if (row_in_block(kind, row, block) && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

bool conf_block_known(const struct conf_kind *kind, const char *block)
{
    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        if (row->block != NULL && strcmp(row->block, block) == 0)
            return true;
    }
    return false;
}

enum { GUESS_NAME_MAX = 40, GUESS_DISTANCE_MAX = 2 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many letters to add, drop or change to get from one name to the other. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[GUESS_NAME_MAX + 1];
    const size_t width = strlen(b);

    if (strlen(a) > GUESS_NAME_MAX || width > GUESS_NAME_MAX)
        return GUESS_NAME_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            const size_t above = row[j];
            const char x =
                a[i - 1] == '-' ? '_' : (char)tolower((unsigned char)a[i - 1]);

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (x != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *conf_name_guess(const struct conf_kind *kind, const char *block,
                            const char *name)
{
    const char *best = NULL;
    size_t best_distance = GUESS_DISTANCE_MAX + 1;

    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        /* At the top level a block's own name is as good as a setting's. */
        const char *known = row_in_block(kind, row, block) ? row->name
                            : block == NULL                ? row->block
                                                           : NULL;
        size_t distance;

        if (known == NULL)
            continue;
        distance = edit_distance(name, known);
        if (distance < best_distance && distance * 2 <= strlen(known)) {
            best_distance = distance;
            best = known;
        }
    }
    return best;
}

/* --- printing --- */

/* In the largest unit that leaves no rest; 0 has none. */
static void add_time(struct buf *out, int seconds)
{
    static const struct {
        int seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (seconds != 0 && seconds % units[i].seconds == 0) {
            buf_addf(out, "%d%c", seconds / units[i].seconds, units[i].unit);
            return;
        }
    }
    buf_addf(out, "%ds", seconds);
}

static void add_times(struct buf *out, const struct conf_row *row)
{
    buf_adds(out, "a time from ");
    add_time(out, row->min);
    buf_adds(out, " to ");
    add_time(out, row->max);
    buf_adds(out, ", such as 30s, 10m, 2h or 1d");
}

void conf_allowed_format(const struct conf_row *row, struct buf *out)
{
    if (row->type == CONF_WORD)
        names_list(row->words, out);
    else if (row->type == CONF_BOOL)
        buf_adds(out, "true or false");
    else if (row->type == CONF_NUMBER)
        buf_addf(out, "a number from %d to %d", row->min, row->max);
    else if (row->type == CONF_TIME)
        add_times(out, row);
    else
        buf_adds(out, row->expected);
}

/* As a string in double quotes, or in single ones where "${" would be refused, which
 * libconfuse reads back to the same bytes. */
void conf_quoted_format(const char *text, struct buf *out)
{
    const char quote = strstr(text, "${") != NULL ? '\'' : '"';

    buf_addc(out, quote);
    for (; *text != '\0'; text++) {
        if (*text == quote || *text == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
    buf_addc(out, quote);
}

static void add_list(struct buf *out, const struct strlist *list)
{
    buf_adds(out, "{ ");
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_adds(out, ", ");
        conf_quoted_format(list->items[i], out);
    }
    buf_adds(out, list->count > 0 ? " }" : "}");
}

void conf_field_format(const struct conf_row *row, const void *field, struct buf *out)
{
    switch (row->type) {
    case CONF_STRING:
        conf_quoted_format(*(const char *const *)field, out);
        break;
    case CONF_LIST:
        add_list(out, field);
        break;
    case CONF_BOOL:
        buf_adds(out, *(const bool *)field ? "true" : "false");
        break;
    case CONF_WORD:
        conf_quoted_format(names_name(row->words, *(const int *)field), out);
        break;
    case CONF_OCTAL:
        buf_addf(out, "\"%04o\"", (unsigned)*(const int *)field);
        break;
    case CONF_NUMBER:
        buf_addf(out, "%d", *(const int *)field);
        break;
    case CONF_TIME:
        add_time(out, *(const int *)field);
        break;
    }
}

void conf_value_format(const struct conf_row *row, const struct conf_head *conf,
                       struct buf *out)
{
    conf_field_format(row, (const char *)conf + row->offset, out);
}

void conf_where(const struct conf_head *conf, const char *block, const char *name,
                struct buf *out)
{
    const struct conf_row *row =
        conf->kind != NULL ? conf_row_find(conf->kind, block, name) : NULL;
    const int line = row != NULL ? conf->lines[row - conf->kind->rows] : 0;

    const char *path = conf->path != NULL ? conf->path : "";

    if (path[0] != '\0')
        buf_adds(out, path);
    if (line != 0)
        buf_addf(out, ":%d", line);
    buf_addf(out, "%s%s%s%s: ", path[0] != '\0' ? ": " : "", block != NULL ? block : "",
             block != NULL ? "." : "", name);
}

/* The default as it would be written in the file. */
static void add_initial(const struct conf_row *row, struct buf *out)
{
    if (row->type == CONF_BOOL || row->type == CONF_NUMBER || row->type == CONF_TIME)
        buf_adds(out, row->initial);
    else if (row->type != CONF_LIST)
        conf_quoted_format(row->initial, out);
    else if (row->initial[0] != '\0')
        buf_addf(out, "{ \"%s\" }", row->initial);
    else
        buf_adds(out, "{ }");
}

void conf_table_print(const struct conf_kind *kind, struct buf *out)
{
    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        const bool titled = conf_row_titled(kind, row);

        if (row->block != NULL)
            buf_addf(out, "%s.", row->block);
        buf_adds(out, row->name);
        if (!titled) {
            buf_adds(out, " = ");
            add_initial(row, out);
        }
        buf_addf(out, "\n    %s%s", row->description,
                 row->change == CONF_AT_START ? " (a change needs a restart)" : "");
        if (conf_row_shared(kind, row))
            buf_addf(out, " (also in a %s)", kind->titled->block);
        buf_adds(out, "\n    allowed: ");
        conf_allowed_format(row, out);
        buf_addc(out, '\n');
    }
}

void conf_print(const struct conf_head *conf, struct buf *out)
{
    const char *block = NULL;

    for (const struct conf_row *row = conf->kind->rows; row->name != NULL; row++) {
        if (conf_row_titled(conf->kind, row))
            continue;
        if (!same_block(row->block, block)) {
            if (block != NULL)
                buf_adds(out, "}\n");
            if (row->block != NULL)
                buf_addf(out, "%s {\n", row->block);
            block = row->block;
        }
        buf_addf(out, "%s%s = ", block != NULL ? "    " : "", row->name);
        conf_value_format(row, conf, out);
        buf_addc(out, '\n');
    }
    if (block != NULL)
        buf_adds(out, "}\n");
    conf_titled_print(conf, out);
}

/* --- comparing --- */

static bool same_list(const struct strlist *a, const struct strlist *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

static bool same_value(const struct conf_row *row, const struct conf_head *a,
                       const struct conf_head *b)
{
    const void *x = (const char *)a + row->offset;
    const void *y = (const char *)b + row->offset;

    switch (row->type) {
    case CONF_STRING:
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case CONF_LIST:
        return same_list(x, y);
    case CONF_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case CONF_WORD:
    case CONF_OCTAL:
    case CONF_NUMBER:
    case CONF_TIME:
        return *(const int *)x == *(const int *)y;
    }
    return false;
}

bool conf_restart_needed(const struct conf_head *running,
                         const struct conf_head *loaded, struct buf *out)
{
    bool needed = false;

    for (const struct conf_row *row = running->kind->rows; row->name != NULL; row++) {
        if (row->change != CONF_AT_START || conf_row_titled(running->kind, row) ||
            same_value(row, running, loaded))
            continue;
        buf_addf(out, "%s%s%s%s", needed ? ", " : "",
                 row->block != NULL ? row->block : "", row->block != NULL ? "." : "",
                 row->name);
        needed = true;
    }
    return needed;
}
