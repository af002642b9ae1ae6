/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store_error.h"
#include "store/store_private.h"
#include "store/store_schema.h"

/* How long to wait for another writer: an import of a million rows takes seconds. */
enum { STORE_BUSY_MS = 10000 };

static bool store_fail_errno(const char *path, struct buf *error_r)
{
    buf_addf(error_r, "%s: %s", path, strerror(errno));
    return false;
}

/* What a file in this directory should look like to its readers. */
static bool store_adopt(int fd, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;
    char *dir;
    int rc;

    if (fchmod(fd, 0640) != 0)
        return false;
    if (geteuid() != 0)
        return true;
    dir = slash == NULL   ? strdup(".")
          : slash == path ? strdup("/")
                          : strndup(path, (size_t)(slash - path));
    if (dir == NULL)
        return false;
    rc = stat(dir, &st);
    free(dir);
    return rc == 0 && fchown(fd, st.st_uid, st.st_gid) == 0;
}

/* Makes the file, empty, if it is not there. */
static bool store_make_file(const char *path, struct buf *error_r)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0)
        return errno == EEXIST || store_fail_errno(path, error_r);
    ok = store_adopt(fd, path) || store_fail_errno(path, error_r);
    close(fd);
    if (!ok)
        unlink(path);
    return ok;
}

/* SQLite's own words for a missing file are poorer than these. */
static bool store_find_file(const char *path, struct buf *error_r)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return store_fail_errno(path, error_r);
    if (!S_ISREG(st.st_mode)) {
        buf_addf(error_r, "%s: not a regular file", path);
        return false;
    }
    return true;
}

static bool store_use_wal(struct store *store, struct buf *error_r)
{
    sqlite3_stmt *stmt;
    int keep = 1;
    bool ok;

    if (sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL) !=
        SQLITE_OK) {
        store_error(store->db, store->path, error_r);
        return false;
    }
    if (sqlite3_step(stmt) != SQLITE_ROW) {
        ok = false;
        store_error(store->db, store->path, error_r);
    } else {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);

        ok = mode != NULL && strcmp(mode, "wal") == 0;
        if (!ok)
            buf_addf(error_r, "%s: SQLite's WAL mode does not work on this file system",
                     store->path);
    }
    sqlite3_finalize(stmt);
    /* The -wal and -shm files stay: a reader who may not make them needs them there. */
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    return ok;
}

/* Everything between the open file and the first statement. */
static bool store_prepare(struct store *store, enum store_mode mode,
                          struct buf *error_r)
{
    int version;

    sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
    if (mode == STORE_READ)
        return store_schema_require(store->db, store->path, &store_schema, error_r);
    if (!store_schema_check(store->db, store->path, &store_schema, &version, error_r))
        return false;
    if (mode == STORE_WRITE && version == 0)
        return store_schema_require(store->db, store->path, &store_schema, error_r);
    if (sqlite3_db_readonly(store->db, "main") == 1) {
        buf_addf(error_r, "%s: no permission to write", store->path);
        return false;
    }
    return store_use_wal(store, error_r) &&
           store_schema_migrate(store->db, store->path, &store_schema, error_r);
}

struct store *store_open(const char *path, enum store_mode mode, struct buf *error_r)
{
    /* A name such as ":memory:" or "file:x" is a file's name here, like any other. */
    const char *prefix = path[0] == '/' ? "" : "./";
    size_t size = strlen(prefix) + strlen(path) + 1;
    int flags = SQLITE_OPEN_NOMUTEX |
                (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    struct store *store;

    if (mode == STORE_CREATE && !store_make_file(path, error_r))
        return NULL;
    if (!store_find_file(path, error_r))
        return NULL;
    store = calloc(1, sizeof(*store) + size);
    if (store == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return NULL;
    }
    memcpy(store->path, prefix, strlen(prefix));
    memcpy(store->path + strlen(prefix), path, strlen(path));
    if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK) {
        store_error(store->db, store->path, error_r);
        store_close(store);
        return NULL;
    }
    if (!store_prepare(store, mode, error_r)) {
        store_close(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    sqlite3_finalize(store->grant);
    sqlite3_finalize(store->revoke);
    if (store->wrote) {
        /* Best effort: readers in the way make it wait for the next writer. */
        sqlite3_busy_timeout(store->db, 100);
        sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                  NULL);
    }
    sqlite3_close(store->db);
    free(store);
}

static bool store_exec(struct store *store, const char *sql, struct buf *error_r)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    store_error(store->db, store->path, error_r);
    return false;
}

bool store_begin(struct store *store, struct buf *error_r)
{
    return store_exec(store, "BEGIN IMMEDIATE", error_r);
}

bool store_commit(struct store *store, struct buf *error_r)
{
    if (!store_exec(store, "COMMIT", error_r)) {
        store_rollback(store);
        return false;
    }
    store->wrote = true;
    return true;
}

void store_rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}
