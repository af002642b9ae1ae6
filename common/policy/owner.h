/* SPDX-License-Identifier: BSD-2-Clause */
/* owner.h - does this login own this address: which keys to try, in which maps. */
#ifndef SENDAS_POLICY_OWNER_H
#define SENDAS_POLICY_OWNER_H

#include <stddef.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "mail/address.h"
#include "map/map.h"

/* Why owner_check() said what it said; strings live in the arena or in the maps. */
struct owner_trace {
    const char *key;   /* the key that decided, NULL if none had owners */
    const char *map;   /* the map that named the login (for a yes), else NULL */
    const char *value; /* the value that matched: the login as written there, or "*" */
};

/*
 * May `login` (normalised) use `address`? The keys of address_keys() are tried from
 * most to least specific; for each the owners of all maps count together, and the first
 * key that has owners decides. A map that cannot answer makes the whole answer
 * ANSWER_UNKNOWN, with its line in *error_r, unless another map names the login under
 * the same key. What a cache remembers of a map that cannot answer (map_lookup())
 * serves for a yes only: the no that it would make is ANSWER_UNKNOWN as well, for that
 * would refuse for good what may be right by now. *trace_r may be NULL.
 */
enum answer owner_check(struct map *const *maps, size_t map_count, const char *login,
                        const char *login_domain, const struct address *address,
                        const struct address_rules *rules, struct arena *arena,
                        struct owner_trace *trace_r, struct buf *error_r);

#endif
