/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/escape.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/event.h"

typedef void escape_fn(struct buf *, const char *, size_t, size_t);

static const struct {
    escape_fn *escape;
    const char *in;
    size_t max;
    const char *out;
} rows[] = {
    {escape_text, "plain text", 99, "plain text"},
    {escape_text, "", 99, ""},
    {escape_text, "a\r\nb\tc\x7f\x1b", 99, "a\\x0d\\x0ab\\x09c\\x7f\\x1b"},
    {escape_text, "back\\slash \"q\"", 99, "back\\\\slash \"q\""},
    {escape_text, "m\xc3\xbcller \xe6\x97\xa5", 99, "m\xc3\xbcller \xe6\x97\xa5"},
    {escape_text, "\xc3", 99, "\\xc3"},
    {escape_text, "\xff\xfe", 99, "\\xff\\xfe"},
    /* overlong slash, surrogate, C1 control, bidirectional override, zero width */
    {escape_text, "\xc0\xaf", 99, "\\xc0\\xaf"},
    {escape_text, "\xed\xa0\x80", 99, "\\xed\\xa0\\x80"},
    {escape_text, "\xc2\x9b", 99, "\\xc2\\x9b"},
    {escape_text, "\xe2\x80\xae", 99, "\\xe2\\x80\\xae"},
    {escape_text, "\xe2\x80\x8b", 99, "\\xe2\\x80\\x8b"},
    {escape_text, "\xe2\x80\xa8", 99, "\\xe2\\x80\\xa8"},
    {escape_text, "abcdef", 3, "abc..."},
    {escape_text, "ab\xc3\xbc", 3, "ab\\xc3..."},
    {escape_token, "word", 99, "word"},
    {escape_token, "", 99, "\"\""},
    {escape_token, "two words", 99, "\"two words\""},
    {escape_token, "a=b", 99, "\"a=b\""},
    {escape_token, "q\"q", 99, "\"q\\\"q\""},
    {escape_token, "x\ny=z", 99, "\"x\\x0ay=z\""},
    {escape_reply, "ceo@x.test", 99, "ceo@x.test"},
    {escape_reply, "a\r\nb \xc3\xbc%", 99, "a??b ??%"},
    {escape_reply, "abcdef", 3, "abc..."},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = BUF_INIT;

        rows[i].escape(&out, rows[i].in, strlen(rows[i].in), rows[i].max);
        if (strcmp(buf_str(&out), rows[i].out) != 0)
            fail_msg("row %zu: %s", i, buf_str(&out));
        buf_finish(&out);
    }
}

/* No two bytes, whatever they are, get out of their place in an event's line. */
static void test_event(void **state)
{
    (void)state;
    for (int a = 1; a < 256; a++) {
        for (int b = 1; b < 256; b++) {
            const char value[] = {(char)a, (char)b, 'x', '=', 'y', '\0'};
            const struct event_field fields[] = {
                {"one", value}, {"two", NULL}, {"three", "-"}};
            const struct event event = {EVENT_INFO, "id", fields, 3, 0};
            struct buf out = BUF_INIT;
            const char *end;

            event_format(&event, &out);
            assert_memory_equal(buf_str(&out), "id: one=\"", 9);
            assert_null(strchr(buf_str(&out), '\n'));
            /* the next quote without a backslash closes the value */
            for (end = buf_str(&out) + 9; *end != '"'; end++)
                end += *end == '\\';
            assert_string_equal(end, "\" two=- three=\"-\"");
            buf_finish(&out);
        }
    }
}

/* The same for JSON: whatever the bytes, a string ends at its own quote. */
static void test_event_json(void **state)
{
    static const struct event_field fields[] = {
        {"one", "a\"b\\c\n\xff\xc3\xbc \xe2\x80\xae"}, {"two", NULL}, {"three", ""}};
    const struct event event = {EVENT_INFO, "id", fields, 3, 1};
    struct buf out = BUF_INIT;

    (void)state;
    event_format_json(&event, &out);
    assert_string_equal(
        buf_str(&out),
        "\"subject\":\"id\",\"one\":\"a\\\"b\\\\\\\\c\\\\x0a\\\\xff\xc3\xbc "
        "\\\\xe2\\\\x80\\\\xae\",\"three\":\"\"");
    buf_clear(&out);
    escape_json(&out, "\t\"\\\x7f\xff\xc3\xbc", 7);
    assert_string_equal(buf_str(&out), "\"\\u0009\\\"\\\\\\u007f\\ufffd\xc3\xbc\"");
    buf_finish(&out);
}

/* Fields at the end that say nothing are left out. */
static void test_optional(void **state)
{
    static const struct event_field fields[] = {
        {"one", NULL}, {"two", NULL}, {"three", "x"}, {"four", NULL}};
    const struct event event = {EVENT_INFO, "id", fields, 4, 3};
    struct buf out = BUF_INIT;

    (void)state;
    event_format(&event, &out);
    assert_string_equal(buf_str(&out), "id: one=- three=x");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_event_json),
        cmocka_unit_test(test_optional),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
