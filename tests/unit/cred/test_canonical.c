/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/cred_canonical.c and mail/login.c: nobody becomes another login.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accounts_file.h"
#include "cred/cred.h"
#include "mail/login.h"
#include "tempdir.h"

struct rig {
    struct tempdir *dir;
    struct arena arena;
    struct strlist sources, schemes;
    struct cred_site site;
    struct cred *cred;
    struct buf key;
    char path[256];
};

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    struct buf error = BUF_INIT;
    struct accounts *accounts;

    tempdir_setup((void **)&rig->dir);
    strcpy(rig->path, tempdir_file(rig->dir, "accounts.db"));
    accounts = open_accounts(rig->path, STORE_CREATE);
    add_account(accounts, "alice@x.org", NULL, NULL);
    assert_int_equal(accounts_alias_add(accounts, "alice@x.org", "al@x.org", &error),
                     ANSWER_YES);
    accounts_close(accounts);
    buf_adds(&rig->key, "0123456789abcdef0123456789abcdef");
    strlist_add(&rig->sources, &rig->arena, "builtin");
    strlist_add(&rig->schemes, &rig->arena, "SCRAM-SHA-256");
    rig->site = (struct cred_site){.accounts = rig->path,
                                   .credentials = &rig->sources,
                                   .login_domain = "x.org",
                                   .lower_case = true,
                                   .schemes = &rig->schemes,
                                   .costs = cheap_costs(),
                                   .key = &rig->key,
                                   .connections = 2,
                                   .busy_ms = 100};
    rig->cred = cred_create(&rig->site, &error);
    if (rig->cred == NULL)
        fail_msg("%s", buf_str(&error));
    *state = rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;

    cred_destroy(rig->cred);
    arena_finish(&rig->arena);
    buf_finish(&rig->key);
    tempdir_teardown((void **)&rig->dir);
    free(rig);
    return 0;
}

/* NULL: never a login. */
static const char *canonical(struct rig *rig, const char *typed, size_t len,
                             const char *realm)
{
    struct buf error = BUF_INIT;
    struct cred_login login = {0};
    enum answer answer = cred_canonical(rig->cred, typed, len, realm, CRED_WANT_ALL,
                                        &rig->arena, &login, &error);

    assert_int_not_equal(answer, ANSWER_UNKNOWN);
    assert_string_equal(buf_str(&error), "");
    return answer == ANSWER_YES ? login.name : NULL;
}

#define FULL_A "\xef\xbd\x81"
static const struct {
    const char *typed;
    const char *realm;
    const char *want; /* NULL: refused */
} spellings[] = {
    {"alice", NULL, "alice@x.org"},
    {"alice", "", "alice@x.org"},
    {"Alice@X.ORG", NULL, "alice@x.org"},
    {"  alice\t", NULL, "alice@x.org"},
    {"alice@x.org ", NULL, "alice@x.org"},
    {"al", NULL, "alice@x.org"},
    {"AL@x.org", NULL, "alice@x.org"},
    {"alice", "X.org", "alice@x.org"},
    {"alice", "x.org ", "alice@x.org"},
    {"alice", "y.org", "alice@y.org"},
    {"bob", NULL, "bob@x.org"},
    /* distinct, and nobody's */
    {"al ice", NULL, "al ice@x.org"},
    {"alice @x.org", NULL, "alice @x.org"},
    {FULL_A "lice", NULL, FULL_A "lice@x.org"},
    {"alice@" FULL_A ".org", NULL, "alice@" FULL_A ".org"},
    {"\xc2\xa0"
     "alice",
     NULL,
     "\xc2\xa0"
     "alice@x.org"},
    {"al\xc2\xadice", NULL, "al\xc2\xadice@x.org"},
    {"\xc3\x84rger", NULL, "\xc3\x84rger@x.org"},
    {".alice", NULL, ".alice@x.org"},
    {"alice.", NULL, "alice.@x.org"},
    {"al..ice", NULL, "al..ice@x.org"},
    /* refused */
    {"", NULL, NULL},
    {"   ", NULL, NULL},
    {"@", NULL, NULL},
    {"alice@", NULL, NULL},
    {"alice@ ", NULL, NULL},
    {"@x.org", NULL, NULL},
    {" @x.org", NULL, NULL},
    {"alice@x.org.", NULL, NULL},
    {"alice@x.org..", NULL, NULL},
    {"alice@.x.org", NULL, NULL},
    {"alice@x..org", NULL, NULL},
    {"alice@.", NULL, NULL},
    {"alice", "x.org.", NULL},
    {"alice", ".", NULL},
    {"alice", "@x.org", NULL},
    {"alice", "x@x.org", NULL},
    {"alice", "x\n", NULL},
    {"a@b@c", NULL, NULL},
    {"alice@x.org", "x.org", NULL},
    {"alice@@x.org", NULL, NULL},
    {"al\tice", NULL, NULL},
    {"al\x01ice", NULL, NULL},
    {"alice\n", NULL, NULL},
    {"al\x7fice", NULL, NULL},
    {"al\xc2\x85ice", NULL, NULL},
    {"al\xffice", NULL, NULL},
    {"al\xc0\xafice", NULL, NULL},
    {"al\xed\xa0\x80ice", NULL, NULL},
    {"alice\xc3", NULL, NULL},
};
enum { SPELLINGS = sizeof(spellings) / sizeof(spellings[0]) };

static void test_spellings(void **state)
{
    struct rig *rig = *state;

    for (size_t i = 0; i < SPELLINGS; i++) {
        const char *typed = spellings[i].typed, *want = spellings[i].want;
        const char *got = canonical(rig, typed, strlen(typed), spellings[i].realm);

        if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0))
            fail_msg("%s (%s): got %s, want %s", typed, spellings[i].realm, got, want);
        if (got == NULL)
            continue;
        /* Once more changes nothing, and the milter sees the same. */
        assert_string_equal(canonical(rig, got, strlen(got), NULL), got);
        assert_string_equal(login_normalise(got, strlen(got), "other", &rig->arena),
                            got);
    }
}

static void test_nul_and_length(void **state)
{
    struct rig *rig = *state;
    char text[600];

    assert_null(canonical(rig, "alice\0@x.org", 12, NULL));
    assert_null(canonical(rig, "\0alice", 6, NULL));
    assert_null(canonical(rig, "alice\0", 6, NULL));
    memset(text, 'a', sizeof(text));
    assert_non_null(canonical(rig, text, 512 - strlen("@x.org"), NULL));
    assert_null(canonical(rig, text, 513 - strlen("@x.org"), NULL));
    text[510] = '@';
    assert_non_null(canonical(rig, text, 512, NULL));
    assert_null(canonical(rig, text, 513, NULL));
    memset(text, ' ', sizeof(text));
    text[300] = 'a';
    assert_string_equal(canonical(rig, text, sizeof(text), NULL), "a@x.org");
}

/* Each pair of bytes at each place of a login: refused, or no other than itself. */
static void test_every_byte(void **state)
{
    static const char login[] = "alice@x.org";
    struct rig *rig = *state;

    for (size_t at = 0; at <= strlen(login); at++) {
        for (int byte = 0; byte < 256; byte++) {
            char typed[32];
            const char *got;

            memcpy(typed, login, at);
            typed[at] = (char)byte;
            strcpy(typed + at + 1, login + at);
            got = canonical(rig, typed, strlen(login) + 1, NULL);
            if (got != NULL && strcmp(got, login) == 0)
                assert_true((byte == ' ' || byte == '\t') &&
                            (at == 0 || at == strlen(login)));
        }
    }
}

static void test_case_kept(void **state)
{
    struct rig *rig = *state;

    rig->site.lower_case = false;
    assert_string_equal(canonical(rig, "Alice@X.Org", 11, NULL), "Alice@x.org");
    assert_string_equal(canonical(rig, "Alice", 5, NULL), "Alice@x.org");
    rig->site.login_domain = "";
    assert_string_equal(canonical(rig, "Alice", 5, NULL), "Alice");
}

static void test_unavailable(void **state)
{
    struct rig *rig = *state;
    struct buf error = BUF_INIT;
    struct cred_login login;

    assert_int_equal(unlink(rig->path), 0);
    assert_int_equal(cred_canonical(rig->cred, "alice", 5, NULL, CRED_WANT_ALL,
                                    &rig->arena, &login, &error),
                     ANSWER_UNKNOWN);
    assert_non_null(strstr(buf_str(&error), "No such file"));
    buf_clear(&error);
    /* What never is a login is so without asking. */
    assert_int_equal(cred_canonical(rig->cred, "a@b@c", 5, NULL, CRED_WANT_ALL,
                                    &rig->arena, &login, &error),
                     ANSWER_NO);
    assert_string_equal(buf_str(&error), "");
    buf_finish(&error);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_spellings), TEST(test_nul_and_length), TEST(test_every_byte),
        TEST(test_case_kept), TEST(test_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
