/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_file.c - "file:PATH": lines "address login[,login...]" in the form of postmap(1)
 * (or "group login[,...]", "domain domain"), read anew when they change.
 */
#include "config.h"

#include <stdlib.h>

#include "map/map.h"
#include "map/map_lines.h"
#include "map/map_reload.h"
#include "map/map_table.h"

static void content_destroy(void *content)
{
    if (content != NULL)
        map_table_finish(content);
    free(content);
}

static size_t content_count(const void *content)
{
    const struct map_table *table = content;

    return table->entries;
}

/* One logical line, taken apart in place: the key ends at a blank outside of quotes. */
static bool content_add(struct map_table *table, enum map_use use,
                        const struct address_rules *rules, char *text,
                        struct buf *error_r)
{
    bool quoted = false;
    char *p = text;

    if (map_lines_blank(*text)) {
        buf_adds(error_r, "begins with a blank, but continues no line");
        return false;
    }
    for (; *p != '\0' && (quoted || !map_lines_blank(*p)); p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            quoted = !quoted;
    }
    if (quoted) {
        buf_adds(error_r, "a quote is not closed");
        return false;
    }
    if (*p != '\0')
        *p++ = '\0';
    return map_table_add(table, use, text, p, rules, error_r);
}

/* Reads the file. NULL with a line in *error_r. */
static void *content_load(const char *path, enum map_use use,
                          const struct map_site *site, struct stat *st_r,
                          struct buf *error_r)
{
    struct map_table *table = calloc(1, sizeof(*table));
    struct buf bytes = BUF_INIT, text = BUF_INIT, why = BUF_INIT;
    struct map_lines lines;
    unsigned line = 0;
    bool ok;

    if (table == NULL)
        buf_addf(error_r, "%s: out of memory", path);
    ok = table != NULL && map_lines_load(path, &bytes, st_r, error_r);
    lines = (struct map_lines){.at = buf_str(&bytes)};
    while (ok && map_lines_next(&lines, &text, &line)) {
        if (text.failed)
            buf_adds(&why, "out of memory");
        ok = !text.failed && content_add(table, use, &site->rules, text.data, &why);
        if (!ok)
            buf_addf(error_r, "%s:%u: %s", path, line, buf_str(&why));
    }
    buf_finish(&bytes);
    buf_finish(&text);
    buf_finish(&why);
    if (ok)
        return table;
    content_destroy(table);
    return NULL;
}

static const struct map_reload_class file_class = {
    .load = content_load,
    .destroy = content_destroy,
    .count = content_count,
    .one = "entry",
    .many = "entries",
};

static void *file_open(const char *name, enum map_use use, const struct map_site *site,
                       struct buf *error_r)
{
    return map_reload_create(&file_class, name, use, site, error_r);
}

static void file_close(void *state)
{
    map_reload_destroy(state);
}

static enum answer file_lookup(void *state, const char *key,
                               const struct map_trace *trace, struct arena *arena,
                               struct strlist *values_r, struct buf *error_r)
{
    struct map_content *content = map_reload_take(state);
    const enum answer answer =
        map_table_lookup(content->content, key, arena, values_r, error_r);

    (void)trace;
    map_reload_give(state, content);
    return answer;
}

const struct map_type map_file = {
    .open = file_open,
    .lookup = file_lookup,
    .close = file_close,
};
