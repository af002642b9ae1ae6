/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/postfix_table.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

void postfix_table_init(struct postfix_table *table, const char *text, size_t len)
{
    *table = (struct postfix_table){.pos = text, .end = text + len};
}

void postfix_table_finish(struct postfix_table *table)
{
    buf_finish(&table->entry);
}

/* The line at `pos`, its line end included. */
static size_t line_len(const struct postfix_table *table)
{
    size_t left = (size_t)(table->end - table->pos);
    const char *end = left != 0 ? memchr(table->pos, '\n', left) : NULL;

    return end != NULL ? (size_t)(end - table->pos) + 1 : left;
}

static bool line_is_comment(const char *line, size_t len)
{
    while (len != 0 && is_blank(*line)) {
        line++;
        len--;
    }
    return len == 0 || *line == '#';
}

/* Joins the lines of the next entry; false when there is none. */
static bool lines_join(struct postfix_table *table, size_t *line_r)
{
    bool open = false;

    buf_clear(&table->entry);
    for (size_t len; (len = line_len(table)) != 0; table->pos += len, table->line++) {
        if (line_is_comment(table->pos, len))
            continue;
        if (open && !is_blank(*table->pos))
            return true;
        if (!open)
            *line_r = table->line + 1;
        open = true;
        buf_add(&table->entry, table->pos, len);
    }
    return open;
}

/* Cuts the joined lines in two: key and value, both strings in place. */
static void entry_split(char *text, struct postfix_entry *entry_r)
{
    char *end = text + strlen(text);
    bool quoted = false;
    char *p = text;

    while (end > text && is_blank(end[-1]))
        *--end = '\0';
    for (; *p != '\0' && (quoted || !is_blank(*p)); p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '\\' && p[1] != '\0')
            p++;
    }
    entry_r->key = text;
    if (*p != '\0')
        *p++ = '\0';
    while (is_blank(*p))
        p++;
    entry_r->value = p;
}

bool postfix_table_next(struct postfix_table *table, struct postfix_entry *entry_r)
{
    *entry_r = (struct postfix_entry){0};
    if (!lines_join(table, &entry_r->line) || table->entry.failed)
        return false;
    if (is_blank(table->entry.data[0]))
        entry_r->wrong =
            "the line begins with a blank, but there is no entry to go on with";
    else if (memchr(table->entry.data, '\0', table->entry.len) != NULL)
        entry_r->wrong = "there is a NUL byte in it";
    entry_split(table->entry.data, entry_r);
    if (entry_r->wrong == NULL && *entry_r->value == '\0')
        entry_r->wrong = "expected ADDRESS LOGIN[,LOGIN...]";
    return true;
}

void postfix_table_add_key(struct buf *out, const char *address)
{
    const char *at = strrchr(address, '@');

    if (address[0] == '#' && at != NULL)
        buf_addf(out, "\"%.*s\"%s ", (int)(at - address), address, at);
    else
        buf_addf(out, "%s ", address);
}
