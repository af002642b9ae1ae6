/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/token.h"

#include <stdbool.h>
#include <string.h>

#include "mail/encoded_word.h"

/* What a byte is, outside of quotes and comments; the first four are just text. */
enum byte_class {
    W, /* part of a word: atext (RFC 5322 3.2.3) or dot */
    H, /* the same, 8-bit */
    E, /* the same, but '=' may begin an encoded word */
    B, /* blank, tab */
    L, /* CR, LF */
    S, /* special on its own */
    Q, /* double quote */
    P, /* opening parenthesis */
    C  /* control */
};

static const unsigned char byte_classes[256] = {
    C, C, C, C, C, C, C, C, C, B, L, C, C, L, C, C, /* NUL - SI */
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, /* DLE - US */
    B, W, Q, W, W, W, W, W, P, S, W, W, S, W, W, W, /*  !"#$%&'()*+,-./ */
    W, W, W, W, W, W, W, W, W, W, S, S, S, E, S, W, /* 0-9 :;<=>? */
    S, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* @ A-O */
    W, W, W, W, W, W, W, W, W, W, W, S, S, S, W, W, /* P-Z [\]^_ */
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* ` a-o */
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, C, /* p-z {|}~ DEL */
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, /* 8-bit */
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
};

static enum byte_class class_at(const struct token_reader *reader, size_t at)
{
    return byte_classes[(unsigned char)reader->bytes[at]];
}

void token_reader_init(struct token_reader *reader, const char *bytes, size_t len)
{
    *reader = (struct token_reader){.bytes = bytes, .len = len};
}

static bool stop(struct token_reader *reader, enum reason reason, size_t at,
                 const char *expected)
{
    reader->reason = reason;
    reader->error_at = at;
    reader->expected = expected;
    return false;
}

size_t token_fold(struct token_reader *reader, size_t at)
{
    const char *bytes = reader->bytes;
    size_t i = at;

    if (bytes[i] == '\r')
        i++;
    if (i >= reader->len || bytes[i] != '\n' || i + 1 >= reader->len ||
        (bytes[i + 1] != ' ' && bytes[i + 1] != '\t')) {
        stop(reader, REASON_BARE_LINE_BREAK, at, "a line end with a blank behind it");
        return 0;
    }
    i += 2;
    /* The rest of the line is looked at here and read again by the caller: twice in
     * all, since the next fold cannot begin before its end. */
    for (size_t j = i;; j++) {
        if (j == reader->len || bytes[j] == '\r' || bytes[j] == '\n') {
            stop(reader, REASON_BLANK_LINE, at, "text on the continuation line");
            return 0;
        }
        if (bytes[j] != ' ' && bytes[j] != '\t')
            return i - at;
    }
}

static bool read_blank(struct token_reader *reader, struct token *token)
{
    token->kind = TOKEN_BLANK;
    while (reader->at < reader->len) {
        enum byte_class class = class_at(reader, reader->at);

        if (class == B) {
            reader->at++;
        } else if (class == L) {
            size_t n = token_fold(reader, reader->at);

            if (n == 0)
                return false;
            token->flags |= TOKEN_FOLDED;
            reader->at += n;
        } else {
            break;
        }
    }
    return true;
}

/* Where the run of class W that `at` is in ends. */
static size_t skip_plain(const struct token_reader *reader, size_t at)
{
    const char *p = reader->bytes + at, *end = reader->bytes + reader->len;

    while (p < end && byte_classes[(unsigned char)*p] == W)
        p++;
    return (size_t)(p - reader->bytes);
}

static bool starts_encoded_word(const struct token_reader *reader)
{
    return reader->at + 1 < reader->len && reader->bytes[reader->at + 1] == '?';
}

/*
 * The length of the encoded word at `at`, with the illegal blanks, folds and separators
 * inside that some programs leave there (*separator_r); 0 when there is none, or with
 * the reader's error set. Whatever could be a part of an address is not let in.
 */
static size_t encoded_word_len(struct token_reader *reader, size_t at,
                               bool *separator_r)
{
    struct encoded_word word;
    size_t i;

    if (at < reader->word_stop)
        return 0;
    i = encoded_word_head(reader->bytes + at, reader->len - at, &word);
    if (i == 0)
        return 0;
    *separator_r = memchr(reader->bytes + at, ':', i) != NULL; /* in a charset's name */
    for (i += at; i < reader->len; i++) {
        enum byte_class class = class_at(reader, i);

        if (reader->bytes[i] == '?' && i + 1 < reader->len &&
            reader->bytes[i + 1] == '=')
            return i + 2 - at;
        if (class <= B)
            continue;
        if (class == L) {
            size_t fold = token_fold(reader, i);

            if (fold == 0)
                return 0;
            i += fold - 1;
        } else if (class == S && strchr(",:;[]", reader->bytes[i]) != NULL) {
            *separator_r = true;
        } else {
            break;
        }
    }
    reader->word_stop = i;
    return 0;
}

static bool read_word(struct token_reader *reader, struct token *token)
{
    token->kind = TOKEN_WORD;
    while (reader->at < reader->len) {
        enum byte_class class = class_at(reader, reader->at);

        if (class == W) {
            reader->at = skip_plain(reader, reader->at);
        } else if (class == H) {
            token->flags |= TOKEN_HIGH;
            reader->at++;
        } else if (class == E && starts_encoded_word(reader)) {
            bool separator = false;
            size_t n = encoded_word_len(reader, reader->at, &separator);

            if (reader->reason != REASON_NONE)
                return false;
            token->flags |= TOKEN_ENCODED;
            if (n == 0)
                token->flags |= TOKEN_BROKEN;
            else if (separator)
                token->flags |= TOKEN_SEPARATOR;
            reader->at += n != 0 ? n : 1;
        } else if (class == E) {
            reader->at++;
        } else {
            break;
        }
    }
    return true;
}

/* Reads one byte, pair or fold inside of quotes or a comment. */
static bool read_inside(struct token_reader *reader, struct token *token)
{
    const char *bytes = reader->bytes;

    switch (class_at(reader, reader->at)) {
    case W:
        reader->at = skip_plain(reader, reader->at);
        return true;
    case C:
        return stop(reader, REASON_CONTROL_BYTE, reader->at, "printable text");
    case L: {
        size_t n = token_fold(reader, reader->at);

        token->flags |= TOKEN_FOLDED;
        reader->at += n;
        return n != 0;
    }
    case E:
        if (starts_encoded_word(reader))
            token->flags |= TOKEN_ENCODED;
        break;
    case H:
        token->flags |= TOKEN_HIGH;
        break;
    case S:
        if (bytes[reader->at] == '\\') {
            token->flags |= TOKEN_ESCAPE;
            reader->at++;
            if (reader->at >= reader->len)
                return true;
            if (class_at(reader, reader->at) == C || class_at(reader, reader->at) == L)
                return stop(reader, REASON_CONTROL_BYTE, reader->at, "printable text");
            if (bytes[reader->at] == '\\')
                token->flags |= TOKEN_BACKSLASH;
            /* An escaped character means the same to a reader that looks for it. */
        }
        if (bytes[reader->at] == '@')
            token->flags |= TOKEN_AT;
        else if (strchr(",:;", bytes[reader->at]) != NULL)
            token->flags |= TOKEN_SEPARATOR;
        else if (bytes[reader->at] == '<' || bytes[reader->at] == '>')
            token->flags |= TOKEN_ANGLE;
        break;
    default:
        break;
    }
    reader->at++;
    return true;
}

static bool read_quoted(struct token_reader *reader, struct token *token)
{
    size_t depth = 0;

    token->kind = TOKEN_QUOTED;
    reader->at++;
    while (reader->at < reader->len) {
        char byte = reader->bytes[reader->at];

        if (byte == '"') {
            reader->at++;
            if (depth != 0)
                token->flags |= TOKEN_PAREN;
            return true;
        }
        if (byte == '(')
            depth++;
        else if (byte == ')' && depth-- == 0) {
            token->flags |= TOKEN_PAREN;
            depth = 0;
        }
        if (!read_inside(reader, token))
            return false;
    }
    return stop(reader, REASON_UNCLOSED_QUOTE, token->at, "a quote that is closed");
}

static bool read_comment(struct token_reader *reader, struct token *token)
{
    size_t depth = 0;

    token->kind = TOKEN_COMMENT;
    while (reader->at < reader->len) {
        char byte = reader->bytes[reader->at];

        if (byte == '(') {
            if (++depth > 1)
                token->flags |= TOKEN_NESTED;
        } else if (byte == ')' && --depth == 0) {
            reader->at++;
            return true;
        } else if (byte == '"') {
            token->flags |= TOKEN_QUOTE;
        }
        if (!read_inside(reader, token))
            return false;
    }
    return stop(reader, REASON_UNCLOSED_COMMENT, token->at, "a comment that is closed");
}

static bool read_token(struct token_reader *reader, struct token *token)
{
    switch (class_at(reader, reader->at)) {
    case W:
    case H:
    case E:
        return read_word(reader, token);
    case B:
    case L:
        return read_blank(reader, token);
    case Q:
        return read_quoted(reader, token);
    case P:
        return read_comment(reader, token);
    case S:
        token->kind = TOKEN_SPECIAL;
        reader->at++;
        return true;
    case C:
        break;
    }
    return stop(reader, REASON_CONTROL_BYTE, reader->at, "printable text");
}

void token_next(struct token_reader *reader, struct token *token_r)
{
    *token_r = (struct token){.kind = TOKEN_END, .at = reader->at};
    if (reader->reason != REASON_NONE ||
        (reader->at < reader->len && !read_token(reader, token_r)))
        token_r->kind = TOKEN_ERROR;
    token_r->len = reader->at - token_r->at;
}
