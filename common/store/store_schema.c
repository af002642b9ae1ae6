/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store_schema.h"

#include <stddef.h>

#include <sqlite3.h>

#include "store/store_error.h"

/*
 * A migration is never changed once it was released: add a row. Each must also be right
 * for the builtin map of the release before, or make its query fail.
 */
static const char *const grants_migrations[] = {
    /* 1: the primary key is the whole of a lookup, so the table is that index; the
     * second index answers "what may this login use" in order of address. */
    "CREATE TABLE grants ("
    "  address TEXT NOT NULL CHECK (address <> ''),"
    "  login TEXT NOT NULL CHECK (login <> ''),"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (address, login)"
    ") WITHOUT ROWID;"
    "CREATE INDEX grants_login ON grants (login);",
    /* 2: rights, ends, groups. The table has another name, so that a milter of the
     * release before, which is still running, cannot tell rather than take a denial or
     * a grant that has ended for a grant. `kind` is an enum store_right. */
    "CREATE TABLE rights ("
    "  address TEXT NOT NULL CHECK (address <> ''),"
    "  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),"
    "  login TEXT NOT NULL CHECK (login <> ''),"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER," /* NULL: it has no end */
    "  PRIMARY KEY (address, kind, login)"
    ") WITHOUT ROWID;"
    "INSERT INTO rights SELECT address, 1, login, created, NULL FROM grants"
    "  ORDER BY address;"
    "DROP TABLE grants;"
    "CREATE INDEX rights_login ON rights (login);"
    "CREATE INDEX rights_denied ON rights (address) WHERE kind = 4;"
    "CREATE TABLE members ("
    "  name TEXT NOT NULL CHECK (name <> ''),"
    "  member TEXT NOT NULL CHECK (member <> ''),"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (name, member)"
    ") WITHOUT ROWID;"
    "CREATE INDEX members_member ON members (member);"
    "CREATE INDEX members_nested ON members (name)"
    "  WHERE member >= 'group:' AND member < 'group;';",
};

const struct store_schema store_schema = {
    .application_id = 0x53416772, /* "SAgr" */
    .version = sizeof(grants_migrations) / sizeof(grants_migrations[0]),
    .migrations = grants_migrations,
    .what = "a sendas grants file",
    .file_mode = 0640, /* the milter reads it by its group */
};

static bool schema_fail(sqlite3 *db, const char *path, struct buf *error_r)
{
    store_error(db, path, error_r);
    return false;
}

/* The single integer that a query yields. */
static bool schema_int(sqlite3 *db, const char *path, const char *sql, int *value_r,
                       struct buf *error_r)
{
    sqlite3_stmt *stmt;
    bool ok;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return schema_fail(db, path, error_r);
    ok = sqlite3_step(stmt) == SQLITE_ROW;
    if (ok)
        *value_r = sqlite3_column_int(stmt, 0);
    else
        schema_fail(db, path, error_r);
    sqlite3_finalize(stmt);
    return ok;
}

bool store_schema_check(struct sqlite3 *db, const char *path,
                        const struct store_schema *schema, int *version_r,
                        struct buf *error_r)
{
    int application_id, objects;

    if (!schema_int(db, path, "PRAGMA application_id", &application_id, error_r) ||
        !schema_int(db, path, "PRAGMA user_version", version_r, error_r) ||
        !schema_int(db, path, "SELECT count(*) FROM sqlite_master", &objects, error_r))
        return false;
    if (application_id == 0 && *version_r == 0 && objects == 0)
        return true;
    if (application_id != schema->application_id || *version_r <= 0) {
        buf_addf(error_r, "%s: not %s: another program's database", path, schema->what);
        return false;
    }
    if (*version_r > schema->version) {
        buf_addf(
            error_r,
            "%s: its schema version %d is newer than version %d, the last one that "
            "this program knows: use the newer program",
            path, *version_r, schema->version);
        return false;
    }
    return true;
}

bool store_schema_require(struct sqlite3 *db, const char *path,
                          const struct store_schema *schema, struct buf *error_r)
{
    int version;

    if (!store_schema_check(db, path, schema, &version, error_r))
        return false;
    if (version == schema->version)
        return true;
    if (version == 0)
        buf_addf(error_r, "%s: not %s yet: run \"sendasctl init\"", path, schema->what);
    else
        buf_addf(error_r,
                 "%s: its schema version %d is older than version %d: run \"sendasctl "
                 "init\", which brings it up to date",
                 path, version, schema->version);
    return false;
}

/* Runs inside the transaction of store_schema_migrate(). */
static bool schema_steps(sqlite3 *db, const char *path,
                         const struct store_schema *schema, struct buf *error_r)
{
    struct buf sql = BUF_INIT;
    int version;
    bool ok;

    /* Asked again under the write lock: another process may have been faster. */
    if (!store_schema_check(db, path, schema, &version, error_r))
        return false;
    for (; version < schema->version; version++) {
        if (sqlite3_exec(db, schema->migrations[version], NULL, NULL, NULL) !=
            SQLITE_OK) {
            buf_addf(error_r, "%s: schema version %d cannot be made: %s", path,
                     version + 1, sqlite3_errmsg(db));
            return false;
        }
    }
    buf_addf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             (int)schema->application_id, version);
    ok = !sql.failed && sqlite3_exec(db, buf_str(&sql), NULL, NULL, NULL) == SQLITE_OK;
    if (!ok)
        schema_fail(db, path, error_r);
    buf_finish(&sql);
    return ok;
}

bool store_schema_migrate(struct sqlite3 *db, const char *path,
                          const struct store_schema *schema, struct buf *error_r)
{
    int version;

    if (!store_schema_check(db, path, schema, &version, error_r))
        return false;
    if (version == schema->version)
        return true;
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return schema_fail(db, path, error_r);
    if (!schema_steps(db, path, schema, error_r)) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        schema_fail(db, path, error_r);
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    return true;
}
