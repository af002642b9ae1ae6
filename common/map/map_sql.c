/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_sql.h"

#include <string.h>

#include "base/escape.h"

enum { SQL_SHOWN = 60 };

struct sql_parser {
    const char *at;
    const char *start;
    struct buf text; /* the SQL so far */
    struct map_sql *sql;
    struct map_template_needs *needs;
    struct arena *arena;
    struct buf *error;
};

/* Can the byte be part of an SQL name or number? */
static bool sql_wordy(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool sql_fail(struct sql_parser *parser, const char *at, const char *what)
{
    buf_adds(parser->error, what);
    buf_adds(parser->error, " at \"");
    escape_text(parser->error, at, strlen(at), SQL_SHOWN);
    buf_addc(parser->error, '"');
    return false;
}

/*
 * Makes the text, which stands for a value and ends in the query before `end`, the next
 * parameter.
 */
static bool sql_add_param(struct sql_parser *parser, const char *text, size_t len,
                          const char *end)
{
    struct map_sql *sql = parser->sql;

    if (!map_template_parse(&sql->params[sql->param_count], text, len,
                            MAP_TEMPLATE_QUERY, parser->needs, parser->arena,
                            parser->error))
        return false;
    sql->param_count++;
    buf_addf(&parser->text, " ?%zu ", sql->param_count);
    parser->at = end;
    return true;
}

/* Copies SQL as it is, but for %%, which is a percent sign. */
static bool sql_copy(struct sql_parser *parser, const char *end)
{
    while (parser->at < end) {
        if (parser->at[0] == '%' && parser->at[1] != '%')
            return sql_fail(parser, parser->at,
                            "an expansion cannot be part of a name");
        if (parser->at[0] == '%')
            parser->at++;
        buf_addc(&parser->text, *parser->at++);
    }
    return true;
}

static bool sql_has_expansion(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '%' && *++p != '%')
            return true;
    }
    return false;
}

/* Behind the closing quote of what begins at `p`; NULL if there is none. */
static const char *sql_quote_end(const char *p)
{
    char quote = *p == '[' ? ']' : *p;

    for (p++; *p != '\0'; p++) {
        if (*p != quote)
            continue;
        if (quote == ']' || p[1] != quote)
            return p + 1;
        p++;
    }
    return NULL;
}

/* Is the quote at `p` that of x'...', a string of hexadecimal digits? */
static bool sql_is_blob(const struct sql_parser *parser, const char *p)
{
    return p > parser->start && (p[-1] == 'x' || p[-1] == 'X') &&
           (p - 1 == parser->start || !sql_wordy(p[-2]));
}

/* A quoted string at parser->at, or a quoted name. */
static bool sql_quoted(struct sql_parser *parser)
{
    const char *start = parser->at;
    const char *end = sql_quote_end(start);
    struct buf text = BUF_INIT;
    bool ok;

    if (end == NULL)
        return sql_fail(parser, start, "a quote is not closed");
    if (!sql_has_expansion(start, end) || *start == '`' || *start == '[' ||
        sql_is_blob(parser, start))
        return sql_copy(parser, end);
    for (const char *p = start + 1; p < end - 1; p++) {
        buf_addc(&text, *p);
        if (*p == *start)
            p++; /* a quote that stands twice */
    }
    ok = sql_add_param(parser, buf_str(&text), text.len, end);
    buf_finish(&text);
    return ok;
}

/* An expansion outside of quotes at parser->at: it must not touch a word. */
static bool sql_bare(struct sql_parser *parser)
{
    const char *p = parser->at;

    if ((p > parser->start && (sql_wordy(p[-1]) || p[-1] == '%')) || sql_wordy(p[2]) ||
        p[2] == '%')
        return sql_fail(parser, p, "an expansion cannot be part of a word");
    return sql_add_param(parser, p, 2, p + 2);
}

/* Where the comment at `p` ends; `p` if there is none. */
static const char *sql_comment_end(const char *p)
{
    const char *end = p;

    if (strncmp(p, "--", 2) == 0) {
        end = p + strcspn(p, "\n");
    } else if (strncmp(p, "/*", 2) == 0) {
        end = strstr(p + 2, "*/");
        end = end != NULL ? end + 2 : p + strlen(p);
    }
    return end;
}

/* The next piece of the query. */
static bool sql_step(struct sql_parser *parser)
{
    const char *p = parser->at;
    const char *comment_end = sql_comment_end(p);
    bool in_word = p > parser->start && sql_wordy(p[-1]);

    if (comment_end != p) {
        buf_addc(&parser->text, ' ');
        parser->at = comment_end;
        return true;
    }
    if (strchr("'\"`[", *p) != NULL)
        return sql_quoted(parser);
    if (p[0] == '%' && p[1] != '%' && p[1] != '\0')
        return sql_bare(parser);
    if (!in_word && strchr("?:@#$", *p) != NULL)
        return sql_fail(parser, p, "a parameter cannot be bound");
    return sql_copy(parser, p[0] == '%' ? p + 2 : p + 1);
}

bool map_sql_parse(struct map_sql *sql_r, const char *query,
                   struct map_template_needs *needs, struct arena *arena,
                   struct buf *error_r)
{
    struct sql_parser parser = {.at = query,
                                .start = query,
                                .text = BUF_INIT,
                                .sql = sql_r,
                                .needs = needs,
                                .arena = arena,
                                .error = error_r};
    size_t most = 1;
    bool ok;

    for (const char *p = query; *p != '\0'; p++)
        most += *p == '%';
    *sql_r = (struct map_sql){0};
    sql_r->params = arena_alloc(arena, most * sizeof(*sql_r->params));
    ok = sql_r->params != NULL;
    while (ok && *parser.at != '\0')
        ok = sql_step(&parser);
    if (ok)
        sql_r->text = arena_strndup(arena, buf_str(&parser.text), parser.text.len);
    if (arena->failed || parser.text.failed) {
        buf_adds(error_r, "out of memory");
        ok = false;
    }
    buf_finish(&parser.text);
    return ok;
}
