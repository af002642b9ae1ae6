/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map.c, map_inline.c, map_fail.c and map_builtin.c. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "map/map.h"
#include "store/store.h"
#include "tempdir.h"

static enum answer grant_add(struct store *store, const char *login,
                             const char *address, struct buf *error_r)
{
    return store_grant(store,
                       &(struct store_grant){
                           .right = STORE_SEND_AS, .login = login, .address = address},
                       error_r);
}

static enum answer grant_remove(struct store *store, const char *login,
                                const char *address, struct buf *error_r)
{
    return store_revoke(store,
                        &(struct store_grant){
                            .right = STORE_SEND_AS, .login = login, .address = address},
                        error_r);
}

static struct map *open_map(const char *spec, const struct map_site *site)
{
    struct buf error = BUF_INIT;
    struct map *map = map_open(spec, MAP_SEND_AS, site, &error);

    if (map == NULL)
        fail_msg("%s: %s", spec, buf_str(&error));
    assert_string_equal(map_spec(map), spec);
    return map;
}

/* The answer as text: "yes a|b", "no" or "unknown WHY". */
static void check_lookup(struct map *map, const char *key, const char *want)
{
    struct buf error = BUF_INIT, got = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};

    switch (map_lookup(map, key, &arena, &values, &error)) {
    case ANSWER_YES:
        buf_adds(&got, "yes");
        for (size_t i = 0; i < values.count; i++)
            buf_addf(&got, "%c%s", i == 0 ? ' ' : '|', values.items[i]);
        assert_int_equal(error.len, 0);
        break;
    case ANSWER_NO:
        buf_adds(&got, "no");
        assert_int_equal(error.len, 0);
        assert_int_equal(values.count, 0);
        break;
    default:
        buf_addf(&got, "unknown %s", buf_str(&error));
        assert_int_equal(values.count, 0);
    }
    assert_string_equal(buf_str(&got), want);
    buf_finish(&got);
    buf_finish(&error);
    arena_finish(&arena);
}

static void test_bad_specs(void **state)
{
    static const struct {
        const char *spec;
        const char *want;
    } cases[] = {
        {"", "map \"\": unknown type, expected builtin, fail, file, inline, ldap, pcre or "
             "sqlite"},
        {"hash:/x", "map \"hash:/x\": unknown type, expected builtin, fail, file, "
                    "inline, ldap, pcre or sqlite"},
        {"File:/x", "map \"File:/x\": unknown type, expected builtin, fail, file, "
                    "inline, ldap, pcre or sqlite"},
        {"file", "map \"file\": expected file:NAME"},
        {"file:", "map \"file:\": expected file:NAME"},
        {"sqlite:", "map \"sqlite:\": expected sqlite:NAME"},
        {"builtin:x", "map \"builtin:x\": expected builtin and nothing behind it"},
        {"builtin", "map \"builtin\": no grants file is set (\"store\")"},
        {"file:/no/such", "/no/such: No such file or directory"},
        {"sqlite:/no/such", "/no/such: No such file or directory"},
        {"a\nb:\x1b",
         "map \"a\\x0ab:\\x1b\": unknown type, expected builtin, fail, file, "
         "inline, ldap, pcre or sqlite"},
    };
    const struct map_site site = {.store = ""};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf error = BUF_INIT;

        assert_null(map_open(cases[i].spec, MAP_SEND_AS, &site, &error));
        assert_string_equal(buf_str(&error), cases[i].want);
        buf_finish(&error);
    }
    map_close(NULL);
}

static void test_inline(void **state)
{
    static const struct {
        const char *spec;
        const char *key;
        const char *want;
    } cases[] = {
        {"inline:{a@x=alice}", "a@x", "yes alice"},
        {"inline:{a@x=alice}", "b@x", "no"},
        {"inline: { a@x = alice } ", "a@x", "yes alice"},
        {"inline:{ a@x=alice, b@x = bob carol }", "b@x", "yes bob|carol"},
        {"inline:{ a@x=alice, b@x = bob carol }", "a@x", "yes alice"},
        {"inline:{a@x=1 b@x=2}", "a@x", "yes 1"},
        {"inline:{a@x=1 b@x=2}", "b@x", "yes 2"},
        {"inline:{a@x=1 b@x = 2 3, c@x=4}", "b@x", "yes 2|3"},
        {"inline:{ {a@x = 1, 2 3}, b@x=4 }", "a@x", "yes 1|2|3"},
        {"inline:{ {a@x = 1, 2 3}, b@x=4 }", "b@x", "yes 4"},
        {"inline:{ b@x=4 {a@x=uid=1,ou=2} }", "a@x", "yes uid=1|ou=2"},
        {"inline:{ b@x=4 {a@x=uid=1,ou=2} }", "b@x", "yes 4"},
        {"inline:{a@x=1,a@x=2}", "a@x", "yes 1|2"},
        {"inline:{A@X.Org=Alice}", "a@x.org", "yes Alice"},
        {"inline:{@x=*}", "@x", "yes *"},
        {"inline:{,,a@x=1,, ,}", "a@x", "yes 1"},
        {"inline:{bare=1}", "bare", "yes 1"},
    };
    const struct map_site site = {.rules = {.delimiters = "+"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct map *map = open_map(cases[i].spec, &site);

        check_lookup(map, cases[i].key, cases[i].want);
        map_close(map);
    }
}

static void test_bad_inline(void **state)
{
    static const char *const specs[] = {
        "inline:a@x=b",     "inline:{a@x=b",       "inline:{}",
        "inline:{ , }",     "inline:{a@x}",        "inline:{=b}",
        "inline:{a@x=}",    "inline:{a@x=,b@x=c}", "inline:{a@x b@x=}",
        "inline:{{a@x=b}",  "inline:{{a@x}}",      "inline:{{}}",
        "inline:{a@b@c=d}", "inline:{ a@x= , }",   "inline:{a@=b}",
        "inline:x",
    };
    const struct map_site site = {.rules = {.delimiters = "+"}};

    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct buf error = BUF_INIT;
        struct map *map = map_open(specs[i], MAP_SEND_AS, &site, &error);

        if (map != NULL)
            fail_msg("%s was taken", specs[i]);
        assert_non_null(strstr(buf_str(&error), "inline"));
        assert_null(strchr(buf_str(&error), '\n'));
        buf_finish(&error);
    }
}

static void test_fail(void **state)
{
    const struct map_site site = {0};
    struct map *map = open_map("fail:on purpose", &site);

    (void)state;
    check_lookup(map, "a@x", "unknown fail:on purpose: this map always fails");
    map_close(map);
}

static struct store *open_store(const char *path)
{
    struct buf error = BUF_INIT;
    struct store *store = store_open(path, STORE_CREATE, &error);

    assert_non_null(store);
    return store;
}

static void give(struct store *store, const char *login, const char *address)
{
    struct buf error = BUF_INIT;

    assert_int_equal(grant_add(store, login, address, &error), ANSWER_YES);
}

static void take_back(struct store *store, const char *login, const char *address)
{
    struct buf error = BUF_INIT;

    assert_int_equal(grant_remove(store, login, address, &error), ANSWER_YES);
}

static void test_builtin(void **state)
{
    const struct map_site site = {.store = tempdir_file(*state, "grants.db")};
    struct map *map = open_map("builtin", &site);
    struct store *store;
    char want[256];

    /* Before there is a file: nobody knows. */
    snprintf(want, sizeof(want), "unknown builtin: %s: No such file or directory",
             site.store);
    check_lookup(map, "a@x", want);

    store = open_store(site.store);
    check_lookup(map, "a@x", "no");
    give(store, "alice", "a@x");
    check_lookup(map, "a@x", "yes alice");
    give(store, "*", "a@x");
    give(store, "first last, jr", "b@x");
    check_lookup(map, "a@x", "yes *|alice");
    check_lookup(map, "b@x", "yes first last, jr");
    check_lookup(map, "A@x", "no");
    check_lookup(map, "' OR 1=1 --", "no");
    take_back(store, "*", "a@x");
    take_back(store, "alice", "a@x");
    check_lookup(map, "a@x", "no");
    store_close(store);
    check_lookup(map, "b@x", "yes first last, jr");
    map_close(map);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* A grants file of another kind or version is no answer. */
static void test_builtin_refuses(void **state)
{
    static const struct {
        const char *sql;
        const char *why;
    } cases[] = {
        {"CREATE TABLE grants(address, login); INSERT INTO grants VALUES('a@x', 'eve')",
         "not a sendas grants file: another program's database"},
        {"PRAGMA user_version = 0",
         "not a sendas grants file yet: run \"sendasctl init\""},
        {"PRAGMA application_id = 0x53416772; PRAGMA user_version = 99; CREATE TABLE "
         "t(x)",
         "its schema version 99 is newer than version 2, the last one that this "
         "program "
         "knows: use the newer program"},
    };
    const struct map_site site = {.store = tempdir_file(*state, "grants.db")};
    struct map *map = open_map("builtin", &site);
    struct store *store;
    char want[512];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FILE *file = fopen(site.store, "w"); /* SQLite itself makes no empty file */

        fclose(file);
        run_sql(site.store, cases[i].sql);
        snprintf(want, sizeof(want), "unknown builtin: %s: %s", site.store,
                 cases[i].why);
        check_lookup(map, "a@x", want);
        unlink(site.store);
    }
    /* And it gets well by itself. */
    store = open_store(site.store);
    give(store, "alice", "a@x");
    check_lookup(map, "a@x", "yes alice");
    store_close(store);
    map_close(map);
}

struct reader {
    pthread_t thread;
    struct map *map;
    unsigned long wrong;
};

/* "stable" is there all the time; "flip" comes and goes, but is never in between. */
static void *read_grants(void *arg)
{
    struct reader *reader = arg;
    struct buf error = BUF_INIT;
    struct arena arena = {0};

    for (int i = 0; i < 2000; i++) {
        struct strlist values = {0};
        const char *key = i % 2 == 0 ? "stable@x" : "flip@x";
        enum answer answer;

        arena_reset(&arena);
        answer = map_lookup(reader->map, key, &arena, &values, &error);
        if (answer == ANSWER_UNKNOWN || (i % 2 == 0 && answer != ANSWER_YES) ||
            (answer == ANSWER_YES && values.count != (i % 2 == 0 ? 1 : 2)))
            reader->wrong++;
    }
    if (error.len != 0)
        print_error("%s\n", buf_str(&error));
    buf_finish(&error);
    arena_finish(&arena);
    return NULL;
}

static void test_builtin_threads(void **state)
{
    const struct map_site site = {.store = tempdir_file(*state, "grants.db")};
    struct store *store = open_store(site.store);
    struct map *map = open_map("builtin", &site);
    struct buf error = BUF_INIT;
    struct reader readers[12];

    give(store, "alice", "stable@x");
    for (int i = 0; i < 12; i++) {
        readers[i] = (struct reader){.map = map};
        pthread_create(&readers[i].thread, NULL, read_grants, &readers[i]);
    }
    for (int i = 0; i < 50; i++) {
        assert_true(store_begin(store, &error));
        give(store, "alice", "flip@x");
        give(store, "bob", "flip@x");
        assert_true(store_commit(store, &error));
        assert_true(store_begin(store, &error));
        take_back(store, "alice", "flip@x");
        take_back(store, "bob", "flip@x");
        assert_true(store_commit(store, &error));
    }
    for (int i = 0; i < 12; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
    map_close(map);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_specs),
        cmocka_unit_test(test_inline),
        cmocka_unit_test(test_bad_inline),
        cmocka_unit_test(test_fail),
        cmocka_unit_test_setup_teardown(test_builtin, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_builtin_refuses, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_builtin_threads, tempdir_setup,
                                        tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
