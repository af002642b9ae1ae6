/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/read_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "store/store_error.h"
#include "store/store_file.h"

enum {
    POOL_CACHE_KIB = 128, /* where the plan names no other */
    POOL_REOPENS = 4      /* a file replaced over and over is given up */
};

/* The file behind a name. */
struct file_id {
    dev_t dev;
    ino_t ino;
};

/* One connection, or, when conn.db is NULL, the reason why there is none. */
struct handle {
    struct read_conn conn; /* first: what is lent is the address of it */
    struct file_id file;
    bool used; /* it was lent before, so its file may have gone since */
    struct buf error;
};

struct read_pool {
    struct pool *handles;
    struct read_pool_plan plan;
    char *path;
    char *sql[READ_POOL_STATEMENTS];
};

/* By stat() alone: opening and closing the file would drop SQLite's own POSIX locks. */
static bool file_identify(const char *path, struct file_id *id_r)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    id_r->dev = st.st_dev;
    id_r->ino = st.st_ino;
    return true;
}

static bool file_same(const struct file_id *a, const struct file_id *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

static void handle_close(struct handle *handle)
{
    for (size_t i = 0; i < READ_POOL_STATEMENTS; i++) {
        sqlite3_finalize(handle->conn.stmts[i]);
        handle->conn.stmts[i] = NULL;
    }
    sqlite3_close(handle->conn.db);
    handle->conn.db = NULL;
}

static int handle_configure(struct handle *handle, const struct read_pool *pool)
{
    struct buf pragma = BUF_INIT;
    int rc;

    sqlite3_busy_timeout(handle->conn.db, (int)pool->plan.busy_ms);
    /* 120 KiB each to make preparing faster, which happens once. */
    sqlite3_db_config(handle->conn.db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    buf_addf(&pragma, "PRAGMA cache_size = -%u",
             pool->plan.cache_kib != 0 ? pool->plan.cache_kib : POOL_CACHE_KIB);
    rc = pragma.failed
             ? SQLITE_NOMEM
             : sqlite3_exec(handle->conn.db, buf_str(&pragma), NULL, NULL, NULL);
    buf_finish(&pragma);
    return rc;
}

static bool handle_prepare(struct handle *handle, const struct read_pool *pool)
{
    int rc = handle_configure(handle, pool);

    if (rc == SQLITE_OK && pool->plan.check != NULL &&
        !pool->plan.check(handle->conn.db, pool->path, &handle->error))
        return false;
    for (size_t i = 0; i < pool->plan.sql_count && rc == SQLITE_OK; i++) {
        rc =
            sqlite3_prepare_v3(handle->conn.db, pool->sql[i], -1,
                               SQLITE_PREPARE_PERSISTENT, &handle->conn.stmts[i], NULL);
        if (rc == SQLITE_OK && handle->conn.stmts[i] == NULL) {
            buf_addf(&handle->error, "%s: the query is empty", pool->path);
            return false;
        }
    }
    if (rc != SQLITE_OK)
        store_error(handle->conn.db, pool->path, &handle->error);
    return rc == SQLITE_OK;
}

/* Opens the database and makes sure which file it is that was opened. */
static bool handle_open(struct handle *handle, const struct read_pool *pool)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    struct file_id after;

    for (int i = 0; i < POOL_REOPENS; i++) {
        if (!file_identify(pool->path, &handle->file)) {
            buf_addf(&handle->error, "%s: %s", pool->path, strerror(errno));
            return false;
        }
        if (sqlite3_open_v2(pool->path, &handle->conn.db, flags, NULL) != SQLITE_OK) {
            store_error(handle->conn.db, pool->path, &handle->error);
            return false;
        }
        if (file_identify(pool->path, &after) && file_same(&handle->file, &after))
            return handle_prepare(handle, pool);
        handle_close(handle);
    }
    buf_addf(&handle->error, "%s: is replaced all the time", pool->path);
    return false;
}

/* For base/pool: a handle even for a failure, to carry the reason to the borrower. */
static void *handle_make(void *arg)
{
    struct handle *handle = calloc(1, sizeof(*handle));

    if (handle != NULL && !handle_open(handle, arg))
        handle_close(handle);
    return handle;
}

static void handle_destroy(void *arg)
{
    struct handle *handle = arg;

    handle_close(handle);
    buf_finish(&handle->error);
    free(handle);
}

static const struct pool_class handle_class = {
    .make = handle_make,
    .destroy = handle_destroy,
};

struct read_pool *read_pool_create(const struct read_pool_plan *plan)
{
    struct read_pool *pool = calloc(1, sizeof(*pool));
    bool ok;

    if (pool == NULL)
        return NULL;
    pool->plan = *plan;
    pool->path = store_file_name(plan->path);
    pool->handles = pool_create(&handle_class, pool, plan->connections);
    ok = pool->path != NULL && pool->handles != NULL;
    for (size_t i = 0; i < plan->sql_count && ok; i++) {
        pool->sql[i] = strdup(plan->sql[i]);
        ok = pool->sql[i] != NULL;
    }
    if (!ok) {
        read_pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void read_pool_destroy(struct read_pool *pool)
{
    if (pool == NULL)
        return;
    pool_destroy(pool->handles);
    for (size_t i = 0; i < READ_POOL_STATEMENTS; i++)
        free(pool->sql[i]);
    free(pool->path);
    free(pool);
}

const char *read_pool_path(const struct read_pool *pool)
{
    return pool->path;
}

struct read_conn *read_pool_take(struct read_pool *pool, struct buf *error_r)
{
    struct file_id now;
    struct handle *handle;

    for (int i = 0; i < POOL_REOPENS; i++) {
        handle = pool_borrow(pool->handles, pool->plan.wait_ms);
        if (handle == NULL) {
            buf_addf(error_r, "%s: all %zu connections are busy", pool->path,
                     pool->plan.connections);
            return NULL;
        }
        if (handle->conn.db == NULL) {
            buf_adds(error_r, buf_str(&handle->error));
            pool_return(pool->handles, handle, POOL_BROKEN);
            return NULL;
        }
        if (!handle->used) {
            handle->used = true;
            return &handle->conn;
        }
        if (!file_identify(pool->path, &now)) {
            buf_addf(error_r, "%s: %s", pool->path, strerror(errno));
            pool_return(pool->handles, handle, POOL_BROKEN);
            return NULL;
        }
        if (file_same(&handle->file, &now))
            return &handle->conn;
        pool_flush(pool->handles);
        pool_return(pool->handles, handle, POOL_BROKEN);
    }
    buf_addf(error_r, "%s: is replaced all the time", pool->path);
    return NULL;
}

void read_pool_give(struct read_pool *pool, struct read_conn *conn,
                    enum pool_health health)
{
    for (size_t i = 0; i < pool->plan.sql_count; i++) {
        sqlite3_reset(conn->stmts[i]);
        sqlite3_clear_bindings(conn->stmts[i]);
    }
    if (!sqlite3_get_autocommit(conn->db) &&
        sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        health = POOL_BROKEN;
    pool_return(pool->handles, conn, health);
}

enum pool_health read_pool_blame(const struct read_pool *pool,
                                 const struct read_conn *conn, struct buf *error_r)
{
    store_error(conn->db, pool->path, error_r);
    return (sqlite3_errcode(conn->db) & 0xff) == SQLITE_BUSY ? POOL_GOOD : POOL_BROKEN;
}
