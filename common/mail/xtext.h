/* SPDX-License-Identifier: BSD-2-Clause */
/* xtext.h - the encoding of AUTH= and ORCPT= in SMTP commands (RFC 3461 4). */
#ifndef SENDAS_MAIL_XTEXT_H
#define SENDAS_MAIL_XTEXT_H

#include "base/arena.h"

enum { XTEXT_MAX = 500 }; /* bytes; AUTH= may have so many (RFC 4954 3) */

/*
 * What the xtext stands for, in the arena. What is none (a byte that does not belong
 * there, "+" without two digits, an encoded NUL, over XTEXT_MAX) comes back as it
 * stands, cut at XTEXT_MAX. NULL: out of memory.
 */
const char *xtext_decode(const char *text, struct arena *arena);

#endif
