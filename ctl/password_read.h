/* SPDX-License-Identifier: BSD-2-Clause */
/* password_read.h - a password from a terminal without echo, or a line of standard
 * input.
 */
#ifndef SENDAS_CTL_PASSWORD_READ_H
#define SENDAS_CTL_PASSWORD_READ_H

#include <stdbool.h>

#include "base/buf.h"

/* Is somebody to be asked, and asked twice? Else one line of standard input is read. */
bool password_from_terminal(void);

/*
 * Reads one line into *password_r, a secret, without its line end: from the terminal
 * after the prompt, with echo off (and back on, whatever signal comes meanwhile), or
 * from standard input, of which not a byte more than the line is taken. false after a
 * complaint: no line, a longer one than a password can be, or a NUL in it.
 */
bool password_read(const char *prompt, struct buf *password_r);

#endif
