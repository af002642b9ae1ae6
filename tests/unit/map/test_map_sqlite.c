/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of map/map_sqlite.c and map/map_domains.c: what a table file does. That
 * the answers are Postfix's is the business of tests/e2e/test_postmap.py.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "map/map.h"
#include "tempdir.h"

static const char schema[] =
    "CREATE TABLE owner(address TEXT, login);"
    "INSERT INTO owner VALUES('a@x.org', 'alice'), ('a@x.org', 'bob, carol'),"
    " ('b@x.org', ''), ('b@x.org', NULL), ('n@x.org', 42), ('o''b@x.org', 'obrien'),"
    " ('@y.org', 'yves'), ('c d@x.org', 'internal'), ('\"e f\"@x.org', 'external'),"
    " ('e f@x.org', 'internal'), ('z@x.org', x'610062'), ('@x.org', 'catchall'),"
    " ('v@x.org', ' , ');";

static void make_database(const char *path)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_file(const char *path, const char *before, const char *middle,
                       const char *after)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "%s%s%s", before, middle, after);
    assert_int_equal(fclose(file), 0);
}

static struct map *open_table(struct tempdir *dir, const char *params)
{
    static const struct map_site site = {.rules = {.delimiters = "+"}};
    struct buf error = BUF_INIT, spec = BUF_INIT;
    struct map *map;
    char dbpath[256];

    snprintf(dbpath, sizeof(dbpath), "dbpath = %s\n", tempdir_file(dir, "owners.db"));
    if (access(dir->file, F_OK) != 0)
        make_database(dir->file);
    write_file(tempdir_file(dir, "owners.cf"), dbpath, params, "\n");
    buf_addf(&spec, "sqlite:%s", dir->file);
    map = map_open(buf_str(&spec), MAP_SEND_AS, &site, &error);
    if (map == NULL)
        fail_msg("%s", buf_str(&error));
    buf_finish(&spec);
    return map;
}

/* The answer: values joined by "|", "" for none, "? WHY" (behind the spec) for unknown.
 */
static void check_lookup(struct map *map, const char *key, const char *want)
{
    struct buf error = BUF_INIT, got = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};

    if (map_lookup(map, key, &arena, &values, &error) == ANSWER_UNKNOWN)
        buf_addf(&got, "? %s", buf_str(&error) + strlen(map_spec(map)) + 2);
    for (size_t i = 0; i < values.count; i++)
        buf_addf(&got, "%s%s", i == 0 ? "" : "|", values.items[i]);
    assert_string_equal(buf_str(&got), want);
    buf_finish(&got);
    buf_finish(&error);
    arena_finish(&arena);
}

#define QUERY "query = SELECT login FROM owner WHERE address = "

static void test_tables(void **state)
{
    static const struct {
        const char *params;
        const char *key;
        const char *want;
    } cases[] = {
        {QUERY "'%s'", "a@x.org", "alice|bob|carol"},
        {QUERY "'%s'", "A@x.org", ""},
        {QUERY "'%s'", "b@x.org", ""},
        {QUERY "'%s'", "v@x.org", ""},
        {QUERY "'%s'", "n@x.org", "42"},
        {QUERY "'%s'", "o'b@x.org", "obrien"},
        {QUERY "'%s'", "' OR '1'='1", ""},
        {QUERY "'%s'", "@y.org", "yves"},
        {QUERY "'%u@%d'", "@y.org", ""},
        {QUERY "'%u@%d'", "a@x.org", "alice|bob|carol"},
        {QUERY "'@%d'", "who@y.org", "yves"},

        /* The form on the wire first, then the one without quotes. */
        {QUERY "'%s'", "\"c d\"@x.org", "internal"},
        {QUERY "'%s'", "\"e f\"@x.org", "external"},
        {QUERY "'%s'", "\"x y\"@x.org", ""},
        {QUERY "'%s'", "\"\"@x.org", ""}, /* never the key of the whole domain */

        {QUERY "'%s'\nresult_format = %s@%d", "a@x.org", ""},
        {QUERY "'%s'\nresult_format = %s@%D", "n@x.org", "42@x.org"},
        {QUERY "'%s'\nexpansion_limit = 2", "a@x.org", "alice|bob|carol"},
        {QUERY "'%s'\nexpansion_limit = 1", "a@x.org",
         "? more than 1 values (expansion_limit)"},
        {QUERY "'%s'\nexpansion_limit = 1", "n@x.org", "42"},
        {QUERY "'%s'\ndomain = x.org", "a@x.org", "alice|bob|carol"},
        {QUERY "'%s'\ndomain = X.ORG", "a@x.org", "alice|bob|carol"},
        {QUERY "'%s'\ndomain = z.org, y.org", "a@x.org", ""},
        {QUERY "'%s'\ndomain = org", "a@x.org", ""},
        {QUERY "'%s'\ndomain = y.org", "@y.org", ""},
        {QUERY "'%s'\ndomain = !x.org x.org", "a@x.org", ""},
        {QUERY "'%s'\ndomain = !!x.org", "a@x.org", "alice|bob|carol"},
        {QUERY "'%s'\ndomain = inline:{x.org=1, y.org=1}", "a@x.org",
         "alice|bob|carol"},
        {QUERY "'%s'\ndomain = inline:{y.org=1, z.org=1}", "a@x.org", ""},
        {QUERY "'%s'\ndomain = y.org fail:x", "a@x.org",
         "? fail:x: this map always fails"},
        {QUERY "'%s'\ndomain = x.org fail:x", "a@x.org", "alice|bob|carol"},
        {"table = owner\nselect_field = login\nwhere_field = address", "n@x.org", "42"},
        {"table = owner\nselect_field = login\nwhere_field = address\n"
         "additional_conditions = AND login <> 'alice'",
         "a@x.org", "bob|carol"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct map *map = open_table(*state, cases[i].params);

        check_lookup(map, cases[i].key, cases[i].want);
        map_close(map);
    }
}

/* Errors of the database name it, and keep what SQLite says. */
static void test_database_errors(void **state)
{
    static const struct {
        const char *params;
        const char *want; /* behind the path of the database */
    } cases[] = {
        {"query = SELECT wrong FROM owner", ": no such column: wrong"},
        {"query = SELEKT 1", ": near \"SELEKT\": syntax error"},
        {"query = /* nothing */", ": the query is empty"},
        {"query = DELETE FROM owner", ": attempt to write a readonly database"},
        {"query = SELECT abs(-9223372036854775808)", ": integer overflow"},
        {QUERY "'z@x.org'", ": a value holds a NUL byte"},
    };
    struct tempdir *dir = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct map *map = open_table(dir, cases[i].params);
        struct buf want = BUF_INIT;

        buf_addf(&want, "? %s%s", tempdir_file(dir, "owners.db"), cases[i].want);
        check_lookup(map, "a@x.org", buf_str(&want));
        check_lookup(map, "a@x.org", buf_str(&want));
        buf_finish(&want);
        map_close(map);
    }
}

/* A list of domains in a file, which may name more files, but not for ever. */
static void test_domain_files(void **state)
{
    struct tempdir *dir = *state;
    struct buf error = BUF_INIT, spec = BUF_INIT;
    const struct map_site site = {0};
    char params[512], list[192];
    struct map *map;

    snprintf(list, sizeof(list), "%s", tempdir_file(dir, "domains"));
    snprintf(params, sizeof(params), QUERY "'%%s'\ndomain = !%s", list);
    write_file(list, "# comment\ny.org z.org # x.org\n", "", "");
    map = open_table(dir, params);
    check_lookup(map, "a@x.org", "");
    map_close(map);

    snprintf(params, sizeof(params), QUERY "'%%s'\ndomain = y.org %s", list);
    write_file(list, "# comment\n\nz.org, x.org\n", "", "");
    map = open_table(dir, params);
    check_lookup(map, "a@x.org", "alice|bob|carol");
    map_close(map);

    write_file(list, list, "\n", "");
    buf_addf(&spec, "sqlite:%s", tempdir_file(dir, "owners.cf"));
    assert_null(map_open(buf_str(&spec), MAP_SEND_AS, &site, &error));
    assert_non_null(strstr(buf_str(&error), "owners.cf:3: domain: "));
    assert_non_null(strstr(buf_str(&error), "files are nested too deeply"));
    buf_finish(&spec);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tables, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_database_errors, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_domain_files, tempdir_setup,
                                        tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
