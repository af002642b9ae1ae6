/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/encoding.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cred/encoding.h"

/* RFC 4648 10, and the two characters in which the alphabets differ. */
static const struct {
    enum encoding encoding;
    const char *bytes, *text;
} both_ways[] = {
    {ENCODING_BASE64, "", ""},
    {ENCODING_BASE64, "f", "Zg=="},
    {ENCODING_BASE64, "fo", "Zm8="},
    {ENCODING_BASE64, "foo", "Zm9v"},
    {ENCODING_BASE64, "foob", "Zm9vYg=="},
    {ENCODING_BASE64, "fooba", "Zm9vYmE="},
    {ENCODING_BASE64, "foobar", "Zm9vYmFy"},
    {ENCODING_BASE64, "\xfb\xff\xbf", "+/+/"},
    {ENCODING_BASE64_BARE, "f", "Zg"},
    {ENCODING_BASE64_BARE, "fo", "Zm8"},
    {ENCODING_BASE64_BARE, "\xfb\xff\xbf", "+/+/"},
    {ENCODING_BASE64_ADAPTED, "fo", "Zm8"},
    {ENCODING_BASE64_ADAPTED, "\xfb\xff\xbf", "././"},
};

static void test_base64(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(both_ways) / sizeof(*both_ways); i++) {
        struct buf out = BUF_INIT;
        unsigned char bytes[16];
        size_t len;

        encoding_base64_add(both_ways[i].encoding,
                            (const unsigned char *)both_ways[i].bytes,
                            strlen(both_ways[i].bytes), &out);
        assert_string_equal(buf_str(&out), both_ways[i].text);
        assert_true(encoding_base64_read(both_ways[i].encoding, both_ways[i].text,
                                         strlen(both_ways[i].text), bytes,
                                         strlen(both_ways[i].bytes), &len));
        assert_int_equal(len, strlen(both_ways[i].bytes));
        assert_memory_equal(bytes, both_ways[i].bytes, len);
        buf_finish(&out);
    }
}

static const struct {
    enum encoding encoding;
    const char *text;
    bool good;
} one_way[] = {
    {ENCODING_BASE64_BARE, "Zg==", true},
    {ENCODING_BASE64_ADAPTED, "Zm8=", true},
    {ENCODING_BASE64_ADAPTED, "+/+/", true},
    {ENCODING_BASE64, "Zg", false},
    {ENCODING_BASE64, "Zg=", false},
    {ENCODING_BASE64_BARE, "Zg=", false},
    {ENCODING_BASE64, "Zg===", false},
    {ENCODING_BASE64, "=", false},
    {ENCODING_BASE64, "==", false},
    {ENCODING_BASE64, "====", false},
    {ENCODING_BASE64, "Z===", false},
    {ENCODING_BASE64, "Z", false},
    {ENCODING_BASE64_BARE, "Zm9vY", false},
    {ENCODING_BASE64, "Zm9v=", false},
    {ENCODING_BASE64, "Zm=v", false},
    {ENCODING_BASE64, "Zh==", false}, /* stray bits */
    {ENCODING_BASE64, "Zm9=", false},
    {ENCODING_BASE64, "Zm9v\n", false},
    {ENCODING_BASE64, " Zm9v", false},
    {ENCODING_BASE64, "Zm-v", false},
    {ENCODING_BASE64, "././", false},
    {ENCODING_BASE64_BARE, "././", false},
    {ENCODING_BASE64, "Zm9\xc3", false},
};

static void test_base64_strict(void **state)
{
    unsigned char bytes[16];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(one_way) / sizeof(*one_way); i++) {
        if (encoding_base64_read(one_way[i].encoding, one_way[i].text,
                                 strlen(one_way[i].text), bytes, sizeof(bytes),
                                 &len) != one_way[i].good)
            fail_msg("%s", one_way[i].text);
    }
    /* A NUL is no character of any alphabet; what does not fit is refused. */
    assert_false(encoding_base64_read(ENCODING_BASE64, "Zm9\0", 4, bytes, 16, &len));
    assert_false(encoding_base64_read(ENCODING_BASE64, "Zm9v", 4, bytes, 2, &len));
    assert_true(encoding_base64_read(ENCODING_BASE64, "Zm9v", 4, bytes, 3, &len));
}

static void test_hex(void **state)
{
    struct buf out = BUF_INIT;
    unsigned char bytes[4];
    size_t len;

    (void)state;
    assert_true(encoding_hex_read("00fFAb9", 6, bytes, 3, &len));
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "\x00\xff\xab", 3);
    encoding_hex_add(bytes, 3, &out);
    assert_string_equal(buf_str(&out), "00ffab");
    buf_finish(&out);
    assert_true(encoding_hex_read("", 0, bytes, 0, &len));
    assert_int_equal(len, 0);
    assert_false(encoding_hex_read("00ff", 4, bytes, 1, &len));
    assert_false(encoding_hex_read("00f", 3, bytes, 4, &len));
    assert_false(encoding_hex_read("0g", 2, bytes, 4, &len));
    assert_false(encoding_hex_read(" 0", 2, bytes, 4, &len));
    assert_false(encoding_hex_read("0\0", 2, bytes, 4, &len));
}

static const struct {
    const char *text;
    unsigned most;
    int used; /* -1: refused */
    unsigned number;
} numbers[] = {
    {"0", 9, 1, 0},
    {"7x", 9, 1, 7},
    {"4294967295", 4294967295, 10, 4294967295},
    {"4294967296", 4294967295, -1, 0},
    {"99999999999999999999999", 4294967295, -1, 0},
    {"10", 9, -1, 0},
    {"9", 9, 1, 9},
    {"10", 10, 2, 10},
    {"00", 9, -1, 0},
    {"01", 9, -1, 0},
    {"0:", 9, 1, 0},
    {"", 9, -1, 0},
    {"+1", 9, -1, 0},
    {"-1", 9, -1, 0},
    {" 1", 9, -1, 0},
};

static void test_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        const char *text = numbers[i].text;
        const char *p = text;
        unsigned number = 0;
        bool ok =
            encoding_number_read(&p, text + strlen(text), numbers[i].most, &number);

        assert_int_equal(ok ? p - text : -1, numbers[i].used);
        assert_int_equal(number, numbers[i].number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_strict),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
