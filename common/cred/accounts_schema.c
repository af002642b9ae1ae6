/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_schema.c - the tables of the accounts file, and all that is said to it. */
#include "config.h"

#include "cred/accounts_private.h"

/* A migration is never changed once it was released: add a row. */
static const char *const accounts_migrations[] = {
    /*
     * 1: An id is never used again (AUTOINCREMENT), so that nothing that an account
     * left behind can become another's. What hangs on an account goes with it by
     * triggers, which unlike foreign keys work in any program.
     *
     * The tables that a login asks hold its rows side by side (WITHOUT ROWID, account
     * first). The verifiers do so by their ids, 64 for each account: a tree by numbers
     * keeps the long rows in its leaves, and its inner pages are few.
     *
     * profile: how many verifiers there are of each kind, kept by triggers. `checked`
     * marks the one of an account that passwords are checked against.
     */
    "CREATE TABLE accounts ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  login TEXT NOT NULL UNIQUE CHECK (typeof(login) = 'text' AND login <> ''),"
    "  created INTEGER NOT NULL,"
    "  changed INTEGER NOT NULL,"
    "  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))"
    ");"
    "CREATE TABLE verifiers ("
    "  id INTEGER PRIMARY KEY,"
    "  account INTEGER AS (id / 64),"
    "  scheme TEXT NOT NULL CHECK (scheme <> ''),"
    "  cost INTEGER NOT NULL CHECK (typeof(cost) = 'integer' AND cost >= 0),"
    "  checked INTEGER NOT NULL CHECK (checked IN (0, 1)),"
    "  stored TEXT NOT NULL CHECK (typeof(stored) = 'text' AND stored <> '')"
    ");"
    "CREATE TABLE aliases ("
    "  alias TEXT NOT NULL CHECK (typeof(alias) = 'text' AND alias <> ''),"
    "  account INTEGER NOT NULL,"
    "  PRIMARY KEY (alias)"
    ") WITHOUT ROWID;"
    "CREATE INDEX aliases_account ON aliases (account);"
    "CREATE TABLE app_passwords ("
    "  account INTEGER NOT NULL,"
    "  label TEXT NOT NULL CHECK (typeof(label) = 'text' AND label <> ''),"
    "  stored TEXT NOT NULL CHECK (typeof(stored) = 'text' AND stored <> ''),"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL CHECK (typeof(expires) = 'integer' AND expires >= 0),"
    "  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),"
    "  PRIMARY KEY (account, label)"
    ") WITHOUT ROWID;"
    "CREATE TABLE attributes ("
    "  account INTEGER NOT NULL,"
    "  name TEXT NOT NULL CHECK (typeof(name) = 'text' AND name <> ''),"
    "  value TEXT NOT NULL CHECK (typeof(value) = 'text'),"
    "  PRIMARY KEY (account, name)"
    ") WITHOUT ROWID;"
    "CREATE TABLE profile ("
    "  scheme TEXT NOT NULL,"
    "  cost INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  checked INTEGER NOT NULL,"
    "  PRIMARY KEY (scheme, cost)"
    ") WITHOUT ROWID;"
    "CREATE TRIGGER accounts_gone AFTER DELETE ON accounts BEGIN"
    "  DELETE FROM verifiers WHERE id BETWEEN OLD.id * 64 AND OLD.id * 64 + 63;"
    "  DELETE FROM aliases WHERE account = OLD.id;"
    "  DELETE FROM app_passwords WHERE account = OLD.id;"
    "  DELETE FROM attributes WHERE account = OLD.id;"
    " END;"
    "CREATE TRIGGER verifiers_come AFTER INSERT ON verifiers BEGIN"
    "  INSERT INTO profile VALUES (NEW.scheme, NEW.cost, 1, NEW.checked)"
    "   ON CONFLICT DO UPDATE"
    "   SET count = count + 1, checked = checked + NEW.checked;"
    " END;"
    "CREATE TRIGGER verifiers_go AFTER DELETE ON verifiers BEGIN"
    "  UPDATE profile SET count = count - 1, checked = checked - OLD.checked"
    "   WHERE scheme = OLD.scheme AND cost = OLD.cost;"
    "  DELETE FROM profile"
    "   WHERE scheme = OLD.scheme AND cost = OLD.cost AND count <= 0;"
    " END;"
    "CREATE TRIGGER verifiers_change AFTER UPDATE ON verifiers BEGIN"
    "  INSERT INTO profile VALUES (NEW.scheme, NEW.cost, 1, NEW.checked)"
    "   ON CONFLICT DO UPDATE"
    "   SET count = count + 1, checked = checked + NEW.checked;"
    "  UPDATE profile SET count = count - 1, checked = checked - OLD.checked"
    "   WHERE scheme = OLD.scheme AND cost = OLD.cost;"
    "  DELETE FROM profile"
    "   WHERE scheme = OLD.scheme AND cost = OLD.cost AND count <= 0;"
    " END;",
};

const struct store_schema accounts_schema = {
    .application_id = 0x53416163, /* "SAac" */
    .version = sizeof(accounts_migrations) / sizeof(accounts_migrations[0]),
    .migrations = accounts_migrations,
    .what = "a sendas accounts file",
    .file_mode = 0600, /* nobody but sendas-authd and root reads verifiers */
};

#define NOW "CAST(strftime('%s', 'now') AS INTEGER)"
/* The account ?1. */
#define ID_OF_LOGIN "(SELECT id FROM accounts WHERE login = ?1)"

/* The verifiers of the account ?1. */
#define OF_ACCOUNT "WHERE id BETWEEN ?1 * 64 AND ?1 * 64 + 63 "

#define ROW "SELECT id, login, created, changed, disabled FROM accounts "

const char *const accounts_sql[ACCOUNTS_STATEMENTS] = {
    [ACCOUNTS_BEGIN] = "BEGIN",
    [ACCOUNTS_END] = "COMMIT",
    [ACCOUNTS_IDS] =
        "SELECT " ID_OF_LOGIN ", (SELECT account FROM aliases WHERE alias = ?1)"
        ", (SELECT max(id) FROM accounts)",
    [ACCOUNTS_BY_ID] = ROW "WHERE id >= ?1 ORDER BY id LIMIT 1",
    [ACCOUNTS_VERIFIERS] = "SELECT stored FROM verifiers " OF_ACCOUNT "ORDER BY id",
    [ACCOUNTS_ALIASES] = "SELECT alias FROM aliases WHERE account = ?1 ORDER BY alias",
    [ACCOUNTS_APPS] = "SELECT label, stored, created, expires, disabled"
                      " FROM app_passwords WHERE account = ?1 ORDER BY label",
    [ACCOUNTS_ATTRIBUTES] =
        "SELECT name, value FROM attributes WHERE account = ?1 ORDER BY name",
    [ACCOUNTS_PROFILE] =
        "SELECT scheme, cost, count, checked FROM (SELECT * FROM profile"
        " ORDER BY count DESC, scheme, cost LIMIT ?1) ORDER BY scheme, cost",

    [ACCOUNTS_LIST] = ROW "ORDER BY login",
    [ACCOUNTS_SCHEMES] = "SELECT scheme FROM verifiers " OF_ACCOUNT "ORDER BY id",
    [ACCOUNTS_ID] = "SELECT id FROM accounts WHERE login = ?1",
    [ACCOUNTS_INSERT] =
        "INSERT INTO accounts (login, created, changed) SELECT ?1, " NOW ", " NOW
        " WHERE NOT EXISTS (SELECT 1 FROM aliases WHERE alias = ?1)"
        " ON CONFLICT DO NOTHING",
    [ACCOUNTS_DELETE] = "DELETE FROM accounts WHERE login = ?1",
    [ACCOUNTS_DISABLE] = "UPDATE accounts SET disabled = ?2 WHERE login = ?1",
    [ACCOUNTS_TOUCH] = "UPDATE accounts SET changed = " NOW " WHERE id = ?1",
    [ACCOUNTS_HAS_VERIFIER] = "SELECT 1 FROM verifiers " OF_ACCOUNT "AND stored = ?2",
    [ACCOUNTS_INSERT_VERIFIER] =
        "INSERT INTO verifiers (id, scheme, cost, checked, stored)"
        " VALUES (?1 * 64 + ?2, ?3, ?4, ?5, ?6)",
    [ACCOUNTS_DELETE_VERIFIERS] = "DELETE FROM verifiers " OF_ACCOUNT,
    [ACCOUNTS_INSERT_ALIAS] =
        "INSERT INTO aliases (alias, account) SELECT ?2, id FROM accounts"
        " WHERE login = ?1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE login = ?2)"
        " ON CONFLICT DO NOTHING",
    [ACCOUNTS_DELETE_ALIAS] = "DELETE FROM aliases WHERE alias = ?1",
    [ACCOUNTS_INSERT_ATTRIBUTE] =
        "INSERT INTO attributes (account, name, value) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (account, name) DO UPDATE SET value = excluded.value",
    [ACCOUNTS_DELETE_ATTRIBUTE] =
        "DELETE FROM attributes WHERE account = ?1 AND name = ?2",
    [ACCOUNTS_COUNT_APPS] = "SELECT count(*) FROM app_passwords WHERE account = ?1",
    [ACCOUNTS_INSERT_APP] =
        "INSERT INTO app_passwords (account, label, stored, created, expires)"
        " VALUES (?1, ?2, ?3, " NOW ", ?4) ON CONFLICT DO NOTHING",
    [ACCOUNTS_DELETE_APP] =
        "DELETE FROM app_passwords WHERE account = " ID_OF_LOGIN " AND label = ?2",
    [ACCOUNTS_DISABLE_APP] =
        "UPDATE app_passwords SET disabled = ?3 WHERE account = " ID_OF_LOGIN
        " AND label = ?2",
};
