/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/sqlite_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/pool.h"
#include "store/store_error.h"

enum {
    POOL_HANDLES = 4,     /* queries take microseconds: few suffice for many threads */
    POOL_CACHE_KIB = 128, /* page cache of each; the kernel caches the file anyway */
    POOL_BUSY_MS = 1500,  /* for a database locked by a writer */
    POOL_WAIT_MS = 2000,  /* for a handle, when all wait for a locked database */
    POOL_REOPENS = 4      /* a file replaced over and over is given up */
};

/* The file behind a name. */
struct file_id {
    dev_t dev;
    ino_t ino;
};

/* One connection, or, when db is NULL, the reason why there is none. */
struct handle {
    sqlite3 *db;
    sqlite3_stmt *stmt;
    struct file_id file;
    bool used; /* it was lent before, so its file may have gone since */
    struct buf error;
};

struct sqlite_pool {
    struct pool *handles;
    sqlite_pool_check *check;
    char *sql;
    char *path;
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
    sqlite3_finalize(handle->stmt);
    sqlite3_close(handle->db);
    handle->stmt = NULL;
    handle->db = NULL;
}

static bool handle_prepare(struct handle *handle, const struct sqlite_pool *pool)
{
    struct buf pragma = BUF_INIT;
    int rc;

    sqlite3_busy_timeout(handle->db, POOL_BUSY_MS);
    /* 120 KiB each to make preparing faster, which happens once. */
    sqlite3_db_config(handle->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    buf_addf(&pragma, "PRAGMA cache_size = -%d", POOL_CACHE_KIB);
    rc = pragma.failed ? SQLITE_NOMEM
                       : sqlite3_exec(handle->db, buf_str(&pragma), NULL, NULL, NULL);
    buf_finish(&pragma);
    if (rc == SQLITE_OK && pool->check != NULL &&
        !pool->check(handle->db, pool->path, &handle->error))
        return false;
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v3(handle->db, pool->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &handle->stmt, NULL);
    if (rc != SQLITE_OK) {
        store_error(handle->db, pool->path, &handle->error);
        return false;
    }
    if (handle->stmt == NULL)
        buf_addf(&handle->error, "%s: the query is empty", pool->path);
    return handle->stmt != NULL;
}

/* Opens the database and makes sure which file it is that was opened. */
static bool handle_open(struct handle *handle, const struct sqlite_pool *pool)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    struct file_id after;

    for (int i = 0; i < POOL_REOPENS; i++) {
        if (!file_identify(pool->path, &handle->file)) {
            buf_addf(&handle->error, "%s: %s", pool->path, strerror(errno));
            return false;
        }
        if (sqlite3_open_v2(pool->path, &handle->db, flags, NULL) != SQLITE_OK) {
            store_error(handle->db, pool->path, &handle->error);
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

struct sqlite_pool *sqlite_pool_create(const char *path, const char *sql,
                                       sqlite_pool_check *check)
{
    struct sqlite_pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL)
        return NULL;
    pool->check = check;
    pool->sql = strdup(sql);
    /* A name such as ":memory:" or "file:x" is a file's name here, like any other. */
    pool->path = malloc(strlen(path) + sizeof("./"));
    if (pool->path != NULL) {
        strcpy(pool->path, path[0] == '/' ? "" : "./");
        strcat(pool->path, path);
    }
    pool->handles = pool_create(&handle_class, pool, POOL_HANDLES);
    if (pool->sql == NULL || pool->path == NULL || pool->handles == NULL) {
        sqlite_pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void sqlite_pool_destroy(struct sqlite_pool *pool)
{
    if (pool == NULL)
        return;
    pool_destroy(pool->handles);
    free(pool->path);
    free(pool->sql);
    free(pool);
}

/* A handle on the file that has the name now. NULL with one line in *error_r. */
static struct handle *pool_take(struct sqlite_pool *pool, struct buf *error_r)
{
    struct file_id now;
    struct handle *handle;

    for (int i = 0; i < POOL_REOPENS; i++) {
        handle = pool_borrow(pool->handles, POOL_WAIT_MS);
        if (handle == NULL) {
            buf_addf(error_r, "%s: all %d connections are busy", pool->path,
                     POOL_HANDLES);
            return NULL;
        }
        if (handle->db == NULL) {
            buf_adds(error_r, buf_str(&handle->error));
            pool_return(pool->handles, handle, POOL_BROKEN);
            return NULL;
        }
        if (!handle->used) {
            handle->used = true;
            return handle;
        }
        if (!file_identify(pool->path, &now)) {
            buf_addf(error_r, "%s: %s", pool->path, strerror(errno));
            pool_return(pool->handles, handle, POOL_BROKEN);
            return NULL;
        }
        if (file_same(&handle->file, &now))
            return handle;
        pool_flush(pool->handles);
        pool_return(pool->handles, handle, POOL_BROKEN);
    }
    buf_addf(error_r, "%s: is replaced all the time", pool->path);
    return NULL;
}

/* Binds the parameters; SQLITE_OK or what went wrong. */
static int handle_bind(struct handle *handle, const char *const *params,
                       size_t param_count)
{
    size_t wanted = (size_t)sqlite3_bind_parameter_count(handle->stmt);
    int rc = SQLITE_OK;

    for (size_t i = 0; i < param_count && i < wanted && rc == SQLITE_OK; i++)
        rc = sqlite3_bind_text(handle->stmt, (int)i + 1, params[i], -1, SQLITE_STATIC);
    return rc;
}

/* How a walk over the rows ended. */
enum walk { WALK_DONE, WALK_STOPPED, WALK_FAILED };

static enum walk handle_walk(struct handle *handle, const struct sqlite_pool *pool,
                             sqlite_pool_row *row, void *arg, struct buf *error_r)
{
    sqlite3_stmt *stmt = handle->stmt;
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
            buf_addf(error_r, "%s: a value holds a NUL byte", pool->path);
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
    struct handle *handle = pool_take(pool, error_r);
    enum pool_health health = POOL_GOOD;
    enum walk walk = WALK_FAILED;

    if (handle == NULL)
        return false;
    if (handle_bind(handle, params, param_count) == SQLITE_OK)
        walk = handle_walk(handle, pool, row, arg, error_r);
    if (walk == WALK_FAILED) {
        store_error(handle->db, pool->path, error_r);
        /* A lock is nobody's fault; after anything else a new connection is safer. */
        if (sqlite3_errcode(handle->db) != SQLITE_BUSY)
            health = POOL_BROKEN;
    }
    sqlite3_reset(handle->stmt);
    sqlite3_clear_bindings(handle->stmt);
    pool_return(pool->handles, handle, health);
    return walk == WALK_DONE;
}
