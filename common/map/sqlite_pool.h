/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_pool.h - a query or a few on one SQLite file, asked by many threads. */
#ifndef SENDAS_MAP_SQLITE_POOL_H
#define SENDAS_MAP_SQLITE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "store/read_pool.h"

struct sqlite_pool;

/* Looks at a new connection before its first query. false with one line in *error_r. */
typedef read_pool_check sqlite_pool_check;

/*
 * A few read-only connections to the database at `path`, each with `sql` prepared and
 * kept. Nothing is opened before the first query, so nothing here fails for want of the
 * file and nothing crosses a fork() that comes earlier. `check` may be NULL; path and
 * sql are copied. NULL: out of memory.
 */
struct sqlite_pool *sqlite_pool_create(const char *path, const char *sql,
                                       sqlite_pool_check *check);

/* What sqlite_pool_create() sets up, without its query. */
struct read_pool_plan sqlite_pool_plan(const char *path, sqlite_pool_check *check);

/* The same with several queries and other numbers of connections and bounds. */
struct sqlite_pool *sqlite_pool_create_as(const struct read_pool_plan *plan);

/* NULL is allowed. Nobody may be using it. */
void sqlite_pool_destroy(struct sqlite_pool *pool);

/*
 * Called for each row whose first column is not NULL: that column as text, valid during
 * the call. false stops the query, which is a failure whose reason the callback has put
 * into the *error_r of sqlite_pool_query().
 */
typedef bool sqlite_pool_row(const char *text, void *arg);

/*
 * Runs the query with `params` as its texts ?1, ?2, ... (those that the statement has
 * not are left out). true: it ran to its end. false: it did not, with one line in
 * *error_r - file missing, unreadable, not a database, locked for over a second, wrong
 * SQL, a value that holds a NUL - and what the rows before said counts for nothing. A
 * file that was replaced by another under the same name since the last query is opened
 * anew. Safe from any thread.
 */
bool sqlite_pool_query(struct sqlite_pool *pool, const char *const *params,
                       size_t param_count, sqlite_pool_row *row, void *arg,
                       struct buf *error_r);

/* The same with the plan's query of that number. */
bool sqlite_pool_query_as(struct sqlite_pool *pool, size_t number,
                          const char *const *params, size_t param_count,
                          sqlite_pool_row *row, void *arg, struct buf *error_r);

#endif
