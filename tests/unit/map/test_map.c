/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map.c, map_inline.c, map_fail.c and map_builtin.c. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        {"",
         "map \"\": unknown type, expected builtin, fail, file, inline, ldap, pcre or "
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

static struct map *open_use(enum map_use use, const struct map_site *site)
{
    struct buf error = BUF_INIT;
    struct map *map = map_open("builtin", use, site, &error);

    assert_non_null(map);
    return map;
}

/* The grants file says by right, and of groups, what it is asked for; a grant that has
 * ended is none. */
static void test_builtin_uses(void **state)
{
    static const struct store_grant grants[] = {
        {STORE_SEND_AS, "a@x", "alice", 0, 0},
        {STORE_SEND_AS, "a@x", "past", 0, 1000},
        {STORE_SEND_AS, "a@x", "future", 0, 99999999999},
        {STORE_ON_BEHALF, "a@x", "bob", 0, 0},
        {STORE_RESEND, "a@x", "carol", 0, 0},
    };
    static const char *const wanted[] = {"yes alice|future", "yes bob", "yes carol",
                                         "no", "no"};
    const struct map_site site = {.store = tempdir_file(*state, "grants.db")};
    const struct map_sought sought = {{"dave", "*"}, 2};
    struct map *maps[5];
    struct buf error = BUF_INIT, got = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};
    struct store *store;
    char want[300];

    /* Where it never was, none is needed, but for send_as. */
    snprintf(want, sizeof want, "unknown builtin: %s: No such file or directory",
             site.store);
    for (int i = 0; i < 5; i++) {
        maps[i] = open_use((enum map_use)i, &site);
        check_lookup(maps[i], "a@x", i == MAP_SEND_AS ? want : "no");
        assert_int_equal(map_is_empty(maps[i]), i != MAP_SEND_AS);
    }
    store = open_store(site.store);
    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
        assert_int_equal(store_grant(store, &grants[i], &error), ANSWER_YES);
    for (int i = 0; i < 5; i++)
        check_lookup(maps[i], "a@x", wanted[i]);
    assert_true(map_is_empty(maps[MAP_DENY]));
    store_grant(store, &(struct store_grant){STORE_DENY, "@x", "past", 0, 1000},
                &error);
    assert_false(map_is_empty(maps[MAP_DENY]));
    check_lookup(maps[MAP_DENY], "@x", "no");

    /* Of a large group, just who is looked for, and the groups in it. */
    assert_true(store_begin(store, &error));
    for (int i = 0; i < 1000; i++) {
        snprintf(want, sizeof want, "member%d", i);
        store_member_add(store, "big", want, &error);
    }
    store_member_add(store, "big", "group:other", &error);
    store_member_add(store, "big", "dave", &error);
    assert_true(store_commit(store, &error));
    assert_int_equal(
        map_find(maps[MAP_GROUPS], "big", &sought, &arena, &values, &error),
        ANSWER_YES);
    for (size_t i = 0; i < values.count; i++)
        buf_addf(&got, "%s|", values.items[i]);
    assert_string_equal(buf_str(&got), "dave|group:other|");

    store_close(store);
    assert_int_equal(unlink(site.store), 0);
    for (int i = 0; i < 5; i++) { /* it was there: it could hold a denial */
        values.count = 0;
        assert_int_equal(map_lookup(maps[i], "a@x", &arena, &values, &error),
                         ANSWER_UNKNOWN);
        map_close(maps[i]);
    }
    arena_finish(&arena);
    buf_finish(&got);
    buf_finish(&error);
}

/* Keys of a table are what the table is for. */
static void test_uses_of_tables(void **state)
{
    static const struct {
        enum map_use use;
        const char *spec;
        const char *key;  /* NULL: it cannot be opened */
        const char *want; /* what it has, or why not */
    } cases[] = {
        {MAP_GROUPS, "inline:{ Sales = alice group:field }", "sales",
         "yes alice|group:field"},
        {MAP_GROUPS, "inline:{ group:sales = alice }", NULL,
         "expected the name of a group, not \"group:sales\" in an inline map"},
        {MAP_ALIAS_DOMAINS,
         "inline:{ B\xc3\xbc"
         "cher.example = @x.org }",
         "xn--bcher-kva.example", "yes @x.org"},
        {MAP_ALIAS_DOMAINS, "inline:{ @Old.example. = x.org }", "old.example",
         "yes x.org"},
        {MAP_ALIAS_DOMAINS, "inline:{ old.example = x.org y.org }", NULL,
         "more than one domain behind \"old.example\" in an inline map"},
        {MAP_ALIAS_DOMAINS, "inline:{ old.example = a@x.org }", NULL,
         "expected a domain, not \"a@x.org\" in an inline map"},
        {MAP_ALIAS_DOMAINS, "inline:{ a@old.example = x.org }", NULL,
         "expected a domain, not \"a@old.example\" in an inline map"},
        {MAP_SEND_AS, "inline:{ @.X.org = alice }", "@.x.org", "yes alice"},
        {MAP_DENY, "inline:{ @.[10.0.0.1] = alice }", NULL,
         "expected an address or @domain, not \"@.[10.0.0.1]\" in an inline map"},
    };
    const struct map_site site = {.store = ""};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf error = BUF_INIT;
        struct map *map = map_open(cases[i].spec, cases[i].use, &site, &error);

        if (cases[i].key == NULL) {
            assert_null(map);
            assert_string_equal(buf_str(&error), cases[i].want);
        } else {
            assert_non_null(map);
            check_lookup(map, cases[i].key, cases[i].want);
        }
        map_close(map);
        buf_finish(&error);
    }
}

/* The groups that a login is in, in any order, as "a b"; "?" if nobody can tell. */
static void check_holders(struct map *map, const char *login, const char *want)
{
    const struct map_sought sought = {{"*", login}, 2};
    struct buf error = BUF_INIT;
    struct strlist groups = {0}, wanted = {0};
    struct arena arena = {0};
    const enum answer answer = map_holders(map, &sought, &arena, &groups, &error);

    assert_int_equal(answer, want[0] == '?' ? ANSWER_UNKNOWN : ANSWER_YES);
    assert_int_equal(error.len != 0, answer == ANSWER_UNKNOWN);
    if (answer == ANSWER_YES)
        assert_true(map_add_values(&wanted, &arena, want));
    assert_int_equal(groups.count, wanted.count);
    for (size_t i = 0; i < wanted.count; i++)
        assert_true(strlist_has(&groups, wanted.items[i]));
    buf_finish(&error);
    arena_finish(&arena);
}

static void member_put(struct store *store, const char *group, const char *member)
{
    struct buf error = BUF_INIT;

    assert_int_equal(store_member_add(store, group, member, &error), ANSWER_YES);
    buf_finish(&error);
}

static void test_builtin_holders(void **state)
{
    const struct map_site site = {.store = tempdir_file(*state, "grants.db")};
    struct buf error = BUF_INIT;
    struct map *map = map_open("builtin", MAP_GROUPS, &site, &error);
    struct map *other = map_open("inline:{ s = alice }", MAP_GROUPS, &site, &error);
    const struct map_sought sought = {{"alice"}, 1};
    struct strlist groups = {0};
    struct arena arena = {0};
    struct store *store;

    assert_non_null(map);
    assert_non_null(other);
    check_holders(map, "alice", ""); /* there need not be a file */
    store = open_store(site.store);
    check_holders(map, "alice", "");
    member_put(store, "s", "alice");
    member_put(store, "t", "bob");
    member_put(store, "u", "group:s");
    member_put(store, "v", "group:u");
    member_put(store, "u", "group:v"); /* around */
    check_holders(map, "alice", "s u v");
    check_holders(map, "bob", "t");
    check_holders(map, "s", "");
    check_holders(map, "' OR 1=1 --", "");
    member_put(store, "all", "*");
    check_holders(map, "carol", "all");
    check_holders(map, "alice", "all s u v");
    store_close(store);
    assert_int_equal(unlink(site.store), 0);
    assert_int_equal(mkdir(site.store, 0700), 0);
    check_holders(map, "alice", "?");
    assert_int_equal(rmdir(site.store), 0);
    assert_int_equal(map_holders(other, &sought, &arena, &groups, &error), ANSWER_NO);
    map_close(other);
    map_close(map);
    arena_finish(&arena);
    buf_finish(&error);
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
        cmocka_unit_test(test_uses_of_tables),
        cmocka_unit_test_setup_teardown(test_builtin_uses, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test(test_bad_specs),
        cmocka_unit_test(test_inline),
        cmocka_unit_test(test_bad_inline),
        cmocka_unit_test(test_fail),
        cmocka_unit_test_setup_teardown(test_builtin, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_builtin_holders, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_builtin_refuses, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_builtin_threads, tempdir_setup,
                                        tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
