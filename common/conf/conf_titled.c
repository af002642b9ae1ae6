/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_titled.h"

#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "base/strlist.h"

/* --- rows --- */

bool conf_block_titled(const struct conf_kind *kind, const char *block)
{
    return kind->titled != NULL && block != NULL &&
           strcmp(block, kind->titled->block) == 0;
}

bool conf_row_titled(const struct conf_kind *kind, const struct conf_row *row)
{
    return conf_block_titled(kind, row->block);
}

bool conf_row_shared(const struct conf_kind *kind, const struct conf_row *row)
{
    const struct conf_titled *titled = kind->titled;

    return titled != NULL && row->block == NULL && row->offset >= titled->shared_from &&
           row->offset - titled->shared_from < titled->shared_size;
}

/* Where the field of a row is in an item. */
static size_t field_offset(const struct conf_kind *kind, const struct conf_row *row)
{
    if (conf_row_titled(kind, row))
        return row->offset;
    return row->offset - kind->titled->shared_from + kind->titled->shared;
}

const void *conf_titled_field(const struct conf_kind *kind, const struct conf_row *row,
                              const void *item)
{
    return (const char *)item + field_offset(kind, row);
}

/* --- items --- */

size_t conf_titled_count(const struct conf_head *conf)
{
    const struct conf_titled *titled = conf->kind->titled;

    return titled != NULL
               ? *(const size_t *)(const void *)((const char *)conf + titled->count)
               : 0;
}

const void *conf_titled_item(const struct conf_head *conf, size_t n)
{
    const struct conf_titled *titled = conf->kind->titled;
    const char *items =
        *(char *const *)(const void *)((const char *)conf + titled->items);

    return items + n * titled->size;
}

static const char *item_name(const struct conf_titled *titled, const void *item)
{
    return *(const char *const *)(const void *)((const char *)item + titled->name);
}

static const int *item_lines(const struct conf_titled *titled, const void *item)
{
    return *(const int *const *)(const void *)((const char *)item + titled->lines);
}

const char *conf_titled_title(const struct conf_head *conf, const void *item)
{
    return item_name(conf->kind->titled, item);
}

int conf_titled_line(const struct conf_head *conf, const void *item, const char *name)
{
    const struct conf_titled *titled = conf->kind->titled;
    const struct conf_row *row = conf_row_find(conf->kind, titled->block, name);

    return row != NULL ? item_lines(titled, item)[row - conf->kind->rows] : 0;
}

void conf_titled_name(const struct conf_head *conf, const void *item, struct buf *out)
{
    const char *name = item_name(conf->kind->titled, item);

    buf_addf(out, "%s \"", conf->kind->titled->block);
    escape_text(out, name, strlen(name), CONF_TITLE_MAX);
    buf_addc(out, '"');
}

void conf_titled_where(const struct conf_head *conf, const void *item, const char *name,
                       struct buf *out)
{
    const struct conf_titled *titled = conf->kind->titled;
    const int given = name != NULL ? conf_titled_line(conf, item, name) : 0;
    const int begin = *(const int *)(const void *)((const char *)item + titled->line);

    buf_addf(out, "%s:%d: ", conf->path, given != 0 ? given : begin);
    conf_titled_name(conf, item, out);
    buf_addf(out, ": %s%s", name != NULL ? name : "", name != NULL ? ": " : "");
}

void conf_titled_print(const struct conf_head *conf, struct buf *out)
{
    const struct conf_kind *kind = conf->kind;
    const size_t count = conf_titled_count(conf);

    for (size_t i = 0; i < count; i++) {
        const void *item = conf_titled_item(conf, i);
        const int *lines = item_lines(kind->titled, item);

        buf_addf(out, "%s ", kind->titled->block);
        conf_quoted_format(item_name(kind->titled, item), out);
        buf_adds(out, " {\n");
        for (int own = 1; own >= 0; own--) {
            for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
                if (lines[row - kind->rows] == 0 ||
                    conf_row_titled(kind, row) != (own != 0))
                    continue;
                buf_addf(out, "    %s = ", row->name);
                conf_field_format(row, conf_titled_field(kind, row, item), out);
                buf_addc(out, '\n');
            }
        }
        buf_adds(out, "}\n");
    }
}

/* --- for the loader --- */

bool conf_titled_create(struct conf_head *conf, const struct conf_titles *titles)
{
    const struct conf_titled *titled = conf->kind->titled;
    char *items;

    if (titles->count == 0)
        return true;
    items = arena_alloc(&conf->arena, titles->count * titled->size);
    if (items == NULL)
        return false;
    *(void **)(void *)((char *)conf + titled->items) = items;
    *(size_t *)(void *)((char *)conf + titled->count) = titles->count;
    for (size_t i = 0; i < titles->count; i++, items += titled->size) {
        *(const char **)(void *)(items + titled->name) = titles->items[i].name;
        *(int *)(void *)(items + titled->line) = titles->items[i].line;
        *(const int **)(void *)(items + titled->lines) =
            arena_alloc(&conf->arena, CONF_ROWS_MAX * sizeof(int));
    }
    return !conf->arena.failed;
}

void conf_titled_note(struct conf_head *conf, size_t n, const struct conf_row *row,
                      int line)
{
    /* The arena's memory is the loader's until the file is read. */
    int *lines =
        (int *)(uintptr_t)item_lines(conf->kind->titled, conf_titled_item(conf, n));

    if (lines[row - conf->kind->rows] == 0)
        lines[row - conf->kind->rows] = line;
}

/* How many bytes the field of a setting takes. */
static size_t field_size(const struct conf_row *row)
{
    switch (row->type) {
    case CONF_STRING:
        return sizeof(const char *);
    case CONF_LIST:
        return sizeof(struct strlist);
    case CONF_BOOL:
        return sizeof(bool);
    case CONF_WORD:
    case CONF_OCTAL:
    case CONF_NUMBER:
    case CONF_TIME:
        return sizeof(int);
    }
    return 0;
}

void conf_titled_inherit(struct conf_head *conf)
{
    const struct conf_kind *kind = conf->kind;
    const size_t count = conf_titled_count(conf);

    for (size_t i = 0; i < count; i++) {
        char *item = (char *)(uintptr_t)conf_titled_item(conf, i);
        const int *lines = item_lines(kind->titled, item);

        for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
            if (lines[row - kind->rows] != 0)
                continue;
            if (conf_row_shared(kind, row))
                memcpy(item + field_offset(kind, row), (char *)conf + row->offset,
                       field_size(row));
            else if (conf_row_titled(kind, row) && row->type == CONF_STRING)
                *(const char **)(void *)(item + row->offset) = "";
        }
    }
}
