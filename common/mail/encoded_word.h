/* SPDX-License-Identifier: BSD-2-Clause */
/* encoded_word.h - RFC 2047 encoded words: found and decoded. */
#ifndef SENDAS_MAIL_ENCODED_WORD_H
#define SENDAS_MAIL_ENCODED_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "mail/charset.h"

/* An encoded word, =?charset?encoding?text?=; spans of the input. */
struct encoded_word {
    const char *charset; /* may be empty, which no charset is called */
    size_t charset_len;  /* without the language of RFC 2231 */
    char encoding;       /* 'b' or 'q' */
    const char *text;
    size_t text_len;
};

/*
 * Reads "=?charset?encoding?" at the start of `bytes` and fills the first three
 * members. The length of it, where the text begins; 0 when this is no encoded word.
 */
size_t encoded_word_head(const char *bytes, size_t len, struct encoded_word *word_r);

/*
 * How the parts of a text that stand in adjacent words of one charset are converted:
 * programs differ, and so can the results.
 */
enum encoded_word_join {
    ENCODED_WORDS_APART,   /* each word for itself */
    ENCODED_WORDS_TOGETHER /* as one run of bytes */
};

/*
 * Appends `text` to `out` as UTF-8, with its encoded words decoded and the blanks
 * between adjacent ones left out; what is no encoded word is copied. Broken words are
 * read as far as they make sense: what is not base64 in one is left out, and text of an
 * unknown charset is taken as it stands. Returns whether there were adjacent words, so
 * that the way of joining them matters. Linear in `len`.
 */
bool encoded_words_decode(const char *text, size_t len, enum encoded_word_join join,
                          struct charset_set *charsets, struct buf *out);

#endif
