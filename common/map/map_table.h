/* SPDX-License-Identifier: BSD-2-Clause */
/* map_table.h - a table in memory: what map_inline and map_file look their keys up in.
 */
#ifndef SENDAS_MAP_MAP_TABLE_H
#define SENDAS_MAP_MAP_TABLE_H

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/strlist.h"
#include "mail/address.h"
#include "map/map.h"

/*
 * Reading from several threads is safe while nobody adds. A zeroed struct is a valid
 * empty table.
 */
struct map_table {
    struct arena arena;
    struct hash hash; /* normalised key -> struct strlist */
    size_t entries;   /* how many were added, a key given twice counting twice */
};

void map_table_finish(struct map_table *table);

/*
 * Adds an entry as an admin writes it: the key is normalised as what the table is for
 * has them - an address, the name of a group, a domain -, the value split at commas and
 * blanks; the values of a key that stands there already are joined. The texts are
 * copied. false with "what is wrong" in *error_r: no such key, no value, and for alias
 * domains a value that is not one domain.
 */
bool map_table_add(struct map_table *table, enum map_use use, const char *key,
                   const char *value, const struct address_rules *rules,
                   struct buf *error_r);

/* As map_lookup(); the values are copied into `arena`. */
enum answer map_table_lookup(const struct map_table *table, const char *key,
                             struct arena *arena, struct strlist *values_r,
                             struct buf *error_r);

#endif
