/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sqlite3.h>

#include "store/store.h"
#include "store/store_private.h"

const char store_owner_query[] = "SELECT login FROM grants WHERE address = ?1";

static const char grant_sql[] =
    "INSERT INTO grants (address, login, created)"
    " VALUES (?1, ?2, CAST(strftime('%s', 'now') AS INTEGER))"
    " ON CONFLICT DO NOTHING";
static const char revoke_sql[] = "DELETE FROM grants WHERE address = ?1 AND login = ?2";

#define VISIT_SQL(where)                                                               \
    "SELECT address, login, created FROM grants " where " ORDER BY address, login"

/* By whether an address and whether a login is asked for. */
static const char *const visit_sql[2][2] = {
    {VISIT_SQL(""), VISIT_SQL("WHERE login = ?2")},
    {VISIT_SQL("WHERE address = ?1"), VISIT_SQL("WHERE address = ?1 AND login = ?2")},
};

/* Binds what the statement has room for. */
static bool grants_bind(sqlite3_stmt *stmt, const char *address, const char *login)
{
    return (address == NULL ||
            sqlite3_bind_text(stmt, 1, address, -1, SQLITE_STATIC) == SQLITE_OK) &&
           (login == NULL ||
            sqlite3_bind_text(stmt, 2, login, -1, SQLITE_STATIC) == SQLITE_OK);
}

/* Runs a statement that changes one row or none. */
static enum answer grants_change(struct store *store, sqlite3_stmt **stmt,
                                 const char *sql, const char *login,
                                 const char *address, struct buf *error_r)
{
    enum answer answer = ANSWER_UNKNOWN;

    if (*stmt == NULL &&
        sqlite3_prepare_v2(store->file.db, sql, -1, stmt, NULL) != SQLITE_OK) {
        store_file_fail(&store->file, error_r);
        return ANSWER_UNKNOWN;
    }
    if (grants_bind(*stmt, address, login) && sqlite3_step(*stmt) == SQLITE_DONE)
        answer = sqlite3_changes(store->file.db) != 0 ? ANSWER_YES : ANSWER_NO;
    else
        store_file_fail(&store->file, error_r);
    sqlite3_reset(*stmt);
    sqlite3_clear_bindings(*stmt);
    if (answer == ANSWER_YES && sqlite3_get_autocommit(store->file.db))
        store->file.wrote = true;
    return answer;
}

enum answer store_grant(struct store *store, const char *login, const char *address,
                        struct buf *error_r)
{
    return grants_change(store, &store->grant, grant_sql, login, address, error_r);
}

enum answer store_revoke(struct store *store, const char *login, const char *address,
                         struct buf *error_r)
{
    return grants_change(store, &store->revoke, revoke_sql, login, address, error_r);
}

bool store_visit(struct store *store, const char *login, const char *address,
                 store_grant_visit *visit, void *arg, struct buf *error_r)
{
    const char *sql = visit_sql[address != NULL][login != NULL];
    sqlite3_stmt *stmt;
    int rc;

    if (sqlite3_prepare_v2(store->file.db, sql, -1, &stmt, NULL) != SQLITE_OK ||
        !grants_bind(stmt, address, login)) {
        store_file_fail(&store->file, error_r);
        sqlite3_finalize(stmt);
        return false;
    }
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_grant grant = {
            .address = (const char *)sqlite3_column_text(stmt, 0),
            .login = (const char *)sqlite3_column_text(stmt, 1),
            .created = sqlite3_column_int64(stmt, 2),
        };

        if (grant.address == NULL || grant.login == NULL) {
            rc = SQLITE_NOMEM;
            break;
        }
        if (!visit(&grant, arg)) {
            rc = SQLITE_DONE;
            break;
        }
    }
    if (rc != SQLITE_DONE)
        store_file_fail(&store->file, error_r);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE;
}
