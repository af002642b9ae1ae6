/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/accounts*.c: the file and its changes. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "accounts_file.h"
#include "cred/accounts_private.h"
#include "tempdir.h"

/* An account as text: what is there, without what differs each time. */
static void describe(const struct account *account, struct buf *out)
{
    buf_addf(out, "%s%s", account->login, account->disabled ? " off" : "");
    for (size_t i = 0; i < account->verifiers.count; i++) {
        const char *stored = account->verifiers.items[i];
        struct buf error = BUF_INIT;
        struct verifier verifier;

        if (verifier_parse(stored, strlen(stored), &verifier, &error))
            buf_addf(out, " %s/%u", scheme_name(verifier.scheme), verifier.cost);
        else
            buf_addf(out, " [%s]", stored);
        buf_finish(&error);
    }
    for (size_t i = 0; i < account->aliases.count; i++)
        buf_addf(out, " ~%s", account->aliases.items[i]);
    for (size_t i = 0; i < account->app_count; i++)
        buf_addf(out, " +%s%s%s", account->apps[i].label,
                 account->apps[i].disabled ? "(off)" : "",
                 account->apps[i].expires != 0 ? "(ends)" : "");
    for (size_t i = 0; i < account->names.count; i++)
        buf_addf(out, " %s=%s", account->names.items[i], account->values.items[i]);
}

static void check_account(struct accounts *accounts, const char *login,
                          const char *want)
{
    struct buf got = BUF_INIT, error = BUF_INIT;
    struct arena arena = {0};
    struct account account;
    enum answer answer = accounts_find(accounts, login, &arena, &account, &error);

    if (answer == ANSWER_YES)
        describe(&account, &got);
    else
        buf_addf(&got, "%s%s", answer == ANSWER_NO ? "none" : "? ", buf_str(&error));
    assert_string_equal(buf_str(&got), want);
    buf_finish(&got);
    buf_finish(&error);
    arena_finish(&arena);
}

/* The profile as text. */
static void check_profile(const char *path, const char *want)
{
    struct accounts_reader *reader = accounts_reader_create(path, 1, 100);
    struct buf got = BUF_INIT, error = BUF_INIT;
    struct accounts_profile_row *rows;
    struct arena arena = {0};
    size_t count;

    if (!accounts_reader_profile(reader, &arena, &rows, &count, &error))
        fail_msg("%s", buf_str(&error));
    for (size_t i = 0; i < count; i++)
        buf_addf(&got, "%s/%u:%u,%u ", rows[i].scheme, rows[i].cost,
                 (unsigned)rows[i].count, (unsigned)rows[i].checked);
    assert_string_equal(buf_str(&got), want);
    buf_finish(&got);
    arena_finish(&arena);
    accounts_reader_destroy(reader);
}

static void set_one(struct accounts *accounts, const char *login, const char *stored,
                    enum answer want)
{
    struct arena arena = {0};
    struct strlist list = {0};
    struct buf error = BUF_INIT;

    if (stored != NULL)
        assert_true(strlist_add(&list, &arena, stored));
    assert_int_equal(accounts_set_verifiers(accounts, login, &list, &error), want);
    buf_finish(&error);
    arena_finish(&arena);
}

static void test_file(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct stat st;

    umask(0);
    accounts_close(open_accounts(path, STORE_CREATE));
    umask(022);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    accounts_close(open_accounts(path, STORE_CREATE));
    accounts_close(open_accounts(path, STORE_WRITE));
    accounts_close(open_accounts(path, STORE_READ));
    accounts_close(NULL);
}

/* Another kind of file of ours is refused, too. */
static void test_foreign(void **state)
{
    struct buf error = BUF_INIT;
    const char *path = tempdir_file(*state, "grants.db");

    store_close(store_open(path, STORE_CREATE, &error));
    assert_null(accounts_open(path, STORE_CREATE, &error));
    assert_non_null(strstr(buf_str(&error), "not a sendas accounts file"));
    buf_clear(&error);
    assert_null(accounts_open("/nowhere/accounts.db", STORE_WRITE, &error));
    assert_string_equal(buf_str(&error),
                        "/nowhere/accounts.db: No such file or directory");
    buf_finish(&error);
}

static void test_changes(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts *accounts = open_accounts(path, STORE_CREATE);
    struct arena arena = {0};
    struct buf error = BUF_INIT;
    struct strlist none = {0};
    const char *scram = new_verifier(&arena, "SCRAM-SHA-256", 4096, "x");
    const char *sha1 = new_verifier(&arena, "SCRAM-SHA-1", 5000, "x");
    const char *crypt = new_verifier(&arena, "SHA512-CRYPT", 1000, "x");

    add_account(accounts, "alice@x.org", sha1, scram);
    add_account(accounts, "bob@x.org", crypt, sha1);
    add_account(accounts, "carol@x.org", NULL, NULL);
    check_account(accounts, "alice@x.org",
                  "alice@x.org SCRAM-SHA-1/5000 SCRAM-SHA-256/4096");
    check_account(accounts, "carol@x.org", "carol@x.org");
    check_account(accounts, "ALICE@x.org", "none");
    check_profile(path, "SCRAM-SHA-1/5000:2,1 SCRAM-SHA-256/4096:1,1 "
                        "SHA512-CRYPT/1000:1,0 ");
    assert_int_equal(accounts_add(accounts, "bob@x.org", &none, &error), ANSWER_NO);

    set_one(accounts, "bob@x.org", scram, ANSWER_YES);
    set_one(accounts, "carol@x.org", scram, ANSWER_YES);
    set_one(accounts, "nobody@x.org", scram, ANSWER_NO);
    check_account(accounts, "bob@x.org", "bob@x.org SCRAM-SHA-256/4096");
    check_profile(path, "SCRAM-SHA-1/5000:1,0 SCRAM-SHA-256/4096:3,3 ");
    set_one(accounts, "carol@x.org", NULL, ANSWER_YES);
    check_account(accounts, "carol@x.org", "carol@x.org");

    assert_int_equal(accounts_disable(accounts, "bob@x.org", true, &error), ANSWER_YES);
    check_account(accounts, "bob@x.org", "bob@x.org off SCRAM-SHA-256/4096");
    assert_int_equal(accounts_disable(accounts, "bob@x.org", false, &error),
                     ANSWER_YES);
    assert_int_equal(accounts_disable(accounts, "no@x.org", true, &error), ANSWER_NO);
    check_account(accounts, "bob@x.org", "bob@x.org SCRAM-SHA-256/4096");

    assert_int_equal(accounts_delete(accounts, "alice@x.org", &error), ANSWER_YES);
    assert_int_equal(accounts_delete(accounts, "alice@x.org", &error), ANSWER_NO);
    check_account(accounts, "alice@x.org", "none");
    check_profile(path, "SCRAM-SHA-256/4096:1,1 ");
    assert_int_equal(accounts_delete(accounts, "bob@x.org", &error), ANSWER_YES);
    check_profile(path, "");
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
    arena_finish(&arena);
}

/* What is no verifier, or none to be stored, changes nothing. */
static void test_bad_verifiers(void **state)
{
    static const struct {
        const char *first;
        const char *second;
        const char *want;
    } cases[] = {
        {"{PLAIN}secret", NULL, "in the clear"},
        {"secret", NULL, "expected {SCHEME}"},
        {"{NOSUCH}x", NULL, "unknown scheme {NOSUCH}"},
        {"{SSHA}!!", NULL, "SSHA: "},
        {"", NULL, "expected {SCHEME}"},
        {"$2b$04$abcdefghijklmnopqrstuuBZQyRRG3kWoKdDkNFzJ5bHf3Q3QOXqG",
         "$2b$04$abcdefghijklmnopqrstuuBZQyRRG3kWoKdDkNFzJ5bHf3Q3QOXqG",
         "expected one verifier of a scheme"},
    };
    struct accounts *accounts =
        open_accounts(tempdir_file(*state, "accounts.db"), STORE_CREATE);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf error = BUF_INIT;
        struct strlist list = {0};
        struct arena arena = {0};

        strlist_add(&list, &arena, cases[i].first);
        if (cases[i].second != NULL)
            strlist_add(&list, &arena, cases[i].second);
        assert_int_equal(accounts_add(accounts, "a@x.org", &list, &error),
                         ANSWER_UNKNOWN);
        if (strstr(buf_str(&error), cases[i].want) == NULL ||
            strstr(buf_str(&error), ": a@x.org: ") == NULL)
            fail_msg("%s", buf_str(&error));
        assert_null(strstr(buf_str(&error), "secret"));
        check_account(accounts, "a@x.org", "none");
        buf_finish(&error);
        arena_finish(&arena);
    }
    accounts_close(accounts);
}

static void test_aliases(void **state)
{
    struct accounts *accounts =
        open_accounts(tempdir_file(*state, "accounts.db"), STORE_CREATE);
    struct buf error = BUF_INIT;
    struct strlist none = {0};

    add_account(accounts, "alice@x.org", NULL, NULL);
    add_account(accounts, "bob@x.org", NULL, NULL);
#define ALIAS(login, alias) accounts_alias_add(accounts, login, alias, &error)
    assert_int_equal(ALIAS("alice@x.org", "al@x.org"), ANSWER_YES);
    assert_int_equal(ALIAS("alice@x.org", "ally@x.org"), ANSWER_YES);
    assert_int_equal(ALIAS("bob@x.org", "al@x.org"), ANSWER_NO);
    assert_int_equal(ALIAS("alice@x.org", "bob@x.org"), ANSWER_NO);
    assert_int_equal(ALIAS("alice@x.org", "alice@x.org"), ANSWER_NO);
    assert_int_equal(ALIAS("no@x.org", "new@x.org"), ANSWER_NO);
    assert_int_equal(ALIAS("al@x.org", "new@x.org"), ANSWER_NO); /* of no alias */
    assert_int_equal(accounts_add(accounts, "al@x.org", &none, &error), ANSWER_NO);
    check_account(accounts, "al@x.org", "alice@x.org ~al@x.org ~ally@x.org");
    assert_int_equal(accounts_alias_remove(accounts, "al@x.org", &error), ANSWER_YES);
    assert_int_equal(accounts_alias_remove(accounts, "al@x.org", &error), ANSWER_NO);
    check_account(accounts, "al@x.org", "none");

    /* An account's aliases go with it: whoever comes next is somebody else. */
    assert_int_equal(accounts_delete(accounts, "alice@x.org", &error), ANSWER_YES);
    add_account(accounts, "ally@x.org", NULL, NULL);
    add_account(accounts, "alice@x.org", NULL, NULL);
    check_account(accounts, "ally@x.org", "ally@x.org");
    check_account(accounts, "alice@x.org", "alice@x.org");
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
}

static void test_attributes(void **state)
{
    static const char *const secrets[] = {"userPassword", "USERPASSWORD",
                                          "authPassword", "cmusaslsecretPLAIN", ""};
    struct accounts *accounts =
        open_accounts(tempdir_file(*state, "accounts.db"), STORE_CREATE);
    struct buf error = BUF_INIT;

    add_account(accounts, "alice@x.org", NULL, NULL);
#define SET(login, name, value) accounts_attribute(accounts, login, name, value, &error)
    assert_int_equal(SET("alice@x.org", "quota", "1G"), ANSWER_YES);
    assert_int_equal(SET("alice@x.org", "home", ""), ANSWER_YES);
    assert_int_equal(SET("alice@x.org", "quota", "2G"), ANSWER_YES);
    assert_int_equal(SET("no@x.org", "quota", "2G"), ANSWER_NO);
    check_account(accounts, "alice@x.org", "alice@x.org home= quota=2G");
    assert_int_equal(SET("alice@x.org", "home", NULL), ANSWER_YES);
    assert_int_equal(SET("alice@x.org", "home", NULL), ANSWER_YES);
    check_account(accounts, "alice@x.org", "alice@x.org quota=2G");
    assert_string_equal(buf_str(&error), "");
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        buf_clear(&error);
        assert_int_equal(SET("alice@x.org", secrets[i], "x"), ANSWER_UNKNOWN);
        assert_non_null(strstr(buf_str(&error), "cannot be an attribute"));
    }
    buf_finish(&error);
    accounts_close(accounts);
}

static void test_upgrade(void **state)
{
    struct accounts *accounts =
        open_accounts(tempdir_file(*state, "accounts.db"), STORE_CREATE);
    struct arena arena = {0};
    struct strlist list = {0};
    struct account before, after;
    struct buf error = BUF_INIT;
    const char *old = new_verifier(&arena, "SHA512-CRYPT", 1000, "x");

    add_account(accounts, "alice@x.org", old, NULL);
    run_sql(tempdir_file(*state, "accounts.db"), "UPDATE accounts SET changed = 77");
    strlist_add(&list, &arena, new_verifier(&arena, "SCRAM-SHA-256", 4096, "x"));
    accounts_find(accounts, "alice@x.org", &arena, &before, &error);
#define UPGRADE(login, was) accounts_upgrade(accounts, login, was, &list, &error)
    assert_int_equal(UPGRADE("alice@x.org", "{SSHA}other"), ANSWER_NO);
    check_account(accounts, "alice@x.org", "alice@x.org SHA512-CRYPT/1000");
    assert_int_equal(UPGRADE("no@x.org", before.verifiers.items[0]), ANSWER_NO);
    assert_int_equal(UPGRADE("alice@x.org", before.verifiers.items[0]), ANSWER_YES);
    check_account(accounts, "alice@x.org", "alice@x.org SCRAM-SHA-256/4096");
    assert_int_equal(UPGRADE("alice@x.org", before.verifiers.items[0]), ANSWER_NO);
    accounts_find(accounts, "alice@x.org", &arena, &after, &error);
    assert_int_equal(after.changed, 77);
    set_one(accounts, "alice@x.org", list.items[0], ANSWER_YES);
    accounts_find(accounts, "alice@x.org", &arena, &after, &error);
    assert_int_not_equal(after.changed, 77);
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
    arena_finish(&arena);
}

static void test_transactions(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts *accounts = open_accounts(path, STORE_CREATE);
    struct buf error = BUF_INIT;
    struct strlist none = {0};

    assert_true(accounts_begin(accounts, &error));
    add_account(accounts, "a@x.org", NULL, NULL);
    assert_int_equal(accounts_add(accounts, "a@x.org", &none, &error), ANSWER_NO);
    add_account(accounts, "b@x.org", NULL, NULL);
    accounts_rollback(accounts);
    check_account(accounts, "a@x.org", "none");
    assert_true(accounts_begin(accounts, &error));
    add_account(accounts, "a@x.org", NULL, NULL);
    assert_int_equal(accounts_add(accounts, "a@x.org", &none, &error), ANSWER_NO);
    assert_true(accounts_commit(accounts, &error));
    assert_true(accounts_begin(accounts, &error));
    add_account(accounts, "c@x.org", NULL, NULL);
    accounts_close(accounts);
    accounts = open_accounts(path, STORE_READ);
    check_account(accounts, "a@x.org", "a@x.org");
    check_account(accounts, "b@x.org", "none");
    check_account(accounts, "c@x.org", "none");
    assert_string_equal(buf_str(&error), "");
    assert_int_equal(accounts_add(accounts, "d@x.org", &none, &error), ANSWER_UNKNOWN);
    assert_non_null(strstr(buf_str(&error), "readonly"));
    buf_finish(&error);
    accounts_close(accounts);
}

static bool list_one(const struct account *account, void *arg)
{
    struct buf *out = arg;

    describe(account, out);
    for (size_t i = 0; i < account->app_count; i++)
        assert_string_equal(account->apps[i].stored, "");
    buf_adds(out, "\n");
    return strcmp(account->login, "c@x.org") != 0;
}

static void test_visit(void **state)
{
    struct accounts *accounts =
        open_accounts(tempdir_file(*state, "accounts.db"), STORE_CREATE);
    struct buf got = BUF_INIT, error = BUF_INIT, password = BUF_INIT;
    struct arena arena = {0};
    const char *scram = new_verifier(&arena, "SCRAM-SHA-256", 4096, "x");

    assert_true(accounts_visit(accounts, list_one, &got, &error));
    assert_string_equal(buf_str(&got), "");
    add_account(accounts, "d@x.org", NULL, NULL);
    add_account(accounts, "c@x.org", NULL, NULL);
    add_account(accounts, "b@x.org", scram, NULL);
    add_account(accounts, "a@x.org", NULL, NULL);
    accounts_app_add(accounts, "a@x.org", "phone", 0, &password, &error);
    for (int i = 0; i < 2; i++) {
        buf_clear(&got);
        assert_true(accounts_visit(accounts, list_one, &got, &error));
        assert_string_equal(buf_str(&got), "a@x.org +phone\nb@x.org [SCRAM-SHA-256]\n"
                                           "c@x.org\n");
    }
    buf_finish(&got);
    buf_finish(&password);
    arena_finish(&arena);
    accounts_close(accounts);
}

/* The application password of the label, in the arena. */
static struct app_password get_app(struct accounts *accounts, const char *login,
                                   const char *label, struct arena *arena)
{
    struct buf error = BUF_INIT;
    struct account account;

    assert_int_equal(accounts_find(accounts, login, arena, &account, &error),
                     ANSWER_YES);
    for (size_t i = 0; i < account.app_count; i++) {
        if (strcmp(account.apps[i].label, label) == 0)
            return account.apps[i];
    }
    fail_msg("no %s", label);
    return (struct app_password){0};
}

static void test_apps(void **state)
{
    struct accounts *accounts =
        open_accounts(tempdir_file(*state, "accounts.db"), STORE_CREATE);
    struct buf one = BUF_INIT, two = BUF_INIT, error = BUF_INIT;
    struct arena arena = {0};
    struct app_password app;

    add_account(accounts, "alice@x.org", NULL, NULL);
#define ADD(login, label, out) accounts_app_add(accounts, login, label, 0, out, &error)
    assert_int_equal(ADD("alice@x.org", "phone", &one), ANSWER_YES);
    assert_int_equal(ADD("alice@x.org", "printer", &two), ANSWER_YES);
    assert_string_equal(buf_str(&error), "");
    assert_string_not_equal(buf_str(&one), buf_str(&two));
    /* 25 characters of 31, in groups of five: 123 bits. */
    assert_int_equal(one.len, 29);
    for (size_t i = 0; i < one.len; i++)
        assert_true(i % 6 == 5 ? one.data[i] == '-'
                               : strchr("abcdefghjkmnpqrstuvwxyz23456789",
                                        one.data[i]) != NULL);

    app = get_app(accounts, "alice@x.org", "phone", &arena);
    assert_null(strstr(app.stored, buf_str(&one)));
    assert_true(accounts_app_check(&app, one.data, one.len));
    assert_false(accounts_app_check(&app, two.data, two.len));
    assert_false(accounts_app_check(&app, one.data, one.len - 1));
    assert_false(accounts_app_check(&app, "", 0));
    for (size_t i = 0; i < one.len; i++) {
        if (one.data[i] == '-')
            one.data[i] = ' ';
        else if (one.data[i] >= 'a' && one.data[i] <= 'z' && i % 2 == 0)
            one.data[i] = (char)(one.data[i] - 'a' + 'A');
    }
    assert_true(accounts_app_check(&app, one.data, one.len));
    one.data[0] = one.data[0] == '2' ? '3' : '2';
    assert_false(accounts_app_check(&app, one.data, one.len));
    one.data[0] = '\0';
    assert_false(accounts_app_check(&app, one.data, one.len));
    app.stored = "app1$";
    assert_false(accounts_app_check(&app, two.data, two.len));
    app.stored = "";
    assert_false(accounts_app_check(&app, two.data, two.len));

    assert_int_equal(ADD("alice@x.org", "phone", &one), ANSWER_NO);
    assert_non_null(strstr(buf_str(&error), "of that label"));
    buf_clear(&error);
    assert_int_equal(ADD("no@x.org", "phone", &one), ANSWER_NO);
    assert_non_null(strstr(buf_str(&error), "no such account"));
    buf_clear(&error);
    assert_int_equal(ADD("alice@x.org", "", &one), ANSWER_NO);
    assert_int_equal(ADD("alice@x.org", "a\nb", &one), ANSWER_NO);
    buf_clear(&error);
    assert_int_equal(
        accounts_app_disable(accounts, "alice@x.org", "phone", true, &error),
        ANSWER_YES);
    assert_int_equal(accounts_app_disable(accounts, "alice@x.org", "tv", true, &error),
                     ANSWER_NO);
    check_account(accounts, "alice@x.org", "alice@x.org +phone(off) +printer");
    assert_int_equal(accounts_app_delete(accounts, "alice@x.org", "phone", &error),
                     ANSWER_YES);
    assert_int_equal(accounts_app_delete(accounts, "alice@x.org", "phone", &error),
                     ANSWER_NO);
    check_account(accounts, "alice@x.org", "alice@x.org +printer");
    for (int i = 1; i < APP_PASSWORDS_MAX; i++) {
        char label[16];

        snprintf(label, sizeof(label), "n%d", i);
        assert_int_equal(ADD("alice@x.org", label, &one), ANSWER_YES);
    }
    assert_string_equal(buf_str(&error), "");
    assert_int_equal(ADD("alice@x.org", "more", &one), ANSWER_NO);
    assert_non_null(strstr(buf_str(&error), "as many application passwords as fit"));
    buf_finish(&one);
    buf_finish(&two);
    buf_finish(&error);
    arena_finish(&arena);
    accounts_close(accounts);
}

/* Nothing that a program left behind can come to belong to another account. */
static void test_no_leftovers(void **state)
{
    const char *path = tempdir_file(*state, "accounts.db");
    struct accounts *accounts = open_accounts(path, STORE_CREATE);
    struct arena arena = {0};

    add_account(accounts, "a@x.org", new_verifier(&arena, "SCRAM-SHA-256", 4096, "x"),
                NULL);
    run_sql(path, "PRAGMA foreign_keys = OFF; DELETE FROM accounts");
    check_profile(path, "");
    run_sql(path, "INSERT INTO verifiers VALUES (64, 'SSHA', 0, 1, '{SSHA}old')");
    add_account(accounts, "b@x.org", NULL, NULL);
    check_account(accounts, "b@x.org", "b@x.org");
    accounts_close(accounts);
    arena_finish(&arena);
}

/* No statement that a login runs goes through a table. */
static void test_plans(void **state)
{
    static const int scans[] = {ACCOUNTS_LIST, ACCOUNTS_PROFILE};
    const char *path = tempdir_file(*state, "accounts.db");
    sqlite3 *db;

    accounts_close(open_accounts(path, STORE_CREATE));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int i = ACCOUNTS_IDS; i < ACCOUNTS_STATEMENTS; i++) {
        struct buf sql = BUF_INIT;
        sqlite3_stmt *stmt;
        bool scan = i == scans[0] || i == scans[1];

        buf_addf(&sql, "EXPLAIN QUERY PLAN %s", accounts_sql[i]);
        assert_int_equal(sqlite3_prepare_v2(db, buf_str(&sql), -1, &stmt, NULL),
                         SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(stmt, 3);

            if (!scan && strncmp(step, "SCAN", 4) == 0 &&
                strstr(step, "CONSTANT ROW") == NULL)
                fail_msg("%s: %s", accounts_sql[i], step);
        }
        sqlite3_finalize(stmt);
        buf_finish(&sql);
    }
    sqlite3_close(db);
}

int main(void)
{
#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, tempdir_setup, tempdir_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_file),          TEST(test_foreign),      TEST(test_changes),
        TEST(test_bad_verifiers), TEST(test_aliases),      TEST(test_attributes),
        TEST(test_upgrade),       TEST(test_transactions), TEST(test_visit),
        TEST(test_apps),          TEST(test_no_leftovers), TEST(test_plans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
