/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store.h"

#include <stdlib.h>

#include "store/store_private.h"
#include "store/store_schema.h"

struct store *store_open(const char *path, enum store_mode mode, struct buf *error_r)
{
    struct store *store = calloc(1, sizeof(*store));

    if (store == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return NULL;
    }
    if (!store_file_open(&store->file, path, mode, STORE_BUSY_MS, &store_schema,
                         error_r)) {
        free(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < STORE_CHANGES; i++)
        sqlite3_finalize(store->changes[i]);
    store_file_close(&store->file);
    free(store);
}

bool store_begin(struct store *store, struct buf *error_r)
{
    return store_file_begin(&store->file, error_r);
}

bool store_commit(struct store *store, struct buf *error_r)
{
    return store_file_commit(&store->file, error_r);
}

void store_rollback(struct store *store)
{
    store_file_rollback(&store->file);
}

sqlite3_stmt *store_change_prepare(struct store *store, enum store_change change,
                                   const char *sql, struct buf *error_r)
{
    sqlite3_stmt **stmt = &store->changes[change];

    if (*stmt == NULL &&
        sqlite3_prepare_v2(store->file.db, sql, -1, stmt, NULL) != SQLITE_OK)
        store_file_fail(&store->file, error_r);
    return *stmt;
}

enum answer store_change_run(struct store *store, sqlite3_stmt *stmt, bool bound,
                             struct buf *error_r)
{
    enum answer answer = ANSWER_UNKNOWN;

    if (bound && sqlite3_step(stmt) == SQLITE_DONE)
        answer = sqlite3_changes(store->file.db) != 0 ? ANSWER_YES : ANSWER_NO;
    else
        store_file_fail(&store->file, error_r);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    if (answer == ANSWER_YES && sqlite3_get_autocommit(store->file.db))
        store->file.wrote = true;
    return answer;
}

sqlite3_stmt *store_query_prepare(struct store *store, const char *sql,
                                  const char *first, const char *second,
                                  struct buf *error_r)
{
    sqlite3_stmt *stmt;

    if (sqlite3_prepare_v2(store->file.db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        (first == NULL ||
         sqlite3_bind_text(stmt, 1, first, -1, SQLITE_STATIC) == SQLITE_OK) &&
        (second == NULL ||
         sqlite3_bind_text(stmt, 2, second, -1, SQLITE_STATIC) == SQLITE_OK))
        return stmt;
    store_file_fail(&store->file, error_r);
    sqlite3_finalize(stmt);
    return NULL;
}

bool store_query_end(struct store *store, sqlite3_stmt *stmt, int rc,
                     struct buf *error_r)
{
    if (rc != SQLITE_DONE)
        store_file_fail(&store->file, error_r);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE;
}
