/* SPDX-License-Identifier: BSD-2-Clause */
/* encoded_word.h - RFC 2047 encoded words: found and decoded. */
#ifndef SENDAS_MAIL_ENCODED_WORD_H
#define SENDAS_MAIL_ENCODED_WORD_H

#include <stddef.h>

/* An encoded word, =?charset?encoding?text?=; spans of the input. */
struct encoded_word {
    const char *charset;
    size_t charset_len; /* without the language of RFC 2231 */
    char encoding;      /* 'b' or 'q' */
    const char *text;
    size_t text_len;
};

/*
 * Reads "=?charset?encoding?" at the start of `bytes` and fills the first three
 * members. The length of it, where the text begins; 0 when this is no encoded word.
 */
size_t encoded_word_head(const char *bytes, size_t len, struct encoded_word *word_r);

#endif
