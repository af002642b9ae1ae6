/* SPDX-License-Identifier: BSD-2-Clause */
/* encoding.h - the ways in which verifiers write bytes as text (pure). */
#ifndef SENDAS_CRED_ENCODING_H
#define SENDAS_CRED_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum encoding {
    ENCODING_BASE64,        /* RFC 4648 4, padded */
    ENCODING_BASE64_BARE,   /* the same without "=" */
    ENCODING_BASE64_ADAPTED /* bare, "." for "+": passlib's, and OpenLDAP's PBKDF2 */
};

/*
 * Reads base64 into at most `room` bytes. Strict: no blanks, nothing behind the end, no
 * stray bits; "=" complete where there is any, and needed in ENCODING_BASE64 alone.
 * Either of "." and "+" will do where adapted. false: not base64, or it does not fit.
 */
bool encoding_base64_read(enum encoding encoding, const char *text, size_t len,
                          unsigned char *bytes, size_t room, size_t *len_r);
void encoding_base64_add(enum encoding encoding, const unsigned char *bytes, size_t len,
                         struct buf *out);

/* Reads hex digits of either case; false: not hex, or it does not fit. */
bool encoding_hex_read(const char *text, size_t len, unsigned char *bytes, size_t room,
                       size_t *len_r);
void encoding_hex_add(const unsigned char *bytes, size_t len, struct buf *out);

/*
 * Reads a decimal number without sign or leading zero from *text_io, which moves behind
 * its last digit. false: there is none, or it is over `most`.
 */
bool encoding_number_read(const char **text_io, const char *end, unsigned most,
                          unsigned *number_r);

#endif
