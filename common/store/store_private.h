/* SPDX-License-Identifier: BSD-2-Clause */
/* store_private.h - the open grants file, for the files of this folder alone. */
#ifndef SENDAS_STORE_STORE_PRIVATE_H
#define SENDAS_STORE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "store/store.h"
#include "store/store_file.h"

/* The seconds since 1970, in SQL. */
#define STORE_NOW "CAST(strftime('%s', 'now') AS INTEGER)"

/* The statements that change something, each prepared at first use and kept for the
 * thousands that follow. */
enum store_change {
    STORE_GRANT,
    STORE_REVOKE,
    STORE_MEMBER_ADD,
    STORE_MEMBER_REMOVE,
    STORE_GROUP_DELETE,
    STORE_CHANGES
};

struct store {
    struct store_file file;
    sqlite3_stmt *changes[STORE_CHANGES];
};

/* The statement, ready to be bound. NULL with one line in *error_r. */
sqlite3_stmt *store_change_prepare(struct store *store, enum store_change change,
                                   const char *sql, struct buf *error_r);

/* Runs what store_change_prepare() gave, bound (`bound`: all of it went well):
 * ANSWER_YES if a row was changed. */
enum answer store_change_run(struct store *store, sqlite3_stmt *stmt, bool bound,
                             struct buf *error_r);

/* Prepares a query whose ?1 and ?2 are the texts, where they are not NULL. NULL with
 * one line in *error_r. */
sqlite3_stmt *store_query_prepare(struct store *store, const char *sql,
                                  const char *first, const char *second,
                                  struct buf *error_r);

/* Ends it: `rc` is what its last step returned. false with one line in *error_r. */
bool store_query_end(struct store *store, sqlite3_stmt *stmt, int rc,
                     struct buf *error_r);

#endif
