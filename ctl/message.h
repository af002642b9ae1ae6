/* SPDX-License-Identifier: BSD-2-Clause */
/* message.h - the header of a message, split into fields as an MTA does it for a
 * milter. */
#ifndef SENDAS_CTL_MESSAGE_H
#define SENDAS_CTL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "policy/header.h"

struct message {
    struct header header; /* lives in the arena that was given */
    size_t ended_at;      /* the line that is no field and ended the header, 0: none */
    size_t cut_at; /* the last line with a field that a NUL byte cut short, 0: none */
};

/*
 * Reads a header, of which it keeps what is wanted, up to the empty line or the end of
 * the file; what follows is left alone, but standard input is read to its end so that
 * nobody writes into a closed pipe.
 *
 * A line ends in LF or CRLF. A field's name is printable ASCII, up to a colon; blanks
 * may stand before the colon and then belong to the name. A line that begins with a
 * blank goes on with the field before it; the value keeps such a fold as LF and the
 * blank, and loses one blank after the colon. A NUL ends the value, as it does in
 * libmilter. Any other line ends the header, as it does in Postfix and sendmail: what
 * follows is body. A "From " line of a mailbox file may stand in front.
 *
 * false: the file cannot be read (errno), or memory ran out (ENOMEM).
 */
bool message_read(FILE *file, const struct facts_wanted *wanted, struct arena *arena,
                  struct message *message_r);

#endif
