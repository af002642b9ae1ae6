/* SPDX-License-Identifier: BSD-2-Clause */
/* compose.h - the values of header fields that we write ourselves: mailboxes, names,
 * and old text in a form that no reader takes for anything else. */
#ifndef SENDAS_MAIL_COMPOSE_H
#define SENDAS_MAIL_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
    COMPOSE_COLUMNS = 78,  /* lines are folded there (RFC 5322 2.1.1) */
    COMPOSE_NAME_MAX = 200 /* bytes of a display name; more is cut */
};

/*
 * Appends `Name <address>` (RFC 5322 3.4), or the address alone for an empty name. The
 * address is one that address.h has normalised; the name is UTF-8 text, of which
 * controls, invalid bytes and invisible characters are left out. It stands as words, in
 * quotes, or, beyond ASCII, as encoded words (RFC 2047), or raw with `utf8` (RFC 6532:
 * only in a message sent with SMTPUTF8). Lines are folded with LF and a blank; the
 * first begins at `column`, behind the field's name.
 */
void compose_mailbox(const char *name, const char *address, bool utf8, size_t column,
                     struct buf *out);

/* Appends printable ASCII words that are parted by single blanks, folded as above. */
void compose_words(const char *text, size_t column, struct buf *out);

/*
 * Appends bytes as encoded words that hold each of them exactly, so that no reader
 * finds an address there before it decodes them, and none that decodes names only.
 * Charset UTF-8, or "unknown-8bit" (RFC 1428) for what is no UTF-8. Folded as above.
 */
void compose_encoded(const char *bytes, size_t len, size_t column, struct buf *out);

#endif
