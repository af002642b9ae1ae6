/* SPDX-License-Identifier: BSD-2-Clause */
/* display_name.h - which addresses a display name or a comment shows to a person. */
#ifndef SENDAS_MAIL_DISPLAY_NAME_H
#define SENDAS_MAIL_DISPLAY_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/address.h"
#include "mail/reason.h"

enum { NAME_ADDRESSES_MAX = 100 }; /* different ones of a name; more is too-long */

/* A word like local@dom.tld in a name. */
struct name_address {
    const char *text; /* normalised if it could be parsed, else as it was found */
    bool parsed;      /* `address` is set; otherwise nobody can own it */
    struct address address;
};

struct name_addresses {
    struct name_address *items;
    size_t count;
    bool at; /* there is an at sign, whether in an address or not; else all is empty */
    /* An angle, a double quote, a comma or a semicolon stands in the name too: a
     * program that decodes before it splits may take one of the addresses for the
     * sender. */
    bool divided;
    bool control; /* a control character was decoded from an encoded word */
};

/*
 * Finds the addresses in a display name or comments as they stand in a field: `raw` may
 * hold words, quoted strings, comments, encoded words and folds. Names are decoded (RFC
 * 2047: B and Q, in quotes too, adjacent words joined, any charset that iconv knows),
 * NUL, invisible characters and invalid bytes are left out, and look-alikes of "@" and
 * "." count as these. A lone @, a handle and a domain without a dot are no address;
 * only right behind an angle a dot is not needed. Returns REASON_NONE, REASON_TOO_LONG
 * when there are more addresses or charsets than can be looked at, or REASON_SYNTAX
 * with arena->failed set when memory ran out. Time linear in `len`. The results live in
 * the arena.
 */
enum reason display_name_find(const char *raw, size_t len,
                              const struct address_rules *rules, struct arena *arena,
                              struct name_addresses *addresses_r);

/*
 * Appends the text of a name as a person sees it: without quotes and folds, encoded
 * words decoded, as UTF-8, without invisible characters. false when there is an at sign
 * in it, or what looks like one, or a control character: such a name had better not be
 * shown beside another address. Memory that ran out is in out->failed.
 */
bool display_name_text(const char *raw, size_t len, struct buf *out);

#endif
