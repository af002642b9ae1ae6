/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/accounts_reader.c: many threads, and whatever happens to the file.
 */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "accounts_file.h"
#include "tempdir.h"

enum { BUSY_MS = 200 };

/* The answer as text: the login, "none", or "? WHY". */
static void ask(struct accounts_reader *reader, const char *login, struct buf *got)
{
    struct buf error = BUF_INIT;
    struct arena arena = {0};
    struct account account;

    buf_clear(got);
    switch (accounts_reader_find(reader, login, &arena, &account, &error)) {
    case ANSWER_YES:
        buf_adds(got, account.login);
        break;
    case ANSWER_NO:
        buf_adds(got, "none");
        break;
    default:
        buf_addf(got, "? %s", buf_str(&error));
    }
    buf_finish(&error);
    arena_finish(&arena);
}

static void check_find(struct accounts_reader *reader, const char *login,
                       const char *want)
{
    struct buf got = BUF_INIT;

    ask(reader, login, &got);
    if (*want == '?' ? got.data[0] != '?' || strstr(buf_str(&got), want + 2) == NULL
                     : strcmp(buf_str(&got), want) != 0)
        fail_msg("%s: got %s, want %s", login, buf_str(&got), want);
    assert_null(strchr(buf_str(&got), '\n'));
    buf_finish(&got);
}

static long elapsed_ms(const struct timespec *since)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - since->tv_sec) * 1000 +
           (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void make_file(const char *path, const char *login)
{
    struct accounts *accounts = open_accounts(path, STORE_CREATE);

    add_account(accounts, login, NULL, NULL);
    accounts_close(accounts);
}

static void test_find(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts_reader *reader = accounts_reader_create(path, 2, BUSY_MS);
    struct accounts *accounts = open_accounts(path, STORE_CREATE);
    struct buf error = BUF_INIT;

    check_find(reader, "alice@x.org", "none");
    add_account(accounts, "alice@x.org", NULL, NULL);
    check_find(reader, "alice@x.org", "alice@x.org");
    accounts_alias_add(accounts, "alice@x.org", "al@x.org", &error);
    check_find(reader, "al@x.org", "alice@x.org");
    check_find(reader, "' OR 1", "none");
    accounts_delete(accounts, "alice@x.org", &error);
    check_find(reader, "al@x.org", "none");
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
    accounts_reader_destroy(reader);
}

/* Missing, made, replaced, spoilt: each question is answered by the file of the moment.
 */
static void test_file_changes(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts_reader *reader = accounts_reader_create(path, 2, BUSY_MS);
    struct buf got = BUF_INIT;
    char other[256];
    FILE *file;

    check_find(reader, "alice@x.org", "? No such file");
    file = fopen(path, "w");
    fclose(file);
    check_find(reader, "alice@x.org", "? not a sendas accounts file yet");
    make_file(path, "alice@x.org");
    check_find(reader, "alice@x.org", "alice@x.org");

    snprintf(other, sizeof(other), "%s.new", path);
    make_file(other, "bob@x.org");
    assert_int_equal(rename(other, path), 0);
    check_find(reader, "alice@x.org", "none");
    check_find(reader, "bob@x.org", "bob@x.org");

    assert_int_equal(unlink(path), 0);
    check_find(reader, "bob@x.org", "? No such file");

    file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database at all\n", file);
    fclose(file);
    check_find(reader, "bob@x.org", "? file is not a database");
    unlink(path);
    make_file(path, "carol@x.org");
    check_find(reader, "carol@x.org", "carol@x.org");

    /* Spoilt under a connection that is open: it may remember, but makes nothing up. */
    file = fopen(path, "r+");
    for (int i = 0; i < 4000; i++)
        fputs("this is no database at all\n", file);
    fclose(file);
    ask(reader, "carol@x.org", &got);
    assert_true(buf_str(&got)[0] == '?' || strcmp(buf_str(&got), "carol@x.org") == 0);
    accounts_reader_destroy(reader);
    reader = accounts_reader_create(path, 2, BUSY_MS);
    check_find(reader, "carol@x.org", "? file is not a database");
    check_find(reader, "carol@x.org", "? file is not a database");
    buf_finish(&got);
    accounts_reader_destroy(reader);
}

/* Somebody keeps the file for himself: everybody hears so, and soon. */
static void *ask_locked(void *arg)
{
    struct buf got = BUF_INIT;

    ask(arg, "alice@x.org", &got);
    if (got.len != 0 && got.data[0] == '?')
        buf_finish(&got);
    return got.data;
}

static void test_locked(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts_reader *reader = accounts_reader_create(path, 2, BUSY_MS);
    pthread_t threads[6];
    struct timespec start;
    sqlite3 *db;

    make_file(path, "alice@x.org");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA locking_mode = EXCLUSIVE;"
                                  "BEGIN EXCLUSIVE; UPDATE accounts SET changed = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, ask_locked, reader);
    for (int i = 0; i < 6; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    /* Wait for a connection, open and check it, ask: each at most BUSY_MS, or so. */
    assert_true(elapsed_ms(&start) < 10 * BUSY_MS);
    sqlite3_close(db);
    check_find(reader, "alice@x.org", "alice@x.org");
    accounts_reader_destroy(reader);
}

/* Whatever somebody wrote into the tables is told, or harmless. */
static void test_hostile_rows(void **state)
{
    static const struct {
        const char *sql;
        const char *want;
    } cases[] = {
        {"UPDATE accounts SET login = 'alice@x.org' || char(0) || 'x'", "none"},
        {"INSERT INTO verifiers VALUES (127, 'X', 0, 0, 'a' || char(0) || 'b')",
         "? stored of an account: holds a NUL byte"},
        {"INSERT INTO verifiers VALUES (127, 'X', 0, 0, x'610062')",
         "? stored of an account: expected a text"},
        {"INSERT INTO verifiers VALUES (127, 'X', 0, 0,"
         " hex(zeroblob(1000)))",
         "? stored of an account: too long"},
        {"INSERT INTO attributes VALUES (1, 'big', hex(zeroblob(2000000)))",
         "? value of an account: too long"},
        {"INSERT INTO attributes VALUES (1, 'null', x'')",
         "? value of an account: expected a text"},
        {"UPDATE accounts SET disabled = 'no'",
         "? disabled of an account: expected a number"},
        {"UPDATE accounts SET disabled = 7", "alice@x.org"},
        {"UPDATE accounts SET created = -5", "? created of an account: negative"},
        {"UPDATE accounts SET changed = 1.5",
         "? changed of an account: expected a number"},
        {"INSERT INTO app_passwords VALUES (1, 'x', 'app1$', 0, 'never', 0)",
         "? expires of an account: expected a number"},
        {"INSERT INTO aliases VALUES (x'ff', 1)",
         "alice@x.org"}, /* no login's matter */
        {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40)"
         " INSERT INTO app_passwords SELECT 1, i, 'app1$', 0, 0, 0 FROM n",
         "? label of an account: too many"},
        {"DROP TABLE verifiers", "? no such table"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = tempdir_file(*state, "accounts.db");
        struct accounts_reader *reader;
        struct buf sql = BUF_INIT;

        make_file(path, "alice@x.org");
        buf_addf(&sql, "PRAGMA ignore_check_constraints = 1; %s", cases[i].sql);
        run_sql(path, buf_str(&sql));
        buf_finish(&sql);
        reader = accounts_reader_create(path, 1, BUSY_MS);
        check_find(reader, "alice@x.org", cases[i].want);
        check_find(reader, "bob@x.org",
                   i + 1 == sizeof(cases) / sizeof(cases[0]) ? "? " : "none");
        accounts_reader_destroy(reader);
        unlink(path);
        unlink(tempdir_file(*state, "accounts.db-wal"));
        unlink(tempdir_file(*state, "accounts.db-shm"));
    }
}

struct asker {
    pthread_t thread;
    struct accounts_reader *reader;
    const char *const *forms; /* the verifiers of each moment */
    unsigned long asked, wrong;
    volatile int *stop;
};

/*
 * alice is always there, with two verifiers of one moment; bob comes and goes, with a
 * verifier when he is there.
 */
static void *ask_many(void *arg)
{
    struct asker *asker = arg;
    struct arena arena = {0};

    while (!__atomic_load_n(asker->stop, __ATOMIC_RELAXED) || asker->asked < 200) {
        struct buf error = BUF_INIT;
        struct account account;
        enum answer answer;

        answer = accounts_reader_find(asker->reader, "alice@x.org", &arena, &account,
                                      &error);
        if (answer != ANSWER_YES || account.verifiers.count != 2 ||
            strcmp(strchr(account.verifiers.items[0], '$'),
                   strchr(account.verifiers.items[1], '$')) == 0)
            asker->wrong++;
        answer =
            accounts_reader_find(asker->reader, "bob@x.org", &arena, &account, &error);
        if (answer == ANSWER_UNKNOWN ||
            (answer == ANSWER_YES && account.verifiers.count != 1))
            asker->wrong++;
        if (error.len != 0)
            print_error("%s\n", buf_str(&error));
        asker->asked++;
        buf_finish(&error);
        arena_reset(&arena);
    }
    arena_finish(&arena);
    return NULL;
}

static void test_writer_and_readers(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts_reader *reader = accounts_reader_create(path, 4, 5000);
    struct accounts *accounts = open_accounts(path, STORE_CREATE);
    struct arena arena = {0};
    struct strlist both = {0}, one = {0};
    struct buf error = BUF_INIT;
    struct asker askers[8];
    volatile int stop = 0;

    strlist_add(&both, &arena, new_verifier(&arena, "SCRAM-SHA-256", 4096, "x"));
    strlist_add(&both, &arena, new_verifier(&arena, "SCRAM-SHA-1", 4096, "x"));
    strlist_add(&one, &arena, both.items[0]);
    assert_int_equal(accounts_add(accounts, "alice@x.org", &both, &error), ANSWER_YES);
    for (int i = 0; i < 8; i++) {
        askers[i] = (struct asker){.reader = reader, .stop = &stop};
        pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]);
    }
    for (int i = 0; i < 60; i++) {
        assert_int_equal(accounts_set_verifiers(accounts, "alice@x.org", &both, &error),
                         ANSWER_YES);
        assert_int_equal(accounts_add(accounts, "bob@x.org", &one, &error), ANSWER_YES);
        assert_int_equal(accounts_delete(accounts, "bob@x.org", &error), ANSWER_YES);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 8; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].wrong, 0);
        assert_true(askers[i].asked >= 200);
    }
    accounts_close(accounts);
    accounts_reader_destroy(reader);
    arena_finish(&arena);
}

/* Replaced again and again under readers: everybody finds one file or the other. */
static void *ask_replaced(void *arg)
{
    struct asker *asker = arg;
    struct buf got = BUF_INIT;

    for (int i = 0; i < 300; i++) {
        ask(asker->reader, "alice@x.org", &got);
        if (strcmp(buf_str(&got), "alice@x.org") != 0) {
            print_error("%s\n", buf_str(&got));
            asker->wrong++;
        }
    }
    buf_finish(&got);
    return NULL;
}

static void test_replaced_under_readers(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts_reader *reader = accounts_reader_create(path, 4, 5000);
    struct asker askers[8];
    char other[256], rest[300];

    make_file(path, "alice@x.org");
    for (int i = 0; i < 8; i++) {
        askers[i] = (struct asker){.reader = reader};
        pthread_create(&askers[i].thread, NULL, ask_replaced, &askers[i]);
    }
    for (int i = 0; i < 10; i++) {
        /* A copy without a log of its own, as a restored backup is. */
        snprintf(other, sizeof(other), "%s.new", path);
        make_file(other, "alice@x.org");
        run_sql(other, "PRAGMA journal_mode = DELETE");
        snprintf(rest, sizeof(rest), "%s-wal", other);
        unlink(rest);
        snprintf(rest, sizeof(rest), "%s-shm", other);
        unlink(rest);
        assert_int_equal(rename(other, path), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].wrong, 0);
    }
    accounts_reader_destroy(reader);
}

/* The profile is bounded, whatever is in the file. */
static void test_profile_bound(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts_reader *reader = accounts_reader_create(path, 1, BUSY_MS);
    struct accounts_profile_row *rows;
    struct buf error = BUF_INIT;
    struct arena arena = {0};
    size_t count;

    assert_false(accounts_reader_profile(reader, &arena, &rows, &count, &error));
    assert_non_null(strstr(buf_str(&error), "No such file"));
    buf_clear(&error);
    make_file(path, "alice@x.org");
    run_sql(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                  " LIMIT 500) INSERT INTO profile SELECT 'S', i, i, i FROM n");
    assert_true(accounts_reader_profile(reader, &arena, &rows, &count, &error));
    assert_int_equal(count, ACCOUNTS_PROFILE_MAX);
    assert_int_equal(rows[0].count, 500 - ACCOUNTS_PROFILE_MAX + 1);
    run_sql(path, "INSERT INTO profile VALUES ('S', 99999999999, 1000, 1)");
    assert_false(accounts_reader_profile(reader, &arena, &rows, &count, &error));
    assert_non_null(strstr(buf_str(&error), "too high"));
    buf_finish(&error);
    arena_finish(&arena);
    accounts_reader_destroy(reader);
}

int main(void)
{
#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, tempdir_setup, tempdir_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_find),
        TEST(test_file_changes),
        TEST(test_locked),
        TEST(test_hostile_rows),
        TEST(test_writer_and_readers),
        TEST(test_replaced_under_readers),
        TEST(test_profile_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
