/* SPDX-License-Identifier: BSD-2-Clause */
/* token.h - cuts the value of an address field into RFC 5322 tokens. Pure. */
#ifndef SENDAS_MAIL_TOKEN_H
#define SENDAS_MAIL_TOKEN_H

#include <stddef.h>

#include "mail/reason.h"

enum token_kind {
    TOKEN_END,
    TOKEN_BLANK,  /* blanks, tabs and folds */
    TOKEN_WORD,   /* atext, dots and 8-bit bytes: a dot-atom, a name, an encoded word */
    TOKEN_QUOTED, /* a quoted string with its quotes */
    TOKEN_COMMENT, /* a comment with its parentheses, nested ones included */
    TOKEN_SPECIAL, /* one byte of < > [ ] : ; @ , \ and ) */
    TOKEN_ERROR    /* see the reader's reason */
};

/* What a token holds inside. */
enum token_flag {
    TOKEN_FOLDED = 1,    /* blank, comment, quoted: a fold */
    TOKEN_ESCAPE = 2,    /* comment, quoted: a backslash pair */
    TOKEN_NESTED = 4,    /* comment: another comment */
    TOKEN_QUOTE = 8,     /* comment: a double quote */
    TOKEN_PAREN = 16,    /* quoted: parentheses that do not pair */
    TOKEN_ANGLE = 32,    /* comment, quoted: an angle bracket */
    TOKEN_AT = 64,       /* comment, quoted: an at sign */
    TOKEN_ENCODED = 128, /* word, comment, quoted: "=?", the start of an encoded word */
    TOKEN_HIGH = 256,    /* word, comment, quoted: a byte beyond ASCII */
    TOKEN_BACKSLASH = 512,  /* comment, quoted: an escaped backslash */
    TOKEN_SEPARATOR = 1024, /* encoded word, comment, quoted: a comma, colon, ... */
    TOKEN_BROKEN = 2048     /* word: an encoded word that is never closed */
};

/* A span of the input. */
struct token {
    enum token_kind kind;
    unsigned flags; /* enum token_flag */
    size_t at;
    size_t len;
};

/* Where reading stands; the three last are set by a TOKEN_ERROR and stay. */
struct token_reader {
    const char *bytes;
    size_t len;
    size_t at;
    size_t word_stop; /* no encoded word that begins before this offset is closed */
    enum reason reason;
    size_t error_at;
    const char *expected;
};

/* Starts reading `len` bytes, which must outlive the reader. */
void token_reader_init(struct token_reader *reader, const char *bytes, size_t len);

/*
 * Reads the next token. After TOKEN_END and TOKEN_ERROR the same is returned again. The
 * time of all calls together is linear in the length of the input.
 */
void token_next(struct token_reader *reader, struct token *token_r);

/*
 * The length of the fold (RFC 5322 2.2.3: LF or CRLF before a blank or tab, that blank
 * included) at bytes[at], which must be CR or LF; 0 with the reader's error set when it
 * is a bare line break or makes a line of blanks only.
 */
size_t token_fold(struct token_reader *reader, size_t at);

#endif
