/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of store/store_schema.c, with a table of migrations made for them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/store_schema.h"
#include "tempdir.h"

static const char *const good_steps[] = {
    "CREATE TABLE t(a TEXT); INSERT INTO t VALUES('one');",
    "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'two';",
    "UPDATE t SET b = b || '+three';",
};
static const char *const bad_steps[] = {
    "CREATE TABLE t(a TEXT); INSERT INTO t VALUES('one');",
    "ALTER TABLE t ADD COLUMN b TEXT; INSERT INTO nowhere VALUES(1);",
};

static struct store_schema schema_of(const char *const *steps, int version)
{
    return (struct store_schema){4711, version, steps, "a test file", 0600};
}

static sqlite3 *open_db(struct tempdir *dir)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(tempdir_file(dir, "x.db"), &db), SQLITE_OK);
    return db;
}

static void check_text(sqlite3 *db, const char *sql, const char *want)
{
    sqlite3_stmt *stmt;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), want);
    sqlite3_finalize(stmt);
}

/* From each version to each later one. */
static void test_every_step(void **state)
{
    static const char *const rows[] = {"one", "one,two", "one,two+three"};

    for (int from = 0; from <= 3; from++) {
        for (int to = from > 0 ? from : 1; to <= 3; to++) {
            struct store_schema old = schema_of(good_steps, from);
            struct store_schema new = schema_of(good_steps, to);
            struct buf error = BUF_INIT;
            sqlite3 *db = open_db(*state);
            int version;

            assert_true(from == 0 || store_schema_migrate(db, "x", &old, &error));
            assert_true(store_schema_check(db, "x", &new, &version, &error));
            assert_int_equal(version, from);
            assert_int_equal(store_schema_require(db, "x", &new, &error), from == to);
            buf_clear(&error);
            assert_true(store_schema_migrate(db, "x", &new, &error));
            assert_true(store_schema_migrate(db, "x", &new, &error));
            assert_true(store_schema_require(db, "x", &new, &error));
            assert_int_equal(error.len, 0);
            check_text(db, to == 1 ? "SELECT a FROM t" : "SELECT a || ',' || b FROM t",
                       rows[to - 1]);
            check_text(db, "PRAGMA application_id", "4711");
            sqlite3_close(db);
            unlink(tempdir_file(*state, "x.db"));
            buf_finish(&error);
        }
    }
}

static void test_failure_leaves_all(void **state)
{
    struct store_schema first = schema_of(bad_steps, 1);
    struct store_schema second = schema_of(bad_steps, 2);
    struct buf error = BUF_INIT;
    sqlite3 *db = open_db(*state);

    /* From nothing: nothing is made, and the file may still become something else. */
    assert_false(store_schema_migrate(db, "x.db", &second, &error));
    assert_string_equal(
        buf_str(&error),
        "x.db: schema version 2 cannot be made: no such table: nowhere");
    check_text(db, "SELECT count(*) FROM sqlite_master", "0");
    check_text(db, "PRAGMA application_id", "0");

    /* From version 1: version 1 stays, and no transaction is left open. */
    buf_clear(&error);
    assert_true(store_schema_migrate(db, "x.db", &first, &error));
    assert_false(store_schema_migrate(db, "x.db", &second, &error));
    assert_true(sqlite3_get_autocommit(db));
    check_text(db, "PRAGMA user_version", "1");
    check_text(db, "SELECT sql FROM sqlite_master", "CREATE TABLE t(a TEXT)");
    sqlite3_close(db);
    buf_finish(&error);
}

static void test_messages(void **state)
{
    static const struct {
        const char *sql;
        const char *require; /* what who needs the current version is told */
        const char *migrate; /* NULL: it works */
    } cases[] = {
        {"", "p: not a test file yet: run \"sendasctl init\"", NULL},
        {"CREATE TABLE other(x)", "p: not a test file: another program's database",
         "p: not a test file: another program's database"},
        {"PRAGMA user_version = 1", "p: not a test file: another program's database",
         "p: not a test file: another program's database"},
        {"PRAGMA application_id = 4711",
         "p: not a test file: another program's database",
         "p: not a test file: another program's database"},
        {"PRAGMA application_id = 4711; PRAGMA user_version = -1",
         "p: not a test file: another program's database",
         "p: not a test file: another program's database"},
        {"PRAGMA application_id = 4712; PRAGMA user_version = 3",
         "p: not a test file: another program's database",
         "p: not a test file: another program's database"},
        {"PRAGMA application_id = 4711; PRAGMA user_version = 4",
         "p: its schema version 4 is newer than version 3, the last one that this "
         "program "
         "knows: use the newer program",
         "p: its schema version 4 is newer than version 3, the last one that this "
         "program "
         "knows: use the newer program"},
        {"PRAGMA application_id = 4711; PRAGMA user_version = 2; CREATE TABLE t(a, b)",
         "p: its schema version 2 is older than version 3: run \"sendasctl init\", "
         "which "
         "brings it up to date",
         NULL},
    };
    struct store_schema schema = schema_of(good_steps, 3);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf error = BUF_INIT;
        sqlite3 *db = open_db(*state);

        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        assert_false(store_schema_require(db, "p", &schema, &error));
        assert_string_equal(buf_str(&error), cases[i].require);
        buf_clear(&error);
        assert_int_equal(store_schema_migrate(db, "p", &schema, &error),
                         cases[i].migrate == NULL);
        assert_string_equal(buf_str(&error),
                            cases[i].migrate != NULL ? cases[i].migrate : "");
        sqlite3_close(db);
        unlink(tempdir_file(*state, "x.db"));
        buf_finish(&error);
    }
}

/* What a released program has made must stay what it was. */
static void test_released_versions(void **state)
{
    struct store_schema first = store_schema;
    struct buf error = BUF_INIT;
    sqlite3 *db = open_db(*state);

    assert_int_equal(store_schema.application_id, 0x53416772);
    assert_int_equal(store_schema.version, 2);
    first.version = 1;
    assert_true(store_schema_migrate(db, "x", &first, &error));
    check_text(db,
               "SELECT group_concat(name || ' ' || type || ' ' || pk) FROM"
               " pragma_table_info('grants')",
               "address TEXT 1,login TEXT 2,created INTEGER 0");
    assert_int_equal(
        sqlite3_exec(db,
                     "INSERT INTO grants VALUES ('b@x', '*', 7), ('a@x', 'carol', 8)",
                     NULL, NULL, NULL),
        SQLITE_OK);

    /* Every grant of version 1 goes on as it is: send-as, without an end. */
    assert_true(store_schema_migrate(db, "x", &store_schema, &error));
    check_text(db,
               "SELECT group_concat(name || ' ' || type || ' ' || pk) FROM"
               " pragma_table_info('rights')",
               "address TEXT 1,kind INTEGER 2,login TEXT 3,created INTEGER 0,"
               "expires INTEGER 0");
    check_text(db,
               "SELECT group_concat(address || ' ' || kind || ' ' || login || ' ' ||"
               " created || ' ' || ifnull(expires, '-')) FROM"
               " (SELECT * FROM rights ORDER BY address)",
               "a@x 1 carol 8 -,b@x 1 * 7 -");
    /* What the release before asks gets no answer, rather than a wrong one. */
    assert_int_not_equal(sqlite3_exec(db, "SELECT login FROM grants", NULL, NULL, NULL),
                         SQLITE_OK);
    sqlite3_close(db);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_step, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_failure_leaves_all, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_messages, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_released_versions, tempdir_setup,
                                        tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
