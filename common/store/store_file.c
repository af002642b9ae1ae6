/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store_error.h"

static bool file_fail_errno(const char *path, struct buf *error_r)
{
    buf_addf(error_r, "%s: %s", path, strerror(errno));
    return false;
}

/* What a file in this directory should look like to its readers. */
static bool file_adopt(int fd, const char *path, unsigned mode)
{
    const char *slash = strrchr(path, '/');
    struct stat st;
    char *dir;
    int rc;

    if (fchmod(fd, mode) != 0)
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
static bool file_make(const char *path, unsigned mode, struct buf *error_r)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0)
        return errno == EEXIST || file_fail_errno(path, error_r);
    ok = file_adopt(fd, path, mode) || file_fail_errno(path, error_r);
    close(fd);
    if (!ok)
        unlink(path);
    return ok;
}

/* SQLite's own words for a missing file are poorer than these. */
static bool file_find(const char *path, struct buf *error_r)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return file_fail_errno(path, error_r);
    if (!S_ISREG(st.st_mode)) {
        buf_addf(error_r, "%s: not a regular file", path);
        return false;
    }
    return true;
}

static bool file_use_wal(struct store_file *file, struct buf *error_r)
{
    sqlite3_stmt *stmt;
    int keep = 1;
    bool ok;

    if (sqlite3_prepare_v2(file->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL) !=
        SQLITE_OK) {
        store_error(file->db, file->path, error_r);
        return false;
    }
    if (sqlite3_step(stmt) != SQLITE_ROW) {
        ok = false;
        store_error(file->db, file->path, error_r);
    } else {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);

        ok = mode != NULL && strcmp(mode, "wal") == 0;
        if (!ok)
            buf_addf(error_r, "%s: SQLite's WAL mode does not work on this file system",
                     file->path);
    }
    sqlite3_finalize(stmt);
    /* The -wal and -shm files stay: a reader who may not make them needs them there. */
    sqlite3_file_control(file->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    return ok;
}

/* Everything between the open file and the first statement. */
static bool file_prepare(struct store_file *file, enum store_mode mode,
                         const struct store_schema *schema, struct buf *error_r)
{
    int version;

    if (mode == STORE_READ)
        return store_schema_require(file->db, file->path, schema, error_r);
    if (!store_schema_check(file->db, file->path, schema, &version, error_r))
        return false;
    if (mode == STORE_WRITE && version == 0)
        return store_schema_require(file->db, file->path, schema, error_r);
    if (sqlite3_db_readonly(file->db, "main") == 1) {
        buf_addf(error_r, "%s: no permission to write", file->path);
        return false;
    }
    return file_use_wal(file, error_r) &&
           store_schema_migrate(file->db, file->path, schema, error_r);
}

char *store_file_name(const char *path)
{
    char *name = malloc(strlen(path) + sizeof("./"));

    if (name != NULL) {
        strcpy(name, path[0] == '/' ? "" : "./");
        strcat(name, path);
    }
    return name;
}

bool store_file_open(struct store_file *file, const char *path, enum store_mode mode,
                     unsigned busy_ms, const struct store_schema *schema,
                     struct buf *error_r)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);

    *file = (struct store_file){0};
    if (mode == STORE_CREATE && !file_make(path, schema->file_mode, error_r))
        return false;
    if (!file_find(path, error_r))
        return false;
    file->path = store_file_name(path);
    if (file->path == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return false;
    }
    if (sqlite3_open_v2(file->path, &file->db, flags, NULL) != SQLITE_OK) {
        store_file_fail(file, error_r);
        store_file_close(file);
        return false;
    }
    sqlite3_busy_timeout(file->db, (int)busy_ms);
    if (!file_prepare(file, mode, schema, error_r)) {
        store_file_close(file);
        return false;
    }
    return true;
}

void store_file_close(struct store_file *file)
{
    if (file->wrote) {
        /* Best effort: readers in the way make it wait for the next writer. */
        sqlite3_busy_timeout(file->db, 100);
        sqlite3_wal_checkpoint_v2(file->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                  NULL);
    }
    sqlite3_close(file->db);
    free(file->path);
    *file = (struct store_file){0};
}

bool store_file_fail(const struct store_file *file, struct buf *error_r)
{
    store_error(file->db, file->path, error_r);
    return false;
}

static bool file_exec(struct store_file *file, const char *sql, struct buf *error_r)
{
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           store_file_fail(file, error_r);
}

bool store_file_begin(struct store_file *file, struct buf *error_r)
{
    return file_exec(file, "BEGIN IMMEDIATE", error_r);
}

bool store_file_commit(struct store_file *file, struct buf *error_r)
{
    if (!file_exec(file, "COMMIT", error_r)) {
        store_file_rollback(file);
        return false;
    }
    file->wrote = true;
    return true;
}

void store_file_rollback(struct store_file *file)
{
    if (store_file_inside(file))
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
}

bool store_file_inside(const struct store_file *file)
{
    return !sqlite3_get_autocommit(file->db);
}
