/* SPDX-License-Identifier: BSD-2-Clause */
/* shell.h - words from outside in a command for sh(1). */
#ifndef SENDAS_CTL_SHELL_H
#define SENDAS_CTL_SHELL_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Appends the text as exactly one word of a command for a POSIX shell, in single quotes
 * unless it is plain. false, with nothing appended, when it holds a byte that must not
 * stand on a line or a terminal (controls, invalid UTF-8, invisible characters): there
 * is no word for it then that a person could read.
 */
bool shell_word_add(struct buf *out, const char *text);

#endif
