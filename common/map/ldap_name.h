/* SPDX-License-Identifier: BSD-2-Clause */
/* ldap_name.h - a distinguished name with % expansions in it. */
#ifndef SENDAS_MAP_LDAP_NAME_H
#define SENDAS_MAP_LDAP_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "map/map_template.h"

/* Which of the values in the name hold an expansion. */
struct ldap_name {
    const struct map_template *template;
    bool *expanded; /* by the order of the text */
    size_t count;
    size_t rdns;
};

/*
 * Looks for the expansions of a template, which must outlive the result. NULL: it makes
 * no distinguished name, or has an expansion outside of the values, or memory ran out
 * (arena->failed).
 */
struct ldap_name *ldap_name_create(const struct map_template *template,
                                   struct arena *arena);

/* Appends the name for a key; what is put in is escaped (RFC 4514 2.4). */
void ldap_name_format(const struct map_template *template, const char *key,
                      struct buf *out);

/* Compares a value of the key's with one of the directory's. */
typedef bool ldap_name_same(const char *wanted, const char *value, size_t len,
                            void *arg);

/*
 * Is the directory's name `dn` the same as that for the key, or (`below`) the same or
 * one below it, as to the values that hold an expansion? The directory has compared the
 * others. false also when memory runs out (arena->failed).
 */
bool ldap_name_matches(const struct ldap_name *name, const char *key, const char *dn,
                       bool below, ldap_name_same *same, void *arg,
                       struct arena *arena);

#endif
