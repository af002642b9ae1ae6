/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/alike.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/alike.h"

static void test_alike(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool want;
    } cases[] = {
        {"", "", true},
        {"alice", "alice", true},
        {"alice", "ALICE", true},
        {"alice", " al ice ", true},
        {"alice", "al\xc2\xadice", true},     /* SOFT HYPHEN */
        {"alice", "\xef\xbd\x81lice", true},  /* FULLWIDTH LATIN SMALL LETTER A */
        {"alice", "al\xe2\x80\x8bice", true}, /* ZERO WIDTH SPACE */
        {"alice", "\xc3\xa1lice", true},
        {"strasse",
         "Stra\xc3\x9f"
         "e",
         true},
        {"alice", "alicia", false},
        {"alice", "", false},
        {"alice", "\xd0\xb0lice", false}, /* CYRILLIC SMALL LETTER A */
        {"\xff", "\xff", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            alike(cases[i].a, strlen(cases[i].a), cases[i].b, strlen(cases[i].b)),
            cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alike)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
