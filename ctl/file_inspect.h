/* SPDX-License-Identifier: BSD-2-Clause */
/* file_inspect.h - who may read and write a file, and who should not. */
#ifndef SENDAS_CTL_FILE_INSPECT_H
#define SENDAS_CTL_FILE_INSPECT_H

#include "base/buf.h"
#include "prog/identity.h"

/* Who may read a file: everybody, or those only who must. */
enum secrecy { OPEN, PRIVATE, SECRET };

/*
 * Appends a line to *problems for each that is wrong with mode and owner of the file.
 * `user`: who may own it beside root and us, NULL if nobody. A file that is not there
 * is told of by whoever needs it.
 */
void file_inspect(const char *path, enum secrecy secrecy, const struct identity *user,
                  struct buf *problems);

#endif
