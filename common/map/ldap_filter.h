/* SPDX-License-Identifier: BSD-2-Clause */
/* ldap_filter.h - a search filter with % expansions, made into a tree, so that no key
 * ever changes its shape. */
#ifndef SENDAS_MAP_LDAP_FILTER_H
#define SENDAS_MAP_LDAP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "map/ldap_name.h"
#include "map/map_template.h"

enum ldap_filter_kind {
    LDAP_FILTER_AND, /* of the children */
    LDAP_FILTER_OR,
    LDAP_FILTER_NOT,
    LDAP_FILTER_EQUAL,     /* one part */
    LDAP_FILTER_SUBSTRING, /* two parts and more, a "*" between each two */
    LDAP_FILTER_PRESENT,   /* "*" */
    LDAP_FILTER_OTHER      /* one part; an order, or a rule that the server knows */
};

struct ldap_filter {
    enum ldap_filter_kind kind;
    struct ldap_filter *children;
    struct ldap_filter *next;   /* child of the same parent */
    const char *attribute;      /* with its options; "" where only a rule is named */
    const char *comparison;     /* "=", "~=", ":caseExactMatch:=", ... */
    struct map_template *parts; /* of the value, without any escaping */
    size_t part_count;
    struct ldap_name *name; /* the value is a distinguished name; else NULL */
    bool judged;            /* it has an expansion, and what it says can be checked
                               on an entry's values */
};

/*
 * Parses a filter (RFC 4515), with or without the outer parentheses as libldap takes
 * it, and adds to *needs what its expansions need. Values alone can have expansions,
 * and neither an order (>=, <=) nor what follows a backslash. All lives in the arena.
 * NULL with "what is wrong" in *error_r.
 */
struct ldap_filter *ldap_filter_parse(const char *text, enum map_template_use use,
                                      struct map_template_needs *needs,
                                      struct arena *arena, struct buf *error_r);

/* Has any assertion an expansion that is judged? */
bool ldap_filter_judged(const struct ldap_filter *filter);

/*
 * Appends the filter for a key, and for a value if its expansions are those of a result
 * (NULL if not); both are ones that were taken (map_template.h).
 */
void ldap_filter_format(const struct ldap_filter *filter, const char *key,
                        const char *value, struct buf *out);

#endif
