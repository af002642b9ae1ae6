/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of cred/cred*.c. The program is linked so that each check of a verifier
 * goes through __wrap_verifier_check(): what a check costs is counted, not timed.
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
#include "cred/cred_private.h"
#include "tempdir.h"

/* What was spent since the last look, as "SCHEME/COST " each. */
static pthread_mutex_t spent_lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf spent;

enum answer __real_verifier_check(const struct verifier *verifier, const char *password,
                                  size_t len);
enum answer __wrap_verifier_check(const struct verifier *verifier, const char *password,
                                  size_t len);

enum answer __wrap_verifier_check(const struct verifier *verifier, const char *password,
                                  size_t len)
{
    pthread_mutex_lock(&spent_lock);
    buf_addf(&spent, "%s/%u ", scheme_name(verifier->scheme), verifier->cost);
    pthread_mutex_unlock(&spent_lock);
    return __real_verifier_check(verifier, password, len);
}

#define NAME(text) ((struct cred_login){.name = (text)})

struct rig {
    struct tempdir *dir;
    struct arena arena;
    struct strlist sources, schemes;
    struct cred_site site;
    struct cred *cred;
    struct buf key;
    char path[256];
    char users[256]; /* a foreign table, and its .cf */
    char cf[256];
};

static void rig_open(struct rig *rig)
{
    struct buf error = BUF_INIT;

    cred_destroy(rig->cred);
    rig->cred = cred_create(&rig->site, &error);
    if (rig->cred == NULL)
        fail_msg("%s", buf_str(&error));
    buf_clear(&spent);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void rig_write_cf(struct rig *rig, const char *more)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "dbpath = %s\nquery = SELECT hash FROM users WHERE login = '%%s'\n%s",
             rig->users, more);
    write_file(rig->cf, text);
}

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    tempdir_setup((void **)&rig->dir);
    strcpy(rig->path, tempdir_file(rig->dir, "accounts.db"));
    strcpy(rig->users, tempdir_file(rig->dir, "users.db"));
    strcpy(rig->cf, tempdir_file(rig->dir, "users.cf"));
    accounts_close(open_accounts(rig->path, STORE_CREATE));
    buf_adds(&rig->key, "0123456789abcdef0123456789abcdef");
    strlist_add(&rig->sources, &rig->arena, "builtin");
    strlist_add(&rig->schemes, &rig->arena, "SCRAM-SHA-256");
    rig->site = (struct cred_site){.accounts = rig->path,
                                   .credentials = &rig->sources,
                                   .login_domain = "x.org",
                                   .lower_case = true,
                                   .schemes = &rig->schemes,
                                   .costs = cheap_costs(),
                                   .upgrade = true,
                                   .key = &rig->key,
                                   .connections = 2,
                                   .busy_ms = 100};
    rig_open(rig);
    *state = rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;

    cred_destroy(rig->cred);
    arena_finish(&rig->arena);
    buf_finish(&rig->key);
    buf_finish(&spent);
    tempdir_teardown((void **)&rig->dir);
    free(rig);
    return 0;
}

/* Adds "sqlite:FILE.cf" as a source, with these rows in its table. */
static void rig_foreign(struct rig *rig, const char *rows, const char *more)
{
    struct buf sql = BUF_INIT;

    unlink(rig->users);
    buf_addf(&sql, "CREATE TABLE users (login, hash); INSERT INTO users VALUES %s",
             rows);
    run_sql(rig->users, buf_str(&sql));
    rig_write_cf(rig, more);
    rig->sources.count = 1;
    strlist_add(&rig->sources, &rig->arena,
                arena_printf(&rig->arena, "sqlite:%s", rig->cf));
    rig_open(rig);
    buf_finish(&sql);
}

static void rig_add(struct rig *rig, const char *login, const char *scheme,
                    unsigned cost, const char *password)
{
    struct accounts *accounts = open_accounts(rig->path, STORE_WRITE);

    add_account(accounts, login,
                scheme != NULL ? new_verifier(&rig->arena, scheme, cost, password)
                               : NULL,
                NULL);
    accounts_close(accounts);
}

/* How a check came out, as text. */
static const char *check(struct rig *rig, const char *login, const char *password)
{
    static const char *const whys[] = {"right",    "wrong",   "no-login",
                                       "disabled", "expired", "no-verifier"};
    struct buf error = BUF_INIT;
    struct cred_result result;
    enum answer answer = cred_check(rig->cred, &NAME(login), password, strlen(password),
                                    &rig->arena, &result, &error);
    const char *text;

    if (answer == ANSWER_UNKNOWN) {
        assert_int_not_equal(error.len, 0);
        assert_null(strchr(buf_str(&error), '\n'));
        text = arena_printf(&rig->arena, "? %s", buf_str(&error));
    } else {
        assert_int_equal(answer == ANSWER_YES, result.why == CRED_RIGHT);
        assert_string_equal(buf_str(&error), "");
        text = arena_printf(&rig->arena, "%s%s%s%s%s%s", whys[result.why],
                            *result.scheme != '\0' ? " " : "", result.scheme,
                            result.label != NULL ? " " : "",
                            result.label != NULL ? result.label : "",
                            result.upgradable ? " upgradable" : "");
    }
    buf_finish(&error);
    return text;
}

static void check_spent(const char *want)
{
    assert_string_equal(buf_str(&spent), want);
    buf_clear(&spent);
}

#define HAS(text, part)                                                                \
    do {                                                                               \
        if (strstr(text, part) == NULL)                                                \
            fail_msg("\"%s\" has no \"%s\"", text, part);                              \
    } while (0)

static void test_outcomes(void **state)
{
    struct rig *rig = *state;
    struct buf error = BUF_INIT;
    struct accounts *accounts;

    rig_add(rig, "alice@x.org", "SCRAM-SHA-256", 4096, "secret");
    rig_add(rig, "bob@x.org", "SCRAM-SHA-256", 4096, "secret");
    rig_add(rig, "carol@x.org", NULL, 0, NULL);
    rig_add(rig, "dave@x.org", "DIGEST-MD5", 0, "secret");
    accounts = open_accounts(rig->path, STORE_WRITE);
    accounts_disable(accounts, "bob@x.org", true, &error);
    accounts_close(accounts);

    buf_clear(&spent);
    assert_string_equal(check(rig, "alice@x.org", "secret"), "right SCRAM-SHA-256");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "alice@x.org", "Secret"), "wrong SCRAM-SHA-256");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "bob@x.org", "secret"), "disabled");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "nobody@x.org", "secret"), "no-login");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "carol@x.org", "secret"), "no-verifier");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "dave@x.org", "secret"), "no-verifier");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "alice@x.org", ""), "wrong SCRAM-SHA-256");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "carol@x.org", ""), "no-verifier");
    check_spent("SCRAM-SHA-256/4096 ");
}

/* An empty file: the site's own first scheme, at its cost. */
static void test_empty_profile(void **state)
{
    struct rig *rig = *state;

    assert_string_equal(check(rig, "nobody@x.org", "x"), "no-login");
    check_spent("SCRAM-SHA-256/4096 ");
    rig->site.costs.sha_crypt_rounds = 2000;
    rig->schemes.count = 0;
    strlist_add(&rig->schemes, &rig->arena, "DIGEST-MD5"); /* takes no passwords */
    strlist_add(&rig->schemes, &rig->arena, "SHA512-CRYPT");
    rig_open(rig);
    assert_string_equal(check(rig, "nobody@x.org", "x"), "no-login");
    check_spent("SHA512-CRYPT/2000 ");
}

/*
 * What a login that does not exist costs is shared out as what accounts cost, one check
 * each, the same at every try; and of an account with several verifiers it is always
 * the same one that is checked, whatever the password.
 */
static void test_same_work(void **state)
{
    static const char *const costs[] = {"SCRAM-SHA-256/4096 ", "SCRAM-SHA-256/5000 ",
                                        "SHA512-CRYPT/1000 "};
    static const unsigned share[] = {10, 20, 10};
    struct rig *rig = *state;
    struct accounts *accounts = open_accounts(rig->path, STORE_WRITE);
    const char *stored[] = {new_verifier(&rig->arena, "SCRAM-SHA-256", 4096, "x"),
                            new_verifier(&rig->arena, "SCRAM-SHA-256", 5000, "x"),
                            new_verifier(&rig->arena, "SHA512-CRYPT", 1000, "x")};
    const char *crypt = new_verifier(&rig->arena, "SHA512-CRYPT", 3000, "x");
    unsigned seen[3] = {0};
    char login[64];

    for (unsigned kind = 0; kind < 3; kind++) {
        for (unsigned i = 0; i < share[kind]; i++) {
            snprintf(login, sizeof(login), "a%u-%u@x.org", kind, i);
            /* A second verifier, which is never the one that is checked. */
            add_account(accounts, login, kind < 2 ? crypt : stored[kind],
                        kind < 2 ? stored[kind] : NULL);
        }
    }
    accounts_close(accounts);
    rig_open(rig);
    for (unsigned kind = 0; kind < 3; kind++) {
        snprintf(login, sizeof(login), "a%u-3@x.org", kind);
        check(rig, login, "x");
        check_spent(costs[kind]);
        check(rig, login, "y");
        check_spent(costs[kind]);
    }
    for (unsigned i = 0; i < 400; i++) {
        const char *first;
        unsigned kind = 0;

        snprintf(login, sizeof(login), "n%u@x.org", i);
        assert_string_equal(check(rig, login, "x"), "no-login");
        first = arena_strdup(&rig->arena, buf_str(&spent));
        buf_clear(&spent);
        if (i % 40 == 0) {
            check(rig, login, "another");
            check_spent(first);
        }
        while (kind < 3 && strcmp(first, costs[kind]) != 0)
            kind++;
        assert_true(kind < 3);
        seen[kind]++;
    }
    /* 100, 200, 100 of 400 are to be expected; five standard deviations are 45 or 50.
     * The key is fixed, so that this comes out the same each time. */
    assert_in_range(seen[0], 55, 145);
    assert_in_range(seen[1], 150, 250);
    assert_in_range(seen[2], 55, 145);
}

/* As accounts are upgraded, made-up ones are: towards the new kind, and never back. */
static void test_drift(void **state)
{
    struct rig *rig = *state;
    unsigned before = 0;
    bool new_kind[200] = {false};

    for (unsigned upgraded = 0; upgraded <= 100; upgraded += 10) {
        struct accounts_profile_row rows[] = {
            {"SCRAM-SHA-256", 4096, 100 - upgraded, 100 - upgraded},
            {"SCRAM-SHA-256", 32768, upgraded, upgraded}};
        const struct cred_profile profile = {rows, 2};
        unsigned now = 0;

        for (unsigned i = 0; i < 200; i++) {
            char login[32];
            bool is_new;

            snprintf(login, sizeof(login), "n%u@x.org", i);
            is_new = cred_draw_checked(rig->cred, &profile, login).cost == 32768;
            assert_int_equal(cred_draw_cost(rig->cred, &profile,
                                            scheme_find("SCRAM-SHA-256", 13), login),
                             is_new ? 32768 : 4096);
            assert_true(is_new || !new_kind[i]);
            new_kind[i] = is_new;
            now += is_new;
        }
        assert_true(now >= before);
        assert_in_range(now, upgraded < 15 ? 0 : 2 * upgraded - 30, 2 * upgraded + 30);
        before = now;
    }
    assert_int_equal(before, 200);
}

static void test_apps(void **state)
{
    struct rig *rig = *state;
    struct accounts *accounts = open_accounts(rig->path, STORE_WRITE);
    struct buf phone = BUF_INIT, old = BUF_INIT, off = BUF_INIT, error = BUF_INIT;

    add_account(accounts, "alice@x.org",
                new_verifier(&rig->arena, "SHA512-CRYPT", 1000, "secret"), NULL);
    accounts_app_add(accounts, "alice@x.org", "phone", time(NULL) + 1000, &phone,
                     &error);
    accounts_app_add(accounts, "alice@x.org", "old", time(NULL) - 1, &old, &error);
    accounts_app_add(accounts, "alice@x.org", "off", 0, &off, &error);
    accounts_app_disable(accounts, "alice@x.org", "off", true, &error);
    buf_clear(&spent);
    assert_string_equal(check(rig, "alice@x.org", phone.data), "right app phone");
    check_spent("");
    assert_string_equal(check(rig, "alice@x.org", old.data), "expired app old");
    check_spent("SHA512-CRYPT/1000 ");
    assert_string_equal(check(rig, "alice@x.org", off.data), "disabled app off");
    check_spent("SHA512-CRYPT/1000 ");
    assert_string_equal(check(rig, "alice@x.org", "secret"),
                        "right SHA512-CRYPT upgradable");
    phone.data[3] = phone.data[3] == '2' ? '3' : '2';
    assert_string_equal(check(rig, "alice@x.org", phone.data), "wrong SHA512-CRYPT");
    accounts_disable(accounts, "alice@x.org", true, &error);
    assert_string_equal(check(rig, "alice@x.org", off.data), "disabled");
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
    buf_finish(&phone);
    buf_finish(&old);
    buf_finish(&off);
}

/* The schemes and costs of an account's verifiers. */
static const char *verifiers_text(struct rig *rig, const char *login)
{
    struct accounts *accounts = open_accounts(rig->path, STORE_READ);
    struct buf error = BUF_INIT, text = BUF_INIT;
    struct verifiers verifiers;
    struct account account;
    const char *copy;

    assert_int_equal(accounts_find(accounts, login, &rig->arena, &account, &error),
                     ANSWER_YES);
    assert_true(verifiers_read(&account.verifiers, &verifiers, &error));
    for (size_t i = 0; i < verifiers.count; i++)
        buf_addf(&text, "%s/%u ", scheme_name(verifiers.items[i].scheme),
                 verifiers.items[i].cost);
    copy = arena_strndup(&rig->arena, buf_str(&text), text.len);
    buf_finish(&text);
    accounts_close(accounts);
    return copy;
}

static bool upgrade(struct rig *rig, const char *login, const char *password)
{
    struct buf error = BUF_INIT;
    bool done = cred_upgrade(rig->cred, login, password, strlen(password), &error);

    assert_string_equal(buf_str(&error), "");
    return done;
}

static void test_upgrade(void **state)
{
    struct rig *rig = *state;
    struct buf error = BUF_INIT;
    sqlite3 *db;

    rig_add(rig, "alice@x.org", "SHA512-CRYPT", 2000, "secret");
    assert_string_equal(check(rig, "alice@x.org", "secret"),
                        "right SHA512-CRYPT upgradable");
    assert_string_equal(check(rig, "alice@x.org", "wrong"), "wrong SHA512-CRYPT");
    /* The password was changed since: nothing is made of the old one. */
    assert_false(upgrade(rig, "alice@x.org", "wrong"));
    assert_string_equal(verifiers_text(rig, "alice@x.org"), "SHA512-CRYPT/2000 ");
    assert_false(upgrade(rig, "nobody@x.org", "secret"));

    assert_true(upgrade(rig, "alice@x.org", "secret"));
    assert_string_equal(verifiers_text(rig, "alice@x.org"),
                        "SCRAM-SHA-256/4096 SHA512-CRYPT/1000 ");
    assert_string_equal(check(rig, "alice@x.org", "secret"), "right SCRAM-SHA-256");
    assert_string_equal(check(rig, "alice@x.org", "wrong"), "wrong SCRAM-SHA-256");
    assert_false(upgrade(rig, "alice@x.org", "secret"));

    /* A scheme that is read, but not made, goes when there is a better one. */
    run_sql(rig->path, "DELETE FROM verifiers; INSERT INTO verifiers VALUES (64, "
                       "'SSHA', 0, 1, '{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0')");
    assert_string_equal(check(rig, "alice@x.org", "secret"), "right SSHA upgradable");
    assert_true(upgrade(rig, "alice@x.org", "secret"));
    assert_string_equal(verifiers_text(rig, "alice@x.org"), "SCRAM-SHA-256/4096 ");

    /* Somebody else writes: it is let be, soon and in words. */
    rig_add(rig, "bob@x.org", "SCRAM-SHA-1", 4096, "secret");
    assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_string_equal(check(rig, "bob@x.org", "secret"),
                        "right SCRAM-SHA-1 upgradable");
    assert_false(cred_upgrade(rig->cred, "bob@x.org", "secret", 6, &error));
    HAS(buf_str(&error), "locked");
    sqlite3_close(db);
    assert_true(upgrade(rig, "bob@x.org", "secret"));
    assert_string_equal(verifiers_text(rig, "bob@x.org"),
                        "SCRAM-SHA-1/4096 SCRAM-SHA-256/4096 ");

    rig->site.upgrade = false;
    rig_add(rig, "carol@x.org", "SHA512-CRYPT", 2000, "secret");
    assert_string_equal(check(rig, "carol@x.org", "secret"), "right SHA512-CRYPT");
    assert_false(upgrade(rig, "carol@x.org", "secret"));
    buf_finish(&error);
}

static enum answer store(struct rig *rig, const char *login, const char *password,
                         bool create, const char *want)
{
    struct buf error = BUF_INIT;
    enum answer answer =
        cred_store(rig->cred, login, password, password != NULL ? strlen(password) : 0,
                   create, &error);

    HAS(buf_str(&error), want);
    assert_int_equal(error.len == 0, *want == '\0');
    buf_finish(&error);
    return answer;
}

static void test_store(void **state)
{
    struct rig *rig = *state;
    struct accounts *accounts;
    struct buf error = BUF_INIT;

    strlist_add(&rig->schemes, &rig->arena, "CRAM-MD5");
    rig_open(rig);
    assert_int_equal(store(rig, "a@x.org", "one", false, "a@x.org: no such account"),
                     ANSWER_NO);
    assert_int_equal(store(rig, "a@x.org", NULL, true, "no such account"), ANSWER_NO);
    assert_int_equal(store(rig, "a@x.org", "one", true, ""), ANSWER_YES);
    assert_string_equal(verifiers_text(rig, "a@x.org"),
                        "CRAM-MD5/0 SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "a@x.org", "one"), "right SCRAM-SHA-256");
    assert_int_equal(store(rig, "a@x.org", "two", true, ""), ANSWER_YES);
    assert_string_equal(check(rig, "a@x.org", "one"), "wrong SCRAM-SHA-256");
    assert_string_equal(check(rig, "a@x.org", "two"), "right SCRAM-SHA-256");
    assert_int_equal(store(rig, "a@x.org", "", true, "a password"), ANSWER_NO);
    assert_int_equal(store(rig, "a@x.org", "\xff", true, "a password"), ANSWER_NO);
    assert_string_equal(check(rig, "a@x.org", "two"), "right SCRAM-SHA-256");
    assert_int_equal(store(rig, "a@x.org", NULL, false, ""), ANSWER_YES);
    assert_string_equal(check(rig, "a@x.org", "two"), "no-verifier");
    accounts = open_accounts(rig->path, STORE_WRITE);
    accounts_alias_add(accounts, "a@x.org", "b@x.org", &error);
    accounts_close(accounts);
    assert_int_equal(store(rig, "b@x.org", "two", true, "alias"), ANSWER_NO);
    unlink(rig->path);
    assert_int_equal(store(rig, "a@x.org", "two", true, "No such file"),
                     ANSWER_UNKNOWN);
}

/* The values of a property joined, the binary ones as their lengths. */
static const char *values(struct rig *rig, const char *login, const char *property,
                          bool *known_r)
{
    struct buf error = BUF_INIT, text = BUF_INIT;
    struct cred_value *found;
    const char *copy;
    size_t count;

    switch (cred_values(rig->cred, &NAME(login), property, &rig->arena, &found, &count,
                        known_r, &error)) {
    case ANSWER_YES:
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(found[i].bytes[found[i].len], '\0');
            if (strncmp(property, "cmu", 3) == 0)
                buf_addf(&text, "<%zu>", found[i].len);
            else
                buf_addf(&text, "%s\n", found[i].bytes);
        }
        break;
    case ANSWER_NO:
        fail();
        break;
    default:
        buf_addf(&text, "? %s", buf_str(&error));
    }
    copy = arena_strndup(&rig->arena, buf_str(&text), text.len);
    buf_finish(&text);
    buf_finish(&error);
    return copy;
}

/* The value of one mechanism. */
static const char *scram_of(struct rig *rig, const char *login, const char *mechanism)
{
    bool known;
    const char *all = values(rig, login, "authPassword", &known);
    const char *at = strstr(all, mechanism);

    if (at == NULL || at[strlen(mechanism)] != '$')
        fail_msg("%s", all);
    return arena_strndup(&rig->arena, at, strcspn(at, "\n"));
}

static void test_auth_password(void **state)
{
    static const char *const mechanisms[] = {"SCRAM-SHA-1", "SCRAM-SHA-224",
                                             "SCRAM-SHA-256", "SCRAM-SHA-384",
                                             "SCRAM-SHA-512"};
    static const char *const logins[] = {"alice@x.org", "carol@x.org", "off@x.org",
                                         "nobody@x.org"};
    struct rig *rig = *state;
    struct accounts *accounts = open_accounts(rig->path, STORE_WRITE);
    const char *own = new_verifier(&rig->arena, "SCRAM-SHA-256", 5000, "secret");
    struct buf error = BUF_INIT;
    bool known;

    add_account(accounts, "alice@x.org", own, NULL);
    add_account(accounts, "carol@x.org",
                new_verifier(&rig->arena, "SHA512-CRYPT", 1000, "x"), NULL);
    add_account(accounts, "off@x.org",
                new_verifier(&rig->arena, "SCRAM-SHA-256", 5000, "x"), NULL);
    accounts_disable(accounts, "off@x.org", true, &error);
    for (size_t i = 0; i < 4; i++) {
        const char *all = values(rig, logins[i], "authPassword", &known);
        unsigned lines = 0;

        assert_int_equal(known, i < 2);
        assert_string_equal(values(rig, logins[i], "authPassword", &known), all);
        for (const char *p = all; *p != '\0'; p++)
            lines += *p == '\n';
        assert_int_equal(lines, 5);
        for (size_t j = 0; j < 5; j++) {
            const char *value = scram_of(rig, logins[i], mechanisms[j]);
            struct verifier verifier;

            assert_true(verifier_parse(value, strlen(value), &verifier, &error));
            assert_string_equal(scheme_name(verifier.scheme), mechanisms[j]);
            assert_int_equal(verifier.cost, j == 2 ? 5000 : 4096);
            if (i != 0)
                assert_string_not_equal(value,
                                        scram_of(rig, logins[i - 1], mechanisms[j]));
        }
    }
    assert_string_equal(scram_of(rig, "alice@x.org", "SCRAM-SHA-256"), own);
    /* Switched on again, it is its own; another key makes up other ones. */
    own = scram_of(rig, "off@x.org", "SCRAM-SHA-256");
    accounts_disable(accounts, "off@x.org", false, &error);
    assert_string_not_equal(scram_of(rig, "off@x.org", "SCRAM-SHA-256"), own);
    own = scram_of(rig, "nobody@x.org", "SCRAM-SHA-256");
    rig->key.data[0] = 'X';
    assert_string_not_equal(scram_of(rig, "nobody@x.org", "SCRAM-SHA-256"), own);
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
    check_spent("");
}

static void test_other_values(void **state)
{
    struct rig *rig = *state;
    struct accounts *accounts = open_accounts(rig->path, STORE_WRITE);
    struct buf error = BUF_INIT;
    struct cred_value *one, *two;
    size_t count;
    bool known;

    add_account(accounts, "alice@x.org",
                new_verifier(&rig->arena, "CRAM-MD5", 0, "secret"), NULL);
    accounts_attribute(accounts, "alice@x.org", "quota", "1G", &error);
    assert_string_equal(values(rig, "alice@x.org", "quota", &known), "1G\n");
    assert_true(known);
    assert_string_equal(values(rig, "alice@x.org", "home", &known), "");
    assert_string_equal(values(rig, "nobody@x.org", "quota", &known), "");
    assert_false(known);

    /* Not without the setting; and never the password, whatever the file has. */
    assert_string_equal(values(rig, "alice@x.org", "cmusaslsecretCRAM-MD5", &known),
                        "");
    run_sql(rig->path, "INSERT INTO attributes VALUES (1, 'userPassword', 'secret'),"
                       " (1, 'cmusaslsecretPLAIN', 'secret')");
    assert_string_equal(values(rig, "alice@x.org", "userPassword", &known), "");
    rig->site.challenge = true;
    assert_string_equal(values(rig, "alice@x.org", "cmusaslsecretPLAIN", &known), "");
    assert_string_equal(values(rig, "alice@x.org", "cmusaslsecretCRAM-MD5", &known),
                        "<32>");
    assert_string_equal(values(rig, "alice@x.org", "cmusaslsecretDIGEST-MD5", &known),
                        "<16>");
    assert_string_equal(values(rig, "nobody@x.org", "cmusaslsecretCRAM-MD5", &known),
                        "<32>");
#define CRAM(login, out)                                                               \
    cred_values(rig->cred, &NAME(login), "cmusaslsecretCRAM-MD5", &rig->arena, out,    \
                &count, &known, &error)
    assert_int_equal(CRAM("alice@x.org", &one), ANSWER_YES);
    accounts_disable(accounts, "alice@x.org", true, &error);
    assert_int_equal(CRAM("alice@x.org", &two), ANSWER_YES);
    assert_memory_not_equal(one[0].bytes, two[0].bytes, 32);
    assert_string_equal(values(rig, "alice@x.org", "quota", &known), "");
    assert_false(known);
    assert_string_equal(buf_str(&error), "");
    accounts_close(accounts);
}

/* An outage is an outage for everybody, and for every question. */
static void test_unavailable(void **state)
{
    struct rig *rig = *state;
    bool known;

    rig_add(rig, "alice@x.org", "SCRAM-SHA-256", 4096, "secret");
    assert_string_equal(check(rig, "alice@x.org", "secret"), "right SCRAM-SHA-256");
    run_sql(rig->path, "UPDATE verifiers SET stored = '{SSHA}broken!'");
    HAS(check(rig, "alice@x.org", "secret"), "? builtin: alice@x.org: SSHA: ");
    HAS(values(rig, "alice@x.org", "authPassword", &known), "? builtin: alice@x.org: ");
    run_sql(rig->path, "UPDATE verifiers SET stored = '{PLAIN}secret'");
    HAS(check(rig, "alice@x.org", "secret"), "in the clear");
    assert_null(strstr(check(rig, "alice@x.org", "secret"), "secret"));
    write_file(rig->path, "this is no database at all, but long enough to look so\n");
    rig_open(rig);
    HAS(check(rig, "alice@x.org", "secret"), "? ");
    HAS(check(rig, "nobody@x.org", "secret"), "? ");
    unlink(rig->path);
    HAS(check(rig, "alice@x.org", "secret"), "No such file");
    HAS(values(rig, "nobody@x.org", "authPassword", &known), "No such file");
}

/* A table of somebody else's, behind the builtin source. */
static void test_foreign(void **state)
{
    struct rig *rig = *state;
    const char *scram = new_verifier(&rig->arena, "SCRAM-SHA-256", 5000, "secret");
    const char *crypt = new_verifier(&rig->arena, "SHA512-CRYPT", 1000, "secret");
    bool known;

    rig_add(rig, "alice@x.org", "SCRAM-SHA-256", 4096, "mine");
    rig_foreign(rig,
                arena_printf(&rig->arena,
                             "('alice@x.org', '%s'), ('bob@x.org', '%s'),"
                             " ('carol@x.org', '%s'), ('carol@x.org', '%s'),"
                             " ('clear@x.org', '{PLAIN}secret'), "
                             " ('clear2@x.org', 'secret'), ('null@x.org', NULL),"
                             " ('twice@x.org', '%s'), ('twice@x.org', '%s'),"
                             " ('nul@x.org', '%s' || char(0) || 'x')",
                             crypt, crypt, crypt, scram, crypt, crypt, crypt),
                "");
    /* The first source that has the login says. */
    assert_string_equal(check(rig, "alice@x.org", "secret"), "wrong SCRAM-SHA-256");
    assert_string_equal(check(rig, "alice@x.org", "mine"), "right SCRAM-SHA-256");
    assert_string_equal(check(rig, "bob@x.org", "secret"), "right SHA512-CRYPT");
    assert_string_equal(check(rig, "bob@x.org", "x"), "wrong SHA512-CRYPT");
    assert_string_equal(check(rig, "carol@x.org", "secret"), "right SCRAM-SHA-256");
    assert_string_equal(check(rig, "null@x.org", "secret"), "no-login");
    assert_string_equal(check(rig, "' OR 1=1 --", "secret"), "no-login");
    assert_string_equal(scram_of(rig, "carol@x.org", "SCRAM-SHA-256"), scram);
    assert_false(upgrade(rig, "bob@x.org", "secret"));
    HAS(check(rig, "clear@x.org", "secret"), "in the clear is never compared");
    HAS(check(rig, "clear2@x.org", "secret"), "? sqlite:");
    HAS(check(rig, "clear2@x.org", "secret"), ": clear2@x.org: expected {SCHEME}");
    HAS(check(rig, "twice@x.org", "secret"), "expected one verifier of a scheme");
    HAS(check(rig, "nul@x.org", "secret"), "NUL byte");
    HAS(values(rig, "clear@x.org", "authPassword", &known), "? sqlite:");
    values(rig, "bob@x.org", "authPassword", &known);
    assert_true(known);

    /* Missing, it is missed only by those whom the first source does not have. */
    unlink(rig->users);
    assert_string_equal(check(rig, "alice@x.org", "mine"), "right SCRAM-SHA-256");
    HAS(check(rig, "bob@x.org", "secret"), "No such file");
    HAS(check(rig, "nobody@x.org", "secret"), "No such file");
}

/* Alone, it is what made-up accounts are drawn from. */
static void test_foreign_alone(void **state)
{
    struct rig *rig = *state;
    const char *crypt = new_verifier(&rig->arena, "SHA512-CRYPT", 1000, "secret");
    struct buf error = BUF_INIT;

    rig_foreign(rig,
                arena_printf(&rig->arena, "('bob@x.org', '%s'), ('b@x.org', 'x%s')",
                             strchr(crypt, '$'), strchr(crypt, '$')),
                "default_scheme = SSHA\n");
    rig->sources.items++;
    rig->sources.count--;
    rig_open(rig);
    assert_string_equal(check(rig, "nobody@x.org", "x"), "no-login");
    check_spent("SCRAM-SHA-256/4096 ");
    assert_string_equal(check(rig, "bob@x.org", "secret"), "right SHA512-CRYPT");
    check_spent("SHA512-CRYPT/1000 ");
    assert_string_equal(check(rig, "nobody@x.org", "x"), "no-login");
    check_spent("SHA512-CRYPT/1000 ");
    HAS(check(rig, "b@x.org", "x"), ": SSHA: ");
    assert_int_equal(cred_store(rig->cred, "a@x.org", "x", 1, true, &error), ANSWER_NO);
    HAS(buf_str(&error), "none of the sources can be written to");
    buf_finish(&error);
}

static void check_refused(struct rig *rig, const char *want)
{
    struct buf error = BUF_INIT;

    assert_null(cred_create(&rig->site, &error));
    HAS(buf_str(&error), want);
    assert_null(strchr(buf_str(&error), '\n'));
    buf_finish(&error);
}

#ifdef HAVE_LDAP
#define CRED_TYPES ", sqlite:FILE.cf or ldap:FILE.cf"
#else
#define CRED_TYPES " or sqlite:FILE.cf"
#endif

static void test_bad_site(void **state)
{
    static const struct {
        const char *spec;
        const char *want;
    } specs[] = {
        {"builtin:x",
         "\"builtin:x\": not a source of accounts, expected builtin" CRED_TYPES},
        {"sqlite", "not a source of accounts"},
        {"sqlite:", "not a source of accounts"},
        {"ldap", "not a source of accounts"},
#ifdef HAVE_LDAP
        {"ldap:/nowhere/x.cf", "/nowhere/x.cf: No such file or directory"},
#endif
        {"", "not a source of accounts"},
        {"sqlite:/nowhere/x.cf", "/nowhere/x.cf: No such file or directory"},
    };
    static const struct {
        const char *cf;
        const char *want;
    } files[] = {
        {"query = SELECT 1\n", "users.cf: expected a parameter \"dbpath\""},
        {"dbpath = /x\n", "users.cf: expected a parameter \"query\""},
        {"dbpath = x\nquery = SELECT 1\n", "users.cf:1: dbpath: expected a path"},
        {"dbpath = /x\nquery = SELECT %x\n", "users.cf:2: query: unknown expansion"},
        {"dbpath = /x\nquery = SELECT 1\ndefault_scheme = NONE\n",
         "users.cf:3: default_scheme: no such scheme"},
        {"dbpath = /x\nquery = SELECT 1\ndefault_scheme = PLAIN\n",
         "users.cf:3: default_scheme: passwords in the clear are never compared"},
        {"dbpath = /x\nquery = SELECT 1\nuser = x\n",
         "users.cf:3: unknown parameter \"user\""},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        rig->sources.items[0] = specs[i].spec;
        check_refused(rig, specs[i].want);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        write_file(rig->cf, files[i].cf);
        rig->sources.items[0] = arena_printf(&rig->arena, "sqlite:%s", rig->cf);
        check_refused(rig, files[i].want);
    }
    rig->sources.count = 0;
    check_refused(rig, "expected at least one source");
    rig->sources.count = 1;
    rig->sources.items[0] = "builtin";
    rig->schemes.items[0] = "NONE";
    check_refused(rig, "schemes: \"NONE\": no such scheme");
    rig->schemes.items[0] = "SSHA";
    check_refused(rig, "schemes: \"SSHA\": is read, but not made");
    rig->schemes.items[0] = "DIGEST-MD5";
    check_refused(rig, "schemes: expected one that a password can be checked against");
    rig->schemes.items[0] = "SCRAM-SHA-256";
    rig->site.costs.scram_iterations = 0;
    check_refused(rig, "scram_iterations");
}

struct asker {
    pthread_t thread;
    struct rig *rig;
    unsigned wrong;
};

static void *ask(void *arg)
{
    struct asker *asker = arg;
    struct arena arena = {0};

    for (int i = 0; i < 20; i++) {
        struct buf error = BUF_INIT;
        struct cred_result result;
        struct cred_value *found;
        size_t count;
        bool known;

        if (cred_check(asker->rig->cred, &NAME("alice@x.org"), "secret", 6, &arena,
                       &result, &error) != ANSWER_YES ||
            cred_check(asker->rig->cred, &NAME("bob@x.org"), "wrong", 5, &arena,
                       &result, &error) != ANSWER_NO ||
            cred_check(asker->rig->cred, &NAME("nobody@x.org"), "x", 1, &arena, &result,
                       &error) != ANSWER_NO ||
            cred_values(asker->rig->cred, &NAME("alice@x.org"), "authPassword", &arena,
                        &found, &count, &known, &error) != ANSWER_YES ||
            count != 5 || error.len != 0)
            asker->wrong++;
        if (i == 7)
            cred_upgrade(asker->rig->cred, "alice@x.org", "secret", 6, &error);
        buf_finish(&error);
        arena_reset(&arena);
    }
    arena_finish(&arena);
    return NULL;
}

static void test_threads(void **state)
{
    struct rig *rig = *state;
    struct asker askers[8];

    rig_add(rig, "alice@x.org", "SCRAM-SHA-1", 4096, "secret");
    rig_foreign(rig,
                arena_printf(&rig->arena, "('bob@x.org', '%s')",
                             new_verifier(&rig->arena, "SHA512-CRYPT", 1000, "secret")),
                "");
    rig->site.busy_ms = 5000;
    rig_open(rig);
    for (int i = 0; i < 8; i++) {
        askers[i] = (struct asker){.rig = rig};
        pthread_create(&askers[i].thread, NULL, ask, &askers[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].wrong, 0);
    }
    assert_string_equal(verifiers_text(rig, "alice@x.org"),
                        "SCRAM-SHA-1/4096 SCRAM-SHA-256/4096 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_outcomes),    TEST(test_empty_profile), TEST(test_same_work),
        TEST(test_drift),       TEST(test_apps),          TEST(test_upgrade),
        TEST(test_store),       TEST(test_auth_password), TEST(test_other_values),
        TEST(test_unavailable), TEST(test_foreign),       TEST(test_foreign_alone),
        TEST(test_bad_site),    TEST(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
