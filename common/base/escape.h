/* SPDX-License-Identifier: BSD-2-Clause */
/* escape.h - hostile bytes made harmless for a log line, a terminal or an SMTP reply.
 */
#ifndef SENDAS_BASE_ESCAPE_H
#define SENDAS_BASE_ESCAPE_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends at most `max` source bytes as text that cannot leave its line: printable
 * ASCII and printable UTF-8 as they are, a backslash doubled, everything else
 * (controls, invalid UTF-8, bidirectional and zero-width characters) as \xHH a byte. A
 * longer source ends in
 * "..." after the cut.
 */
void escape_text(struct buf *out, const char *bytes, size_t len, size_t max);

/*
 * The same as one token of a "key=value" line: put in double quotes when it is empty or
 * holds a blank, a quote, a comma or an equals sign; quotes inside as \".
 */
void escape_token(struct buf *out, const char *bytes, size_t len, size_t max);

/*
 * The same for the text of an SMTP reply (RFC 5321 4.2: printable US-ASCII): every
 * other byte becomes '?'.
 */
void escape_reply(struct buf *out, const char *bytes, size_t len, size_t max);

/*
 * Appends the text as a string of JSON (RFC 8259), in quotes: quotes, backslashes and
 * controls escaped, bytes that are not UTF-8 as U+FFFD. For bytes from outside,
 * escape_text() comes first, so that none is lost and none does anything to a terminal.
 */
void escape_json(struct buf *out, const char *text, size_t len);

#endif
