/* SPDX-License-Identifier: BSD-2-Clause */
/* map_sql.h - a query template made into SQL with parameters, so that no key is ever
 * SQL. */
#ifndef SENDAS_MAP_MAP_SQL_H
#define SENDAS_MAP_MAP_SQL_H

#include "base/arena.h"
#include "base/buf.h"
#include "map/map_template.h"

struct map_sql {
    const char *text;            /* SQL with ?1, ?2, ... */
    struct map_template *params; /* what each of them is */
    size_t param_count;
};

/*
 * Takes a query template as in Postfix's SQL tables apart. Each quoted string that
 * holds an expansion becomes one parameter ('%u@%d' as a whole), and so does an
 * expansion outside of quotes (WHERE uid = %u). It is a value then, never a name and
 * never SQL. What needs an expansion to be something else - part of a name, something
 * in `...`, [...] or x'...' - is an error, as is a parameter of the query's own. All
 * lives in the arena. false with "what is wrong" in *error_r.
 */
bool map_sql_parse(struct map_sql *sql_r, const char *query,
                   struct map_template_needs *needs, struct arena *arena,
                   struct buf *error_r);

#endif
