/* SPDX-License-Identifier: BSD-2-Clause */
/* store_error.h - what SQLite has to say, as one line. */
#ifndef SENDAS_STORE_STORE_ERROR_H
#define SENDAS_STORE_STORE_ERROR_H

#include "base/buf.h"

struct sqlite3; /* so that whoever includes this needs no sqlite3.h */

/*
 * Adds "PATH: what SQLite says of the last call that failed" to *error_r, and what the
 * system says, if it was about the file.
 */
void store_error(struct sqlite3 *db, const char *path, struct buf *error_r);

#endif
