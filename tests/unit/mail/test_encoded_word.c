/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/encoded_word.c and mail/charset.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exact.h"
#include "mail/encoded_word.h"

/* clang-format off */

/* `together` NULL: the same as apart. */
static const struct {
    const char *bytes;
    size_t len;
    const char *apart;
    const char *together;
} cases[] = {
    {BYTES(""), "", NULL},
    {BYTES("plain text"), "plain text", NULL},
    {BYTES("=?utf-8?Q?J=C3=BC_x?="), "J\xc3\xbc x", NULL},
    {BYTES("=?UTF-8?b?SsO8?="), "J\xc3\xbc", NULL},
    {BYTES("=?utf-8*de?q?a?="), "a", NULL},
    {BYTES("=?iso-8859-1?Q?J=FC?="), "J\xc3\xbc", NULL},
    {BYTES("=?windows-1252?Q?=80?="), "\xe2\x82\xac", NULL},
    {BYTES("=?koi8-r?B?8NLJ18XU?="), "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", NULL},
    {BYTES("=?shift_jis?B?g2WDWINn?="), "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88", NULL},
    {BYTES("=?utf-16be?B?AEEAQg==?="), "AB", NULL},
    {BYTES("=?utf-7?Q?+AEA-?="), "@", NULL},
    {BYTES("a =?utf-8?Q?b?= c"), "a b c", NULL},
    {BYTES("a=?utf-8?Q?b?=c"), "abc", NULL},
    {BYTES("=?utf-8?Q?a?= =?utf-8?Q?b?="), "ab", NULL},
    {BYTES("=?utf-8?Q?a?=\r\n\t=?utf-8?Q?b?="), "ab", NULL},
    {BYTES("=?utf-8?Q?a?==?utf-8?Q?b?="), "ab", NULL},
    {BYTES("=?utf-8?Q?a?= x =?utf-8?Q?b?="), "a x b", NULL},
    {BYTES("=?utf-8?Q?a?= =?iso-8859-1?B?/A==?="), "a\xc3\xbc", NULL},
    {BYTES("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?="), "\xc3\xbc", NULL},
    {BYTES("=?shift_jis?B?g2WD?= =?shift_jis?B?WINn?="), NULL, "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"},
    {BYTES("=?utf-8?B?SsO8c?= =?utf-8?B?g==?="), "J\xc3\xbc", "J\xc3\xbcr"},
    {BYTES("=?utf-8?B?YQ==?= =?utf-8?B?Yg==?="), "ab", NULL},
    {BYTES("=?utf-8?B?Y Q = =?="), "a", NULL},
    {BYTES("=?utf-8?B?!*YQ?="), "a", NULL},
    {BYTES("=?utf-8?B?\?="), "", NULL},
    {BYTES("=?utf-8?Q?=4?="), "=4", NULL},
    {BYTES("=?utf-8?Q?=zz=4x?="), "=zz=4x", NULL},
    {BYTES("=?utf-8?Q?a, b?="), "a, b", NULL},
    {BYTES("=?x-none?Q?a=40b?="), "a@b", NULL},
    {BYTES("=?\?Q?a=40b?="), "a@b", NULL},
    {BYTES("=?//TRANSLIT?Q?a=40b?="), "a@b", NULL},
    {BYTES("=?utf-8?X?a?="), "=?utf-8?X?a?=", NULL},
    {BYTES("=?utf-8?Q?a"), "=?utf-8?Q?a", NULL},
    {BYTES("=?utf-8?Q?a?"), "=?utf-8?Q?a?", NULL},
    {BYTES("=?utf-8?Q?"), "=?utf-8?Q?", NULL},
    {BYTES("=?utf-8?Q"), "=?utf-8?Q", NULL},
    {BYTES("=?utf-8?Q?a?= =?utf-8?Q?b"), "a =?utf-8?Q?b", NULL},
    {BYTES("?= =?utf-8?Q?a?= ?="), "?= a ?=", NULL},
    {BYTES("=?us-ascii?Q?a=FFb?="), "ab", NULL},
};
/* clang-format on */

static void check(size_t i, enum encoded_word_join join, const char *wanted)
{
    struct charset_set charsets = {0};
    struct buf got = BUF_INIT;
    char *copy = exact_copy(cases[i].bytes, cases[i].len);

    encoded_words_decode(copy, cases[i].len, join, &charsets, &got);
    if (wanted != NULL && strcmp(buf_str(&got), wanted) != 0)
        fail_msg("%s: got %s", cases[i].bytes, buf_str(&got));
    buf_finish(&got);
    free(copy);
    charset_set_finish(&charsets);
}

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *together = cases[i].together;

        check(i, ENCODED_WORDS_APART, cases[i].apart);
        check(i, ENCODED_WORDS_TOGETHER, together != NULL ? together : cases[i].apart);
    }
}

static void test_says_adjacent(void **state)
{
    static const struct {
        const char *text;
        bool adjacent;
    } rows[] = {
        {"a", false},
        {"=?utf-8?Q?a?=", false},
        {"=?utf-8?Q?a?= =?utf-8?Q?a?=", true},
        {"=?utf-8?Q?a?==?utf-8?Q?a?=", true},
        {"=?utf-8?Q?a?= x =?utf-8?Q?a?=", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct charset_set charsets = {0};
        struct buf got = BUF_INIT;

        assert_int_equal(encoded_words_decode(rows[i].text, strlen(rows[i].text),
                                              ENCODED_WORDS_APART, &charsets, &got),
                         rows[i].adjacent);
        buf_finish(&got);
        charset_set_finish(&charsets);
    }
}

/* More charsets than are kept open are noticed, the same one again is not another. */
static void test_full(void **state)
{
    struct charset_set charsets = {0};
    struct buf got = BUF_INIT;
    char text[] = "a";

    (void)state;
    for (int i = 0; i < CHARSET_COUNT_MAX; i++) {
        char name[] = {'x', '-', (char)('a' + i)};

        charset_convert(&charsets, name, 3, text, 1, &got);
        charset_convert(&charsets, name, 3, text, 1, &got);
        assert_false(charsets.full);
    }
    charset_convert(&charsets, "X-A", 3, text, 1, &got);
    assert_false(charsets.full);
    charset_convert(&charsets, "x-z", 3, text, 1, &got);
    assert_true(charsets.full);
    buf_finish(&got);
    charset_set_finish(&charsets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_says_adjacent),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
