/* SPDX-License-Identifier: BSD-2-Clause */
/* store_file.h - a database file of ours that is open: made, checked, WAL, changed. */
#ifndef SENDAS_STORE_STORE_FILE_H
#define SENDAS_STORE_STORE_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/store_schema.h"

enum store_mode {
    STORE_CREATE, /* make the file and the schema if they are not there; refuse a
                     foreign one */
    STORE_WRITE,  /* must exist; an older schema is migrated */
    STORE_READ    /* must exist; never writes */
};

/* A zeroed struct is a closed file. */
struct store_file {
    struct sqlite3 *db;
    char *path;
    bool wrote; /* something was committed, so the WAL is worth a checkpoint */
};

/* How long to wait for another writer: an import of a million rows takes seconds. */
enum { STORE_BUSY_MS = 10000 };

/*
 * Opens the file: WAL, a busy timeout, application id and schema version
 * checked, and brought up to date unless it is only read. A newer schema than this
 * program knows is refused. false with one line in *error_r; the file is closed then.
 * Used by one thread at a time, and not across fork().
 *
 * A file made here has the mode that the schema says; made by root, it belongs to the
 * owner and the group of its directory. SQLite gives its -wal and -shm files the mode
 * and, as root, the owner of the main file, and they stay when a writer is done. So a
 * reader without privileges gets along whether it owns the directory or (mode 0640) may
 * only read there by its group.
 */
bool store_file_open(struct store_file *file, const char *path, enum store_mode mode,
                     unsigned busy_ms, const struct store_schema *schema,
                     struct buf *error_r);

/* Closes the file, rolling back what was not committed. All statements are finalized
 * before. A closed file is allowed. */
void store_file_close(struct store_file *file);

/* Adds what SQLite says of the last call that failed; false, to be returned. */
bool store_file_fail(const struct store_file *file, struct buf *error_r);

/* Everything between begin and commit happens together or, after rollback, not at all.
 */
bool store_file_begin(struct store_file *file, struct buf *error_r);
bool store_file_commit(struct store_file *file, struct buf *error_r);
void store_file_rollback(struct store_file *file);

/*
 * The path in a form in which SQLite takes ":memory:", "file:x" and the like for a
 * file's name as any other. NULL: out of memory; else the caller frees it.
 */
char *store_file_name(const char *path);

/* Is a transaction open? */
bool store_file_inside(const struct store_file *file);

#endif
