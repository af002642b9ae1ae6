/* SPDX-License-Identifier: BSD-2-Clause */
/* owner.h - does this login own this address: which keys to try, in which maps. */
#ifndef SENDAS_POLICY_OWNER_H
#define SENDAS_POLICY_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/names.h"
#include "mail/address.h"
#include "map/map.h"

/* What lets a login use an address, strongest first. */
enum right {
    RIGHT_NONE,
    RIGHT_SEND_AS,   /* as its own, without a trace */
    RIGHT_ON_BEHALF, /* as the author, with a Sender of the login's own */
    RIGHT_RESEND     /* in a From that others wrote, below a Resent-From of its own */
};
extern const struct name_row right_names[]; /* "send-as", "on-behalf", "resend" */

/* The maps of one kind. */
struct owner_maps {
    struct map *const *maps;
    size_t count;
};

/* All that says who owns what at this site; borrowed. */
struct owner_site {
    struct owner_maps send_as, on_behalf, resend, deny, groups, alias_domains;
    const char *login_domain;
    struct address_rules rules;
};

/* The maps of a right; none for RIGHT_NONE. */
const struct owner_maps *owner_maps_of(const struct owner_site *site, enum right right);

/* Why owner_check() said what it said; strings live in the arena or in the maps. */
struct owner_trace {
    const char *key; /* the key that decided, NULL if none had owners */
    const char *map; /* the map that named the login (for a yes, or a denial) */
    const char
        *value;  /* the value that matched as written there: a login, "*", a group */
    bool denied; /* a row of `deny` names the login */
};

enum {
    OWNER_PARENTS_MAX = 8, /* levels of domains above its own: the topmost ones */
    OWNER_KEYS_MAX = 2 * ADDRESS_KEYS_MAX + OWNER_PARENTS_MAX
};

/* The keys of an address, from most to least specific. */
struct owner_keys {
    const char *items[OWNER_KEYS_MAX];
    size_t count;
    /* The first `exact` of them are the address itself: under the others an address
     * that counts literally only (address.h) has no owner. It may be denied there. */
    size_t exact;
    size_t alias; /* which is the full address in the alias target domain; 0: none is */
    bool cut;     /* which domain its own is an alias of could not be told */
};

/*
 * Finds the keys as owner_check() tries them. What `alias_domains` could not tell is in
 * *error_r, one line (and `cut`: the keys are those before the ones that are missing;
 * not `cut`: a cache remembers it).
 */
void owner_find_keys(const struct owner_site *site, const struct address *address,
                     struct arena *arena, struct owner_keys *keys_r,
                     struct buf *error_r);

/* The name in a value "group:NAME", as the maps of `groups` have it; NULL for any other
 * value, or when memory ran out. The result lives in the arena. */
const char *owner_group_name(const char *value, struct arena *arena);

/*
 * Has `login` (normalised) this right to use `address`? Only the maps of that right are
 * asked: an owner by send-as needs no on-behalf. The keys are tried from most to least
 * specific - the full address, without its extension, the same two in the domain that
 * its domain is an alias of, @domain, @alias target, then @.parent domains from the
 * nearest -; for each the owners of all maps count together, and the first key that has
 * owners decides. A value is a login, "*", or "group:NAME", whose members are looked up
 * in `groups` (which may hold groups again, a bounded depth). Before a yes, the maps of
 * `deny` are asked for all keys: a row there that names the login wins.
 *
 * A map that cannot answer makes the whole answer ANSWER_UNKNOWN, with its line in
 * *error_r, unless another map names the login under the same key and no map of `deny`
 * failed. What a cache remembers of a map that cannot answer (map_lookup()) serves for
 * a yes only: the no that it would make is ANSWER_UNKNOWN as well, for that would
 * refuse for good what may be right by now. *trace_r may be NULL.
 */
enum answer owner_check(const struct owner_site *site, enum right right,
                        const char *login, const struct address *address,
                        struct arena *arena, struct owner_trace *trace_r,
                        struct buf *error_r);

/*
 * Does a row of `deny` name the login, for an address that it may use without a grant?
 * As before a yes of owner_check(); of *trace_r only a yes sets anything.
 */
enum answer owner_denied(const struct owner_site *site, const char *login,
                         const struct address *address, struct arena *arena,
                         struct owner_trace *trace_r, struct buf *error_r);

/* Is the address anybody's, by send-as? As above, whoever the owners are, and whether
 * they are denied; an address that counts literally only is its domain's owners', too.
 */
enum answer owner_any(const struct owner_site *site, const struct address *address,
                      struct arena *arena, struct owner_trace *trace_r,
                      struct buf *error_r);

/*
 * All groups that the login is in, as names without "group:". ANSWER_YES: they are in
 * *groups_r. ANSWER_NO: the maps of groups can only be asked for one group after the
 * other, by owner_in_group(). ANSWER_UNKNOWN: could not tell.
 */
enum answer owner_groups(const struct owner_site *site, const char *login,
                         struct arena *arena, struct strlist *groups_r,
                         struct buf *error_r);

/* Is the login in the group (name without "group:")? */
enum answer owner_in_group(const struct owner_site *site, const char *group,
                           const char *login, struct arena *arena, struct buf *error_r);

#endif
