/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/xtext.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/xtext.h"

static const struct {
    const char *text, *decoded;
} rows[] = {
    {"", ""},
    {"<>", "<>"},
    {"alice@example.org", "alice@example.org"},
    {"alice+2Btag@example.org", "alice+tag@example.org"},
    {"e+3Dmc2@example.com", "e=mc2@example.com"}, /* RFC 4954 5 */
    {"a+0D+0Ab", "a\r\nb"},
    /* None. */
    {"a+2b@x", "a+2b@x"},
    {"a+", "a+"},
    {"a+4", "a+4"},
    {"a+zz@x", "a+zz@x"},
    {"a+00@x", "a+00@x"},
    {"a=b@x", "a=b@x"},
    {"a b", "a b"},
    {"\303\274@x", "\303\274@x"},
};

static void test_rows(void **state)
{
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(xtext_decode(rows[i].text, &arena), rows[i].decoded);
    arena_finish(&arena);
}

static void test_length(void **state)
{
    struct arena arena = {0};
    char text[XTEXT_MAX + 100];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(strlen(xtext_decode(text, &arena)), XTEXT_MAX);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
