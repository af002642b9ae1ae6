/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ctl/account_login.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl/account_login.h"

static const struct {
    const char *word;
    const char *domain;
    bool fold;
    const char *want; /* NULL: refused */
} logins[] = {
    {"alice", "example.org", true, "alice@example.org"},
    {"Alice", "example.org", true, "alice@example.org"},
    {"Alice", "example.org", false, "Alice@example.org"},
    {"Alice@Example.ORG", "", false, "Alice@example.org"},
    {"alice", "", true, "alice"},
    {"alice@Example.NET", "example.org", true, "alice@example.net"},
    {"j\xc3\xbcrgen", "example.org", true, "j\xc3\xbcrgen@example.org"},
    {"", "example.org", true, NULL},
    {"@example.org", "", true, NULL},
    {"alice@", "", true, NULL},
    {"a@b@c", "", true, NULL},
    {"alice@example.org.", "", true, NULL},
    {"a b", "", true, NULL},
    {"a,b", "", true, NULL},
    {"a\\b", "", true, NULL},
    {"a\001b", "", true, NULL},
    {"a\nb", "", true, NULL},
    {"a\xff", "", true, NULL},
    {"a\xe2\x80\x8bz", "", true, NULL}, /* a blank of no width */
    {"a\xe2\x80\xaez", "", true, NULL}, /* turns the direction */
};

static void test_login(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        struct arena arena = {0};
        const char *why = NULL;
        const char *login = account_login(logins[i].word, logins[i].domain,
                                          logins[i].fold, &arena, &why);

        if (logins[i].want == NULL) {
            assert_null(login);
            assert_non_null(why);
        } else {
            assert_string_equal(login, logins[i].want);
        }
        arena_finish(&arena);
    }
}

/* 512 bytes are the bound, with the domain that is added. */
static void test_length(void **state)
{
    struct arena arena = {0};
    const char *why;
    char word[600];

    (void)state;
    memset(word, 'a', sizeof word);
    word[512] = '\0';
    assert_non_null(account_login(word, "", true, &arena, &why));
    assert_null(account_login(word, "x.example", true, &arena, &why));
    word[512] = 'a';
    word[513] = '\0';
    assert_null(account_login(word, "", true, &arena, &why));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login),
        cmocka_unit_test(test_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
