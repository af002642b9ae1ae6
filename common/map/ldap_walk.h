/* SPDX-License-Identifier: BSD-2-Clause */
/* ldap_walk.h - from a key to the values of a directory, by as many searches as its
 * groups need. */
#ifndef SENDAS_MAP_LDAP_WALK_H
#define SENDAS_MAP_LDAP_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ldap/directory.h"
#include "mail/address.h"
#include "map/ldap_filter.h"
#include "map/map.h"
#include "map/map_template.h"

/* What an attribute is for, as in Postfix; of several, the first of these counts. */
enum ldap_use {
    LDAP_TERMINAL, /* values; where there are some, nothing else of the entry counts */
    LDAP_LEAF,     /* values, unless the entry leads to others */
    LDAP_ORDINARY, /* values */
    LDAP_SPECIAL,  /* leads to other entries, by their names or by URLs */
    LDAP_UNUSED
};

struct ldap_result {
    const char *name;
    enum ldap_use use;
};

/* What a table file says. All borrowed; the walks change nothing of it. */
struct ldap_plan {
    struct directory *directory;
    const struct ldap_result *results; /* in the order of their uses */
    size_t result_count;
    const char *const *attributes; /* to be read in the first search, ends with NULL */
    const char *const *result_names; /* in the others */

    struct map_template base;
    struct ldap_name *base_name; /* NULL: without expansions */
    enum directory_scope scope;
    struct ldap_filter *filter;
    struct ldap_filter *member_filter; /* NULL: none */

    const char *prefix; /* of values that count, cut off; "": all do */
    struct map_template format;
    struct map_template_needs needs; /* of all templates */
    int recursion_limit;
    int expansion_limit; /* 0: none */
    int size_limit;      /* 0: none */
    struct address_rules rules;
};

/* Milliseconds of a clock that nobody sets. */
uint64_t ldap_walk_clock(void);

/*
 * Looks a key up, one that the templates take, until `deadline` on that clock. As
 * map_lookup_traced().
 */
enum answer ldap_walk(const struct ldap_plan *plan, const char *key, uint64_t deadline,
                      const struct map_trace *trace, struct arena *arena,
                      struct strlist *values_r, struct buf *error_r);

#endif
