/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/accounts.h"

#include <stdlib.h>

#include "cred/accounts_private.h"

struct accounts *accounts_open(const char *path, enum store_mode mode,
                               struct buf *error_r)
{
    return accounts_open_busy(path, mode, STORE_BUSY_MS, error_r);
}

struct accounts *accounts_open_busy(const char *path, enum store_mode mode,
                                    unsigned busy_ms, struct buf *error_r)
{
    struct accounts *accounts = calloc(1, sizeof(*accounts));

    if (accounts == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return NULL;
    }
    if (!store_file_open(&accounts->file, path, mode, busy_ms, &accounts_schema,
                         error_r)) {
        free(accounts);
        return NULL;
    }
    if (mode != STORE_READ) {
        /* What is taken away is gone from the file, not only from the tables. */
        sqlite3_exec(accounts->file.db, "PRAGMA secure_delete = ON", NULL, NULL, NULL);
    }
    return accounts;
}

void accounts_close(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    for (size_t i = 0; i < ACCOUNTS_STATEMENTS; i++)
        sqlite3_finalize(accounts->stmts[i]);
    store_file_close(&accounts->file);
    free(accounts);
}

bool accounts_begin(struct accounts *accounts, struct buf *error_r)
{
    return store_file_begin(&accounts->file, error_r);
}

bool accounts_commit(struct accounts *accounts, struct buf *error_r)
{
    return store_file_commit(&accounts->file, error_r);
}

void accounts_rollback(struct accounts *accounts)
{
    store_file_rollback(&accounts->file);
}

bool accounts_enter(struct accounts *accounts, bool *saved_r, struct buf *error_r)
{
    *saved_r = store_file_inside(&accounts->file);
    if (!*saved_r)
        return store_file_begin(&accounts->file, error_r);
    return sqlite3_exec(accounts->file.db, "SAVEPOINT one_change", NULL, NULL, NULL) ==
               SQLITE_OK ||
           store_file_fail(&accounts->file, error_r);
}

enum answer accounts_leave(struct accounts *accounts, bool saved, enum answer answer,
                           struct buf *error_r)
{
    sqlite3 *db = accounts->file.db;

    if (answer == ANSWER_YES && !saved)
        return store_file_commit(&accounts->file, error_r) ? answer : ANSWER_UNKNOWN;
    if (!saved) {
        store_file_rollback(&accounts->file);
        return answer;
    }
    if (answer != ANSWER_YES)
        sqlite3_exec(db, "ROLLBACK TO one_change", NULL, NULL, NULL);
    if (sqlite3_exec(db, "RELEASE one_change", NULL, NULL, NULL) != SQLITE_OK &&
        answer == ANSWER_YES) {
        store_file_fail(&accounts->file, error_r);
        return ANSWER_UNKNOWN;
    }
    return answer;
}

sqlite3_stmt *accounts_bind(struct accounts *accounts, enum accounts_statement which,
                            const struct accounts_param *params, size_t count,
                            struct buf *error_r)
{
    sqlite3_stmt **stmt = &accounts->stmts[which];
    int rc = SQLITE_OK;

    if (*stmt == NULL)
        rc = sqlite3_prepare_v3(accounts->file.db, accounts_sql[which], -1,
                                SQLITE_PREPARE_PERSISTENT, stmt, NULL);
    for (int i = 0; i < (int)count && rc == SQLITE_OK; i++) {
        rc = params[i].text != NULL
                 ? sqlite3_bind_text(*stmt, i + 1, params[i].text, -1, SQLITE_STATIC)
                 : sqlite3_bind_int64(*stmt, i + 1, params[i].number);
    }
    if (rc == SQLITE_OK)
        return *stmt;
    store_file_fail(&accounts->file, error_r);
    return NULL;
}

static void accounts_unbind(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

enum answer accounts_run(struct accounts *accounts, enum accounts_statement which,
                         const struct accounts_param *params, size_t count,
                         struct buf *error_r)
{
    sqlite3_stmt *stmt = accounts_bind(accounts, which, params, count, error_r);
    enum answer answer = ANSWER_UNKNOWN;

    if (stmt == NULL)
        return ANSWER_UNKNOWN;
    if (sqlite3_step(stmt) == SQLITE_DONE)
        answer = sqlite3_changes(accounts->file.db) != 0 ? ANSWER_YES : ANSWER_NO;
    else
        store_file_fail(&accounts->file, error_r);
    accounts_unbind(stmt);
    if (answer == ANSWER_YES && !store_file_inside(&accounts->file))
        accounts->file.wrote = true;
    return answer;
}

enum answer accounts_number(struct accounts *accounts, enum accounts_statement which,
                            const struct accounts_param *params, size_t count,
                            int64_t *number_r, struct buf *error_r)
{
    sqlite3_stmt *stmt = accounts_bind(accounts, which, params, count, error_r);
    enum answer answer = ANSWER_UNKNOWN;
    int rc;

    if (stmt == NULL)
        return ANSWER_UNKNOWN;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        *number_r = sqlite3_column_int64(stmt, 0);
        answer = ANSWER_YES;
    } else if (rc == SQLITE_DONE) {
        answer = ANSWER_NO;
    } else {
        store_file_fail(&accounts->file, error_r);
    }
    accounts_unbind(stmt);
    return answer;
}

enum answer accounts_id(struct accounts *accounts, const char *login, int64_t *id_r,
                        struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}};

    return accounts_number(accounts, ACCOUNTS_ID, params, 1, id_r, error_r);
}
