/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_walk.h - all rows of one query on somebody else's SQLite file. */
#ifndef SENDAS_MAP_SQLITE_WALK_H
#define SENDAS_MAP_SQLITE_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What the query yields, from the first row on. */
struct sqlite_walk_visitor {
    /* The names of the columns, once before the first row; may be NULL. */
    bool (*columns)(const char *const *names, size_t count, void *arg);
    /* One row: texts, NULL for SQL's NULL, valid during the call. `holds_nul`: one of
     * them holds a NUL byte, at which it seems to end. */
    bool (*row)(const char *const *values, size_t count, bool holds_nul, void *arg);
    void *arg;
};

/*
 * Opens the file read-only, runs the query, visits the rows. A visitor that returns
 * false ends it, and has said why. false: a visitor did, or it failed, with one line in
 * *error_r.
 */
bool sqlite_walk(const char *path, const char *sql,
                 const struct sqlite_walk_visitor *visitor, struct buf *error_r);

#endif
