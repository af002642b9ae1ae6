/* SPDX-License-Identifier: BSD-2-Clause */
/* dn.h - distinguished names (RFC 4514) taken apart. */
#ifndef SENDAS_LDAP_DN_H
#define SENDAS_LDAP_DN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* "uid=alice": an attribute and a value of it, without any escaping. */
struct dn_ava {
    const char *type;
    const char *value; /* a NUL behind it that len does not count */
    size_t len;
    size_t rdn; /* which of the relative names it is in, the last in the text being 0 */
};

struct dn {
    struct dn_ava *avas; /* in the order of the text */
    size_t count;
    size_t rdns;
};

/* Takes a name apart, in the arena. false: it is none, or memory ran out
 * (arena->failed). */
bool dn_parse(const char *text, struct arena *arena, struct dn *dn_r);

#endif
