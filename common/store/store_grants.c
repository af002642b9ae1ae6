/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sqlite3.h>

#include "store/store.h"
#include "store/store_private.h"

const struct name_row store_right_names[] = {
    {"send-as", STORE_SEND_AS},
    {"on-behalf", STORE_ON_BEHALF},
    {"resend", STORE_RESEND},
    {"deny", STORE_DENY},
    {NULL, 0},
};

/* The numbers of enum store_right as SQL has them. */
#define SEND_AS "1"
#define ON_BEHALF "2"
#define RESEND "3"
#define DENY "4"

/* The clock is asked for rows with an end alone, and by SQLite, so that a row that ends
 * during a query ends for all of it. */
#define IN_FORCE " AND (expires IS NULL OR expires > " STORE_NOW ")"

#define LIST(table, right)                                                             \
    "SELECT login FROM " table " WHERE address = ?1 AND kind = " right IN_FORCE

/*
 * Denials are asked for before every yes, and there may be none at all: their index
 * holds them alone, so that this question does not depend on how many grants there are.
 */
#define DENIED "rights INDEXED BY rights_denied"

const struct store_queries store_right_queries[STORE_RIGHTS] = {
    [STORE_SEND_AS] = {.list = LIST("rights", SEND_AS)},
    [STORE_ON_BEHALF] = {.list = LIST("rights", ON_BEHALF)},
    [STORE_RESEND] = {.list = LIST("rights", RESEND)},
    [STORE_DENY] = {.list = LIST(DENIED, DENY),
                    .any =
                        "SELECT login FROM " DENIED " WHERE kind = " DENY " LIMIT 1"},
};

static const char grant_sql[] =
    "INSERT INTO rights (address, login, kind, created, expires)"
    " VALUES (?1, ?2, ?3, " STORE_NOW ", ?4)"
    " ON CONFLICT DO UPDATE SET expires = excluded.expires"
    " WHERE expires IS NOT excluded.expires";
static const char revoke_sql[] =
    "DELETE FROM rights WHERE address = ?1 AND login = ?2 AND kind = ?3";

#define VISIT_SQL(where)                                                               \
    "SELECT address, kind, login, created, expires FROM rights " where                 \
    " ORDER BY address, kind, login"

/* By whether an address and whether a login is asked for. */
static const char *const visit_sql[2][2] = {
    {VISIT_SQL(""), VISIT_SQL("WHERE login = ?2")},
    {VISIT_SQL("WHERE address = ?1"), VISIT_SQL("WHERE address = ?1 AND login = ?2")},
};

bool store_grant_expired(const struct store_grant *grant, int64_t now)
{
    return grant->expires != 0 && grant->expires <= now;
}

static bool grant_bind(sqlite3_stmt *stmt, const struct store_grant *grant)
{
    return sqlite3_bind_text(stmt, 1, grant->address, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_text(stmt, 2, grant->login, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_int(stmt, 3, (int)grant->right) == SQLITE_OK;
}

enum answer store_grant(struct store *store, const struct store_grant *grant,
                        struct buf *error_r)
{
    sqlite3_stmt *stmt = store_change_prepare(store, STORE_GRANT, grant_sql, error_r);
    bool bound;

    if (stmt == NULL)
        return ANSWER_UNKNOWN;
    bound = grant_bind(stmt, grant) &&
            (grant->expires == 0
                 ? sqlite3_bind_null(stmt, 4)
                 : sqlite3_bind_int64(stmt, 4, grant->expires)) == SQLITE_OK;
    return store_change_run(store, stmt, bound, error_r);
}

enum answer store_revoke(struct store *store, const struct store_grant *grant,
                         struct buf *error_r)
{
    sqlite3_stmt *stmt = store_change_prepare(store, STORE_REVOKE, revoke_sql, error_r);

    if (stmt == NULL)
        return ANSWER_UNKNOWN;
    return store_change_run(store, stmt, grant_bind(stmt, grant), error_r);
}

bool store_visit(struct store *store, const char *login, const char *address,
                 store_grant_visit *visit, void *arg, struct buf *error_r)
{
    const char *sql = visit_sql[address != NULL][login != NULL];
    sqlite3_stmt *stmt = store_query_prepare(store, sql, address, login, error_r);
    int rc;

    if (stmt == NULL)
        return false;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_grant grant = {
            .address = (const char *)sqlite3_column_text(stmt, 0),
            .right = (enum store_right)sqlite3_column_int(stmt, 1),
            .login = (const char *)sqlite3_column_text(stmt, 2),
            .created = sqlite3_column_int64(stmt, 3),
            .expires = sqlite3_column_int64(stmt, 4),
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
    return store_query_end(store, stmt, rc, error_r);
}
