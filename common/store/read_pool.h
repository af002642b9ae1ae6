/* SPDX-License-Identifier: BSD-2-Clause */
/* read_pool.h - a few read-only connections to one SQLite file, lent to many threads.
 */
#ifndef SENDAS_STORE_READ_POOL_H
#define SENDAS_STORE_READ_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/pool.h"

struct sqlite3; /* so that whoever includes this needs no sqlite3.h */
struct sqlite3_stmt;
struct read_pool;

enum { READ_POOL_STATEMENTS = 10 };

/* Looks at a new connection before its first query. false with one line in *error_r. */
typedef bool read_pool_check(struct sqlite3 *db, const char *path, struct buf *error_r);

/* What is to be read, and how long anybody may wait for it. */
struct read_pool_plan {
    const char *path;
    const char *const *sql; /* each is prepared and kept */
    size_t sql_count;       /* at most READ_POOL_STATEMENTS */
    read_pool_check *check; /* NULL: nothing to check */
    size_t connections;
    unsigned busy_ms;   /* for a database locked by a writer */
    unsigned wait_ms;   /* for a connection, when all wait for a locked database */
    unsigned cache_kib; /* page cache of each; 0: little, the kernel caches the file */
};

/* A connection on loan. */
struct read_conn {
    struct sqlite3 *db;
    struct sqlite3_stmt *stmts[READ_POOL_STATEMENTS]; /* as in sql[] */
};

/*
 * Nothing is opened before the first loan, so nothing here fails for want of the file
 * and nothing crosses a fork() that comes earlier. Path and SQL are copied. NULL: out
 * of memory.
 */
struct read_pool *read_pool_create(const struct read_pool_plan *plan);

/* NULL is allowed. Nobody may be using it. */
void read_pool_destroy(struct read_pool *pool);

/* The file, as messages name it. */
const char *read_pool_path(const struct read_pool *pool);

/*
 * A connection to the file that has the name now: one that was replaced by another
 * since the last loan is opened anew. Safe from any thread. NULL with one line in
 * *error_r.
 */
struct read_conn *read_pool_take(struct read_pool *pool, struct buf *error_r);

/* Gives it back: statements reset, bindings cleared, no transaction open. */
void read_pool_give(struct read_pool *pool, struct read_conn *conn,
                    enum pool_health health);

/*
 * Puts what SQLite says of the connection's last call, which failed, into *error_r, and
 * returns how the connection is to be given back: a lock is nobody's fault, after
 * anything else a new connection is safer.
 */
enum pool_health read_pool_blame(const struct read_pool *pool,
                                 const struct read_conn *conn, struct buf *error_r);

#endif
