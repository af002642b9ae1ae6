/* SPDX-License-Identifier: BSD-2-Clause */
/* caret.h - shows where the reading of a field stopped. */
#ifndef SENDAS_CTL_CARET_H
#define SENDAS_CTL_CARET_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends two lines: as much of the field around the byte `at` (at most `len`: its end)
 * as one line of a terminal holds, made printable, and a caret below that byte with
 * what was expected there. Both begin with `indent` blanks; "..." stands for what is
 * left out.
 */
void caret_format(struct buf *out, int indent, const char *field, size_t len, size_t at,
                  const char *expected);

#endif
