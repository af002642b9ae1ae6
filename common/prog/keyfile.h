/* SPDX-License-Identifier: BSD-2-Clause */
/* keyfile.h - a secret key in a file, made when it is not there. */
#ifndef SENDAS_PROG_KEYFILE_H
#define SENDAS_PROG_KEYFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "prog/identity.h"

enum { KEYFILE_MIN = 32, KEYFILE_MAX = 4096 }; /* bytes */

/*
 * The whole content of the file (at least KEYFILE_MIN bytes, of any value) in *key_r,
 * which the caller wipes and finishes. A file that does not exist is made with
 * KEYFILE_MIN random bytes, mode 0600 and, when the process is root, the owner given
 * (NULL: leave it); two processes that make it at once end up with the same key.
 * Refused: a file that others may read or write, a file that is too short or too long.
 * false: one line in *error_r.
 */
bool keyfile_load(const char *path, const struct identity *owner, struct buf *key_r,
                  struct buf *error_r);

#endif
