/* SPDX-License-Identifier: BSD-2-Clause */
/* owners.h - who owns an address, to be shown; policy/owner.h decides. */
#ifndef SENDAS_CTL_OWNERS_H
#define SENDAS_CTL_OWNERS_H

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ctl/site.h"
#include "mail/address.h"

struct owners {
    const char *key;       /* the first key that has owners, NULL for none */
    struct strlist logins; /* as the maps name them, those of all maps */
};

/*
 * Finds the owners of the address, by this right, in the site's open maps.
 * ANSWER_UNKNOWN: a map did not answer, with its line in *error_r; *owners_r then holds
 * what the others said.
 */
enum answer owners_find(const struct site *site, enum right right,
                        const struct address *address, struct arena *arena,
                        struct owners *owners_r, struct buf *error_r);

/* The owners as "a, b and 3 more", made printable; "nobody" for none. In the arena. */
const char *owners_shown(const struct owners *owners, struct arena *arena);

#endif
