/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/prepare.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/secret.h"
#include "cred/prepare.h"

struct row {
    const char *typed;
    const char *out; /* NULL: refused, as `result` says */
    enum prepared result;
};

/* RFC 8265 4.3, then a row a rule of RFC 8264 and RFC 5892. */
static const struct row opaque[] = {
    {"correct horse battery staple", "correct horse battery staple", PREPARED},
    {"Correct Horse Battery Staple", "Correct Horse Battery Staple", PREPARED},
    {"\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5", PREPARED},
    {"Jack of \u2666s", "Jack of \u2666s", PREPARED},
    {"foo\u1680bar", "foo bar", PREPARED},
    {"", NULL, PREPARE_EMPTY},
    {"my cat is a \x09"
     "by",
     NULL, PREPARE_FORBIDDEN},
    {" outer blanks ", " outer blanks ", PREPARED},
    {"a\u00a0b\u2003c\u3000d", "a b c d", PREPARED},
    {"e\u0301", "\u00e9", PREPARED},
    {"\u212b", "\u00c5", PREPARED},
    {"\ufb01", "\ufb01", PREPARED}, /* a ligature stays, as does the width */
    {"\uff21", "\uff21", PREPARED},
    {"\U0001f600", "\U0001f600", PREPARED},
    {"\u2168\u00bd\u2122", "\u2168\u00bd\u2122", PREPARED},
    {"\xed\x95\x9c", "\xed\x95\x9c", PREPARED}, /* a Hangul syllable */
    {"\u1112\u1161\u11ab", "\ud55c", PREPARED}, /* its Jamo, composed */
    {"\u1100\u1100", NULL, PREPARE_FORBIDDEN},  /* Jamo that do not compose */
    {"a\x7f", NULL, PREPARE_FORBIDDEN},
    {"a\xc2\x85", NULL, PREPARE_FORBIDDEN},
    {"a\u00ad", NULL, PREPARE_FORBIDDEN}, /* soft hyphen: default ignorable */
    {"a\u200b", NULL, PREPARE_FORBIDDEN},
    {"a\u202e", NULL, PREPARE_FORBIDDEN},
    {"a\ufe0f", NULL, PREPARE_FORBIDDEN},
    {"a\u2028", NULL, PREPARE_FORBIDDEN},
    {"a\ue000", NULL, PREPARE_FORBIDDEN}, /* private use */
    {"a\ufdd0", NULL, PREPARE_FORBIDDEN}, /* noncharacter */
    {"a\xf0\x9f\xbf\xbf", NULL, PREPARE_FORBIDDEN},
    {"a\u0378", NULL, PREPARE_FORBIDDEN}, /* unassigned */
    {"\u0640", NULL, PREPARE_FORBIDDEN},  /* exceptions */
    {"\u302e", NULL, PREPARE_FORBIDDEN},
    {"\u3007\u03c2\u06fd\u0f0b", "\u3007\u03c2\u06fd\u0f0b", PREPARED},
    {"\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937", PREPARED}, /* virama */
    {"\u0915\u094d\u200c\u0937", "\u0915\u094d\u200c\u0937", PREPARED},
    {"a\u200db", NULL, PREPARE_FORBIDDEN},
    {"\u200c", NULL, PREPARE_FORBIDDEN},
    {"\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", PREPARED}, /* joins */
    {"\u0645\u06cc\u0301\u200c\u0301\u062e", "\u0645\u06cc\u0301\u200c\u0301\u062e",
     PREPARED},
    {"\u0645\u06cc\u200ca", NULL, PREPARE_FORBIDDEN},
    {"l\u00b7l", "l\u00b7l", PREPARED},
    {"l\u00b7m", NULL, PREPARE_FORBIDDEN},
    {"\u00b7", NULL, PREPARE_FORBIDDEN},
    {"\u0375\u03b1", "\u0375\u03b1", PREPARED},
    {"\u0375a", NULL, PREPARE_FORBIDDEN},
    {"\u05d0\u05f3", "\u05d0\u05f3", PREPARED},
    {"\u05f4", NULL, PREPARE_FORBIDDEN},
    {"\u30fb\u30a2", "\u30fb\u30a2", PREPARED},
    {"\u30fb\u4e2d", "\u30fb\u4e2d", PREPARED},
    {"\u30fb"
     "a",
     NULL, PREPARE_FORBIDDEN},
    {"\u0661\u0662", "\u0661\u0662", PREPARED},
    {"\u06f1\u06f2", "\u06f1\u06f2", PREPARED},
    {"\u0661\u06f2", NULL, PREPARE_FORBIDDEN},
    {"\xff", NULL, PREPARE_NOT_UTF8},
    {"caf\xe9", NULL, PREPARE_NOT_UTF8},
    {"a\xc3", NULL, PREPARE_NOT_UTF8},
    {"a\xc0\x80", NULL, PREPARE_NOT_UTF8},
    {"a\xed\xa0\x80", NULL, PREPARE_NOT_UTF8},
    {"a\xf4\x90\x80\x80", NULL, PREPARE_NOT_UTF8},
};

/* RFC 4013 3, then a row a table of RFC 3454. */
static const struct row saslprep[] = {
    {"I\u00adX", "IX", PREPARED},
    {"user", "user", PREPARED},
    {"USER", "USER", PREPARED},
    {"\u00aa", "a", PREPARED},
    {"\u2168", "IX", PREPARED},
    {"\x07", NULL, PREPARE_FORBIDDEN},
    {"\u06271", NULL, PREPARE_FORBIDDEN},
    {"", NULL, PREPARE_EMPTY},
    {"\u00ad\u200d", NULL, PREPARE_EMPTY},
    {"a\u00a0b\u200bc\u3000d", "a b c d", PREPARED},
    {"a\u034f\u1806\u2060\ufe0f\ufeff"
     "b",
     "ab", PREPARED},
    {"e\u0301\ufb01\uff21", "\u00e9fiA", PREPARED},
    {"p\u00e4ssw\u00f6rd", "p\u00e4ssw\u00f6rd", PREPARED},
    {"\U0001f600", "\U0001f600", PREPARED},
    {"a\x7f", NULL, PREPARE_FORBIDDEN},
    {"a\xc2\x85", NULL, PREPARE_FORBIDDEN},
    {"a\u06dd", NULL, PREPARE_FORBIDDEN},
    {"a\u180e", NULL, PREPARE_FORBIDDEN},
    {"a\u200e", NULL, PREPARE_FORBIDDEN},
    {"a\u2028", NULL, PREPARE_FORBIDDEN},
    {"a\u202e", NULL, PREPARE_FORBIDDEN},
    {"a\u2061", NULL, PREPARE_FORBIDDEN},
    {"a\u206a", NULL, PREPARE_FORBIDDEN},
    {"a\u2ff0", NULL, PREPARE_FORBIDDEN},
    {"a\ue000", NULL, PREPARE_FORBIDDEN},
    {"a\ufdd0", NULL, PREPARE_FORBIDDEN},
    {"a\ufffd", NULL, PREPARE_FORBIDDEN},
    {"a\U0001d173", NULL, PREPARE_FORBIDDEN},
    {"a\U0001fffe", NULL, PREPARE_FORBIDDEN},
    {"a\U000e0001", NULL, PREPARE_FORBIDDEN},
    {"a\U000f0000", NULL, PREPARE_FORBIDDEN},
    {"a\U0010fffd", NULL, PREPARE_FORBIDDEN},
    {"a\u0378", NULL, PREPARE_FORBIDDEN},
    {"\u06271\u0628", "\u06271\u0628", PREPARED},
    {"\u05d0\u05d1", "\u05d0\u05d1", PREPARED},
    {"\u0627a\u0628", NULL, PREPARE_FORBIDDEN},
    {"1\u0627", NULL, PREPARE_FORBIDDEN},
    {"caf\xe9", NULL, PREPARE_NOT_UTF8},
};

static void run(enum prepare_profile profile, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = BUF_INIT;
        enum prepared result;

        secret_add(&out, "what was there before", 21);
        result = prepare_password(profile, rows[i].typed, strlen(rows[i].typed), &out);
        if (result != rows[i].result ||
            strcmp(buf_str(&out), rows[i].out != NULL ? rows[i].out : "") != 0)
            fail_msg("row %zu (%s): %d \"%s\"", i, rows[i].typed, (int)result,
                     buf_str(&out));
        assert_int_equal(out.len, strlen(buf_str(&out)));
        secret_finish(&out);
    }
}

static void test_opaque(void **state)
{
    (void)state;
    run(PREPARE_OPAQUE, opaque, sizeof(opaque) / sizeof(*opaque));
}

static void test_saslprep(void **state)
{
    (void)state;
    run(PREPARE_SASLPREP, saslprep, sizeof(saslprep) / sizeof(*saslprep));
}

static void test_nul(void **state)
{
    (void)state;
    for (int profile = PREPARE_OPAQUE; profile <= PREPARE_SASLPREP; profile++) {
        struct buf out = BUF_INIT;

        assert_int_equal(
            prepare_password((enum prepare_profile)profile, "ab\0cd", 5, &out),
            PREPARE_FORBIDDEN);
        assert_int_equal(out.len, 0);
        secret_finish(&out);
    }
}

/* The bounds, of ASCII, of two bytes each, and of what grows when it is normalised. */
static void test_length(void **state)
{
    char typed[PASSWORD_MAX + 2];
    struct buf out = BUF_INIT;

    (void)state;
    memset(typed, 'x', sizeof(typed));
    assert_int_equal(prepare_password(PREPARE_OPAQUE, typed, PASSWORD_MAX, &out),
                     PREPARED);
    assert_int_equal(out.len, PASSWORD_MAX);
    assert_int_equal(prepare_password(PREPARE_OPAQUE, typed, PASSWORD_MAX + 1, &out),
                     PREPARE_TOO_LONG);
    assert_int_equal(out.len, 0);
    for (size_t i = 0; i < PASSWORD_MAX; i += 2)
        memcpy(typed + i, "\u00e9", 2);
    assert_int_equal(prepare_password(PREPARE_SASLPREP, typed, PASSWORD_MAX, &out),
                     PREPARED);
    assert_int_equal(out.len, PASSWORD_MAX);
    /* U+FDFA becomes 18 code points, of 33 bytes. */
    for (size_t i = 0; i < 1023; i += 3)
        memcpy(typed + i, "\ufdfa", 3);
    assert_int_equal(prepare_password(PREPARE_SASLPREP, typed, 1023, &out),
                     PREPARE_TOO_LONG);
    assert_int_equal(out.len, 0);
    assert_int_equal(prepare_password(PREPARE_SASLPREP, typed, 300, &out),
                     PREPARE_TOO_LONG);
    assert_int_equal(prepare_password(PREPARE_SASLPREP, typed, 90, &out), PREPARED);
    assert_int_equal(out.len, 990);
    assert_int_equal(prepare_password(PREPARE_OPAQUE, typed, 1023, &out), PREPARED);
    secret_finish(&out);
}

/* What is prepared stays as it is when it is prepared again. */
static void test_idempotent(void **state)
{
    (void)state;
    for (uint32_t c = 0x80; c < 0x30000; c++) {
        char text[5] = {0};
        struct buf once = BUF_INIT, twice = BUF_INIT;

        if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 63));
            text[2] = (char)(0x80 | (c & 63));
        } else {
            text[0] = (char)(0xf0 | c >> 18);
            text[1] = (char)(0x80 | (c >> 12 & 63));
            text[2] = (char)(0x80 | (c >> 6 & 63));
            text[3] = (char)(0x80 | (c & 63));
        }
        for (int profile = PREPARE_OPAQUE; profile <= PREPARE_SASLPREP; profile++) {
            enum prepare_profile p = (enum prepare_profile)profile;

            if (prepare_password(p, text, strlen(text), &once) != PREPARED)
                continue;
            assert_int_equal(prepare_password(p, once.data, once.len, &twice),
                             PREPARED);
            assert_string_equal(once.data, twice.data);
        }
        secret_finish(&once);
        secret_finish(&twice);
    }
}

static void test_sentences(void **state)
{
    (void)state;
    for (int i = PREPARED; i <= PREPARE_OUT_OF_MEMORY; i++)
        assert_true(strlen(prepared_sentence((enum prepared)i)) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opaque),     cmocka_unit_test(test_saslprep),
        cmocka_unit_test(test_nul),        cmocka_unit_test(test_length),
        cmocka_unit_test(test_idempotent), cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
