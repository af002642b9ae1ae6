/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_scan.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/escape.h"
#include "conf/conf_table.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* without quotes */
    TOKEN_STRING, /* in quotes */
    TOKEN_MARK,   /* one of = + , { } */
    TOKEN_BROKEN  /* reported already */
};

struct token {
    enum token_kind kind;
    const char *text; /* quotes included */
    size_t len;
    int line;
};

enum { NAME_MAX_LEN = 64, TOKEN_SHOWN = 40 };

struct scan {
    const struct conf_kind *kind;
    const char *path;
    char *text;
    size_t len;
    size_t pos;
    int line;
    bool ok;
    struct buf *errors;
    int seen[CONF_ROWS_MAX];       /* the line where each row was given, 0: not yet, */
    int seen_block[CONF_ROWS_MAX]; /* and each block, at its first row */
    int seen_here[CONF_ROWS_MAX];  /* as `seen`, in the titled block that is read */
    struct arena *arena;
    struct conf_titles *titles;
};

/* --- messages --- */

static void complain(struct scan *scan, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void complain(struct scan *scan, int line, const char *format, ...)
{
    va_list ap;

    if (!scan->ok)
        buf_addc(scan->errors, '\n');
    scan->ok = false;
    buf_addf(scan->errors, "%s:%d: ", scan->path, line);
    va_start(ap, format);
    buf_addv(scan->errors, format, ap);
    va_end(ap);
}

/* What was found where something else was expected; puts the text in `shown`. */
static const char *token_show(const struct token *token, struct buf *shown)
{
    buf_clear(shown);
    if (token->kind == TOKEN_END) {
        buf_adds(shown, "the end of the file");
    } else if (token->kind == TOKEN_STRING) {
        escape_text(shown, token->text, token->len, TOKEN_SHOWN);
    } else {
        buf_addc(shown, '"');
        escape_text(shown, token->text, token->len, TOKEN_SHOWN);
        buf_addc(shown, '"');
    }
    return buf_str(shown);
}

/* "what, found token"; nothing when the token itself was the problem. */
static void complain_found(struct scan *scan, const struct token *token,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void complain_found(struct scan *scan, const struct token *token,
                           const char *format, ...)
{
    struct buf what = BUF_INIT;
    struct buf shown = BUF_INIT;
    va_list ap;

    if (token->kind == TOKEN_BROKEN)
        return;
    va_start(ap, format);
    buf_addv(&what, format, ap);
    va_end(ap);
    complain(scan, token->line, "%s, found %s", buf_str(&what),
             token_show(token, &shown));
    buf_finish(&what);
    buf_finish(&shown);
}

/* --- tokens --- */

static int peek(const struct scan *scan, size_t ahead)
{
    const size_t at = scan->pos + ahead;

    return at < scan->len ? (unsigned char)scan->text[at] : -1;
}

/* Turns a comment into blanks. `end` is what ends it; a line end stays. */
static bool blank_comment(struct scan *scan, const char *end)
{
    const size_t end_len = strlen(end);
    const int line = scan->line;

    while (scan->pos < scan->len) {
        if (scan->len - scan->pos >= end_len &&
            memcmp(scan->text + scan->pos, end, end_len) == 0) {
            if (*end != '\n') {
                memset(scan->text + scan->pos, ' ', end_len);
                scan->pos += end_len;
            }
            return true;
        }
        if (scan->text[scan->pos] == '\n')
            scan->line++;
        else
            scan->text[scan->pos] = ' ';
        scan->pos++;
    }
    if (*end == '\n')
        return true;
    complain(scan, line, "this comment is not closed; expected */");
    return false;
}

/* Blanks, line ends and comments. */
static bool skip_blank(struct scan *scan)
{
    for (;;) {
        const int c = peek(scan, 0);

        if (c == '#' || (c == '/' && peek(scan, 1) == '/')) {
            if (!blank_comment(scan, "\n"))
                return false;
        } else if (c == '/' && peek(scan, 1) == '*') {
            memset(scan->text + scan->pos, ' ', 2);
            scan->pos += 2;
            if (!blank_comment(scan, "*/"))
                return false;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            scan->line += c == '\n';
            scan->pos++;
        } else {
            return true;
        }
    }
}

/* Only these need no quotes: all else means something to libconfuse, or may one day. */
static bool word_char(int c)
{
    return c > 0 && c < 0x80 && (isalnum(c) || strchr("_-.:/@", c) != NULL);
}

/*
 * Is the character at the scan's position, inside quotes, harmless? A backslash may
 * only stand before a quote of its kind or a backslash; libconfuse's other escapes
 * could put control characters into a value.
 */
static bool string_char_check(struct scan *scan, char quote)
{
    const int c = peek(scan, 0);
    const int next = peek(scan, 1);

    if (c == '\\') {
        if (next == quote || next == '\\') {
            scan->pos++;
            return true;
        }
        complain(scan, scan->line, "expected \\\\ or \\%c after a backslash in quotes",
                 quote);
        return false;
    }
    if ((c < ' ' && c != '\t') || c == 0x7f) {
        complain(scan, scan->line, "control character \\x%02x in quotes", (unsigned)c);
        return false;
    }
    if (c == '$' && next == '{' && quote == '"') {
        complain(scan, scan->line,
                 "${...} is not expanded; expected single quotes around it");
        return false;
    }
    return true;
}

static struct token token_string(struct scan *scan)
{
    struct token token = {TOKEN_BROKEN, scan->text + scan->pos, 0, scan->line};
    const char quote = scan->text[scan->pos++];

    for (;; scan->pos++) {
        const int c = peek(scan, 0);

        if (c == -1 || c == '\n') {
            complain(scan, scan->line, "this %c is not closed on its line", quote);
            return token;
        }
        if (c == quote)
            break;
        if (!string_char_check(scan, quote))
            return token;
    }
    scan->pos++;
    token.kind = TOKEN_STRING;
    token.len = (size_t)(scan->text + scan->pos - token.text);
    return token;
}

static struct token token_next(struct scan *scan)
{
    struct token token = {TOKEN_BROKEN, NULL, 0, 0};
    int c;

    if (!skip_blank(scan))
        return token;
    c = peek(scan, 0);
    token.line = scan->line;
    token.text = scan->text + scan->pos;
    if (c == -1) {
        token.kind = TOKEN_END;
    } else if (c == '"' || c == '\'') {
        token = token_string(scan);
    } else if (c != 0 && strchr("=+,{}", c) != NULL) {
        token.kind = TOKEN_MARK;
        token.len = 1;
        scan->pos++;
    } else if (word_char(c)) {
        token.kind = TOKEN_WORD;
        for (; word_char(peek(scan, 0)); scan->pos++)
            token.len++;
    } else {
        struct buf shown = BUF_INIT;

        escape_text(&shown, token.text, 1, 1);
        complain(scan, token.line, "character %s is not allowed outside of quotes",
                 buf_str(&shown));
        buf_finish(&shown);
    }
    return token;
}

static bool token_is(const struct token *token, char mark)
{
    return token->kind == TOKEN_MARK && token->text[0] == mark;
}

static bool token_is_value(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}

/* --- statements --- */

/* Where statements stand: the top level or a block. */
struct scope {
    const char *block; /* NULL: the top level */
    const char *shown; /* how a message names it: `received`, `rule "x"` */
    const char
        *prefix; /* of a setting's name in a message: `received.`, `rule "x": ` */
    int line;
    int *seen;
};

/* The name of a setting for a message: "received.login" inside a block. */
struct subject {
    const struct scope *scope;
    char name[NAME_MAX_LEN];
    int line;
};

#define SUBJECT_FORMAT "%s%s"
#define SUBJECT_ARGS(s) (s)->scope->prefix, (s)->name

/* Where a name that is unknown here is known, or which one may be meant. */
static void add_hint(const struct scan *scan, const struct subject *subject,
                     struct buf *out)
{
    const struct conf_kind *kind = scan->kind;
    const char *block = subject->scope->block;
    const char *guess = conf_name_guess(kind, block, subject->name);

    if (conf_block_titled(kind, block) &&
        conf_row_find(kind, NULL, subject->name) != NULL)
        buf_addf(out, "; it is one of the whole file, outside of each %s", block);
    else if (block == NULL && kind->titled != NULL &&
             conf_row_find(kind, kind->titled->block, subject->name) != NULL)
        buf_addf(out, "; it is one of a %s", kind->titled->block);
    else if (guess != NULL)
        buf_addf(out, "; the nearest known name is \"%s\"", guess);
}

static void complain_unknown(struct scan *scan, const struct subject *subject)
{
    const struct scope *scope = subject->scope;
    struct buf hint = BUF_INIT;

    add_hint(scan, subject, &hint);
    complain(scan, subject->line, "unknown setting \"%s\"%s%s%s", subject->name,
             scope->block == NULL                          ? ""
             : conf_block_titled(scan->kind, scope->block) ? " in "
                                                           : " in block ",
             scope->shown, buf_str(&hint));
    buf_finish(&hint);
}

/* Behind an opening brace: to the brace that closes it. */
static bool skip_braces(struct scan *scan, int line)
{
    for (int depth = 1; depth > 0;) {
        const struct token token = token_next(scan);

        if (token.kind == TOKEN_BROKEN)
            return false;
        if (token.kind == TOKEN_END) {
            complain(scan, line, "this { is not closed");
            return false;
        }
        if (token_is(&token, '{'))
            depth++;
        else if (token_is(&token, '}'))
            depth--;
    }
    return true;
}

/* What follows a name that nobody knows: a value, a list or a block with a title. */
static bool skip_unknown(struct scan *scan)
{
    struct token token = token_next(scan);

    if (token_is(&token, '+'))
        token = token_next(scan);
    if (token_is(&token, '=') || token.kind == TOKEN_STRING)
        token = token_next(scan);
    if (token_is(&token, '{'))
        return skip_braces(scan, token.line);
    if (token_is_value(&token))
        return true;
    complain_found(scan, &token, "expected a value");
    return false;
}

/* Behind the brace that opens a list: its items and the brace that closes it. */
static bool scan_list(struct scan *scan, const struct conf_row *row,
                      const struct subject *subject, int line)
{
    bool empty = true;

    for (;;) {
        struct token token = token_next(scan);

        if (token.kind == TOKEN_END) {
            complain(scan, line, SUBJECT_FORMAT ": this { is not closed",
                     SUBJECT_ARGS(subject));
            return false;
        }
        if (token_is(&token, '}')) {
            if (empty && (row->initial[0] != '\0' || conf_row_titled(scan->kind, row)))
                complain(scan, line, SUBJECT_FORMAT ": expected at least one value",
                         SUBJECT_ARGS(subject));
            return true;
        }
        if (!token_is_value(&token)) {
            complain_found(scan, &token, SUBJECT_FORMAT ": expected a value or }",
                           SUBJECT_ARGS(subject));
            return false;
        }
        empty = false;
        token = token_next(scan);
        if (token_is(&token, '}'))
            return true;
        if (!token_is(&token, ',')) {
            complain_found(scan, &token, SUBJECT_FORMAT ": expected , or }",
                           SUBJECT_ARGS(subject));
            return false;
        }
    }
}

/* What stands behind the equals sign of a known setting. */
static bool scan_value(struct scan *scan, const struct conf_row *row,
                       const struct subject *subject)
{
    const int line = scan->line;
    const struct token token = token_next(scan);

    if (token_is(&token, '{')) {
        if (row->type == CONF_LIST)
            return scan_list(scan, row, subject, token.line);
        complain(scan, token.line, SUBJECT_FORMAT ": expected one value, not a list",
                 SUBJECT_ARGS(subject));
        return skip_braces(scan, token.line);
    }
    /* A word of the next line is the next setting rather than a value. */
    if (token.kind == TOKEN_STRING || (token.kind == TOKEN_WORD && token.line == line))
        return true;
    if (token.kind == TOKEN_BROKEN)
        return false;
    complain(scan, line,
             SUBJECT_FORMAT ": expected a value after =", SUBJECT_ARGS(subject));
    return false;
}

/* A name is known: what must follow it. */
static bool scan_setting(struct scan *scan, const struct conf_row *row,
                         const struct subject *subject)
{
    const struct token token = token_next(scan);
    int *seen = &subject->scope->seen[row - scan->kind->rows];

    if (*seen != 0)
        complain(scan, subject->line,
                 SUBJECT_FORMAT ": given twice, first on line %d; expected once",
                 SUBJECT_ARGS(subject), *seen);
    else
        *seen = subject->line;
    if (token_is(&token, '='))
        return scan_value(scan, row, subject);
    if (token_is(&token, '{')) {
        complain(scan, token.line,
                 SUBJECT_FORMAT ": expected = and a value, not a block",
                 SUBJECT_ARGS(subject));
        return skip_braces(scan, token.line);
    }
    if (token_is(&token, '+'))
        complain(scan, token.line,
                 SUBJECT_FORMAT ": expected = and the whole value, not +=",
                 SUBJECT_ARGS(subject));
    else
        complain_found(scan, &token, SUBJECT_FORMAT ": expected = and a value",
                       SUBJECT_ARGS(subject));
    return false;
}

static bool scan_statements(struct scan *scan, const struct scope *scope);

/* The value of a word or a string. NULL: out of memory. */
static const char *token_value(struct scan *scan, const struct token *token)
{
    char *value = arena_strndup(scan->arena, token->text, token->len);
    size_t len = 0;

    if (value == NULL || token->kind == TOKEN_WORD)
        return value;
    for (size_t i = 1; i + 1 < token->len; i++) {
        i += token->text[i] == '\\';
        value[len++] = token->text[i];
    }
    value[len] = '\0';
    return value;
}

/* Is the title what a block may be called? It may have been given before. */
static void title_check(struct scan *scan, const struct conf_title *title,
                        const char *shown)
{
    const struct conf_titled *titled = scan->kind->titled;
    const size_t len = strlen(title->name);

    if (len == 0 || len > CONF_TITLE_MAX) {
        complain(scan, title->line, "%s: expected a name of 1 to %d bytes", shown,
                 CONF_TITLE_MAX);
    } else if (titled->reserved != NULL && strcmp(title->name, titled->reserved) == 0) {
        complain(scan, title->line,
                 "%s: expected another name, as this one stands for the settings "
                 "outside of each %s",
                 shown, titled->block);
    }
    for (size_t i = 0; i < scan->titles->count; i++) {
        if (strcmp(scan->titles->items[i].name, title->name) != 0)
            continue;
        complain(scan, title->line,
                 "%s: given twice, first on line %d; expected a name of its own", shown,
                 scan->titles->items[i].line);
        break;
    }
}

/* Adds the title to those that are known. false: no sense in reading on. */
static bool title_add(struct scan *scan, const struct conf_title *title)
{
    struct conf_titles *titles = scan->titles;

    if (titles->count == CONF_TITLED_MAX) {
        complain(scan, title->line, "expected at most %d times a %s", CONF_TITLED_MAX,
                 scan->kind->titled->block);
        return false;
    }
    if (titles->items == NULL)
        titles->items =
            arena_alloc(scan->arena, CONF_TITLED_MAX * sizeof *titles->items);
    if (titles->items == NULL)
        return false;
    titles->items[titles->count++] = *title;
    return true;
}

/* Behind the title: what must follow it. */
static bool scan_titled_body(struct scan *scan, const struct conf_title *title,
                             const char *shown)
{
    const struct token token = token_next(scan);
    const struct scope scope = {scan->kind->titled->block, shown,
                                arena_printf(scan->arena, "%s: ", shown), token.line,
                                scan->seen_here};

    title_check(scan, title, shown);
    if (!token_is(&token, '{')) {
        complain_found(scan, &token, "%s: expected { and settings", shown);
        return false;
    }
    memset(scan->seen_here, 0, sizeof scan->seen_here);
    return title_add(scan, title) && scope.prefix != NULL &&
           scan_statements(scan, &scope);
}

/* The name of a block that has a title: what must follow it. */
static bool scan_titled(struct scan *scan, const struct subject *subject)
{
    const struct token token = token_next(scan);
    const struct conf_title title = {
        token_is_value(&token) ? token_value(scan, &token) : NULL, subject->line};
    struct buf shown = BUF_INIT;
    bool ok = false;

    if (!token_is_value(&token)) {
        complain_found(scan, &token, "%s: expected a name in quotes", subject->name);
    } else if (title.name != NULL) {
        buf_addf(&shown, "%s \"", subject->name);
        escape_text(&shown, title.name, strlen(title.name), CONF_TITLE_MAX);
        buf_addc(&shown, '"');
        ok = scan_titled_body(scan, &title, buf_str(&shown));
    }
    buf_finish(&shown);
    return ok;
}

/* The name of a block: what must follow it. */
static bool scan_block(struct scan *scan, const struct subject *subject)
{
    const struct token token = token_next(scan);
    const struct scope scope = {subject->name, subject->name,
                                arena_printf(scan->arena, "%s.", subject->name),
                                token.line, scan->seen};

    for (const struct conf_row *row = scan->kind->rows; row->name != NULL; row++) {
        int *seen = &scan->seen_block[row - scan->kind->rows];

        if (row->block == NULL || strcmp(row->block, subject->name) != 0)
            continue;
        if (*seen != 0)
            complain(scan, subject->line,
                     "%s: given twice, first on line %d; expected once", subject->name,
                     *seen);
        *seen = subject->line;
        break;
    }
    if (token_is(&token, '{'))
        return scope.prefix != NULL && scan_statements(scan, &scope);
    complain_found(scan, &token, "%s: expected { and settings, as this is a block",
                   subject->name);
    return false;
}

static bool scan_statement(struct scan *scan, const struct scope *scope,
                           const struct token *token)
{
    struct subject subject = {.scope = scope, .line = token->line};
    const struct conf_row *row;

    if (token->len >= sizeof subject.name) {
        complain(scan, token->line,
                 "expected the name of a setting, found a long word");
        return false;
    }
    memcpy(subject.name, token->text, token->len);
    subject.name[token->len] = '\0';
    row = conf_row_find(scan->kind, scope->block, subject.name);
    if (row != NULL)
        return scan_setting(scan, row, &subject);
    if (scope->block == NULL && conf_block_titled(scan->kind, subject.name))
        return scan_titled(scan, &subject);
    if (scope->block == NULL && conf_block_known(scan->kind, subject.name))
        return scan_block(scan, &subject);
    complain_unknown(scan, &subject);
    return skip_unknown(scan);
}

/* To the end of the file, or of the block. false: no sense in reading on. */
static bool scan_statements(struct scan *scan, const struct scope *scope)
{
    const bool inside = scope->block != NULL;

    for (;;) {
        const struct token token = token_next(scan);

        if (token.kind == TOKEN_END) {
            if (inside)
                complain(scan, scope->line, "%s: this { is not closed", scope->shown);
            return !inside;
        }
        if (inside && token_is(&token, '}'))
            return true;
        if (token.kind != TOKEN_WORD) {
            complain_found(scan, &token, "expected the name of a setting");
            return false;
        }
        if (!scan_statement(scan, scope, &token))
            return false;
    }
}

bool conf_scan(const struct conf_kind *kind, const char *path, char *text, size_t len,
               struct arena *arena, struct conf_titles *titles_r, struct buf *error_r)
{
    struct scan scan = {.kind = kind,
                        .path = path,
                        .text = text,
                        .len = len,
                        .line = 1,
                        .ok = true,
                        .errors = error_r,
                        .arena = arena,
                        .titles = titles_r};
    const struct scope top = {NULL, "", "", 0, scan.seen};

    *titles_r = (struct conf_titles){0};
    return scan_statements(&scan, &top) && scan.ok;
}
