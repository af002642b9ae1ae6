/* SPDX-License-Identifier: BSD-2-Clause */
/* prepare.h - a password as typed made into the one form that is hashed (pure). */
#ifndef SENDAS_CRED_PREPARE_H
#define SENDAS_CRED_PREPARE_H

#include <stddef.h>

#include "base/buf.h"

enum { PASSWORD_MAX = 1024 }; /* bytes, as typed and as prepared */

enum prepare_profile {
    PREPARE_OPAQUE,  /* RFC 8265 4.2, OpaqueString */
    PREPARE_SASLPREP /* RFC 4013, as SCRAM (RFC 5802 2.2) and its clients want it */
};

enum prepared {
    PREPARED,          /* *out_r has it */
    PREPARE_EMPTY,     /* nothing there, or nothing left */
    PREPARE_TOO_LONG,  /* over PASSWORD_MAX */
    PREPARE_NOT_UTF8,  /* not a text at all */
    PREPARE_FORBIDDEN, /* a character that the profile forbids, a NUL among them */
    PREPARE_OUT_OF_MEMORY
};

/*
 * Prepares `len` bytes and replaces the content of *out_r, which holds a secret: the
 * caller ends it with secret_finish(), whatever the result.
 */
enum prepared prepare_password(enum prepare_profile profile, const char *password,
                               size_t len, struct buf *out_r);

/* What is wrong, as the end of "a password ...": static text. */
const char *prepared_sentence(enum prepared prepared);

#endif
