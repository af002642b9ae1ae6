/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/sqlite_pool.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/read_pool.h"

enum {
    POOL_HANDLES = 4,    /* queries take microseconds: few suffice for many threads */
    POOL_BUSY_MS = 1500, /* for a database locked by a writer */
    POOL_WAIT_MS = 2000  /* for a handle, when all wait for a locked database */
};

struct sqlite_pool {
    struct read_pool *conns;
};

struct read_pool_plan sqlite_pool_plan(const char *path, sqlite_pool_check *check)
{
    return (struct read_pool_plan){.path = path,
                                   .check = check,
                                   .connections = POOL_HANDLES,
                                   .busy_ms = POOL_BUSY_MS,
                                   .wait_ms = POOL_WAIT_MS};
}

struct sqlite_pool *sqlite_pool_create(const char *path, const char *sql,
                                       sqlite_pool_check *check)
{
    struct read_pool_plan plan = sqlite_pool_plan(path, check);

    plan.sql = &sql;
    plan.sql_count = 1;
    return sqlite_pool_create_as(&plan);
}

struct sqlite_pool *sqlite_pool_create_as(const struct read_pool_plan *plan)
{
    struct sqlite_pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL)
        return NULL;
    pool->conns = read_pool_create(plan);
    if (pool->conns == NULL) {
        free(pool);
        return NULL;
    }
    return pool;
}

void sqlite_pool_destroy(struct sqlite_pool *pool)
{
    if (pool == NULL)
        return;
    read_pool_destroy(pool->conns);
    free(pool);
}

/* Binds the parameters; SQLITE_OK or what went wrong. */
static int pool_bind(sqlite3_stmt *stmt, const char *const *params, size_t param_count)
{
    size_t wanted = (size_t)sqlite3_bind_parameter_count(stmt);
    int rc = SQLITE_OK;

    for (size_t i = 0; i < param_count && i < wanted && rc == SQLITE_OK; i++)
        rc = sqlite3_bind_text(stmt, (int)i + 1, params[i], -1, SQLITE_STATIC);
    return rc;
}

/* How a walk over the rows ended. */
enum walk { WALK_DONE, WALK_STOPPED, WALK_FAILED };

static enum walk pool_walk(const struct sqlite_pool *pool, sqlite3_stmt *stmt,
                           sqlite_pool_row *row, void *arg, struct buf *error_r)
{
    int rc;

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text;

        if (sqlite3_column_count(stmt) == 0 ||
            sqlite3_column_type(stmt, 0) == SQLITE_NULL)
            continue;
        text = (const char *)sqlite3_column_text(stmt, 0);
        if (text == NULL)
            return WALK_FAILED;
        /* Cut at the NUL, the value could be the name of somebody else. */
        if (strlen(text) != (size_t)sqlite3_column_bytes(stmt, 0)) {
            buf_addf(error_r, "%s: a value holds a NUL byte",
                     read_pool_path(pool->conns));
            return WALK_STOPPED;
        }
        if (!row(text, arg))
            return WALK_STOPPED;
    }
    return rc == SQLITE_DONE ? WALK_DONE : WALK_FAILED;
}

bool sqlite_pool_query(struct sqlite_pool *pool, const char *const *params,
                       size_t param_count, sqlite_pool_row *row, void *arg,
                       struct buf *error_r)
{
    return sqlite_pool_query_as(pool, 0, params, param_count, row, arg, error_r);
}

bool sqlite_pool_query_as(struct sqlite_pool *pool, size_t number,
                          const char *const *params, size_t param_count,
                          sqlite_pool_row *row, void *arg, struct buf *error_r)
{
    struct read_conn *conn = read_pool_take(pool->conns, error_r);
    enum pool_health health = POOL_GOOD;
    enum walk walk = WALK_FAILED;

    if (conn == NULL)
        return false;
    if (pool_bind(conn->stmts[number], params, param_count) == SQLITE_OK)
        walk = pool_walk(pool, conn->stmts[number], row, arg, error_r);
    if (walk == WALK_FAILED)
        health = read_pool_blame(pool->conns, conn, error_r);
    read_pool_give(pool->conns, conn, health);
    return walk == WALK_DONE;
}
