/* SPDX-License-Identifier: BSD-2-Clause */
/* address.h - one addr-spec: read, normalised, compared, made into lookup keys. */
#ifndef SENDAS_MAIL_ADDRESS_H
#define SENDAS_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "mail/reason.h"

/* How addresses are compared at this site; plain settings, freely copied. */
struct address_rules {
    bool case_sensitive_local_part;
    const char
        *delimiters; /* each byte of it starts an extension, as in user+x; may be "" */
};

/*
 * A normalised address. Strings live in the arena that was given. Two addresses are the
 * same exactly when their `text` is the same.
 */
struct address {
    const char *local;  /* unquoted, NFC, ASCII lower case unless case counts */
    const char *domain; /* A-labels in lower case, or "[literal]" as written */
    const char *text; /* local@domain, the local part quoted where RFC 5322 needs it */
    bool unownable;   /* the domain does not convert (IDNA2008): owned by nobody */
    /* The local part needs quotes ("a b"@x, a..b@x): readers differ, so that only a map
     * row with exactly this address counts, never one of the domain. */
    bool literal_only;
};

enum { ADDRESS_MAX = 1024 }; /* bytes of one address; more is too-long */

/*
 * Reads `len` bytes as one addr-spec (RFC 5322 3.4.1 with RFC 6532), nothing around it:
 * no blanks, comments or angle brackets. A quoted local part must be the whole local
 * part, without backslashes that it does not need. Returns REASON_NONE and fills
 * *address_r, or the reason why not; *error_at_r (may be NULL) is then the offset of
 * the byte where reading stopped. Out of memory: REASON_NONE never; arena->failed is
 * set and REASON_SYNTAX returned.
 */
enum reason address_parse(const char *bytes, size_t len,
                          const struct address_rules *rules, struct arena *arena,
                          struct address *address_r, size_t *error_at_r);

/*
 * Reads the argument of MAIL FROM as libmilter hands it over, as the client typed it:
 * with or without angle brackets, source route, quotes (RFC 5321 4.1.2). A route and a
 * dot at the end of the domain are dropped as the MTA drops them. *null_r says whether
 * it is the null path <>, and then *address_r is not set. Reasons and memory as above.
 */
enum reason address_parse_path(const char *path, const struct address_rules *rules,
                               struct arena *arena, struct address *address_r,
                               bool *null_r);

/* The keys under which an address may be found, from most to least specific. */
enum { ADDRESS_KEYS_MAX = 3 };

/*
 * Fills `keys` with the full address, the address without its extension (when it has
 * one), and "@domain". Returns how many: 0 for an unownable address, 1 for one that
 * counts literally only. Out of memory: 0 with arena->failed set. As in Postfix, an
 * extension starts at the first delimiter; there is none when the local part begins
 * with it, in double-bounce, mailer-daemon and postmaster, and, where "-" is a
 * delimiter, in owner-x and x-request.
 */
size_t address_keys(const struct address *address, const struct address_rules *rules,
                    struct arena *arena, const char *keys[ADDRESS_KEYS_MAX]);

/*
 * Normalises a lookup key as an admin writes it in a map or a grant: an address,
 * "@domain", "@.domain" for all below it, or (Postfix) a bare local part. NULL when it is none of these or memory
 * ran out; *reason_r says why. The result lives in the arena.
 */
const char *address_normalise_key(const char *key, const struct address_rules *rules,
                                  struct arena *arena, enum reason *reason_r);

/* Normalises a domain: A-labels, lower case, no trailing dot. NULL when it does not
 * convert or memory ran out. A literal "[...]" is kept as it is. */
const char *address_normalise_domain(const char *domain, size_t len,
                                     struct arena *arena);

#endif
