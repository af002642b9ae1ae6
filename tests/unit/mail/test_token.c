/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/token.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "exact.h"
#include "mail/token.h"

/* clang-format off */

/* The tokens as one letter each with their text, and the flags of the last one. */
static const struct {
    const char *bytes;
    size_t len;
    const char *tokens;
    unsigned flags;
} cases[] = {
    {BYTES(""), "", 0},
    {BYTES("a.b@c"), "w{a.b}s{@}w{c}", 0},
    {BYTES("a b"), "w{a}b{ }w{b}", 0},
    {BYTES(" \t\r\n x"), "b{ \t\r\n }w{x}", 0},
    {BYTES("x\n y \n z\n\t \tz"), "w{x}b{\n }w{y}b{ \n }w{z}b{\n\t \t}w{z}", 0},
    {BYTES("a\n b \t"), "w{a}b{\n }w{b}b{ \t}", 0},
    {BYTES("a\t\n b"), "w{a}b{\t\n }w{b}", 0},
    {BYTES("\"\""), "q{\"\"}", 0},
    {BYTES("\"a\\\"b\"c"), "q{\"a\\\"b\"}w{c}", 0},
    {BYTES("\"a\\\"\""), "q{\"a\\\"\"}", TOKEN_ESCAPE},
    {BYTES("\"a@b\""), "q{\"a@b\"}", TOKEN_AT},
    {BYTES("\"(a\""), "q{\"(a\"}", TOKEN_PAREN},
    {BYTES("\")(\""), "q{\")(\"}", TOKEN_PAREN},
    {BYTES("\"(a)<\""), "q{\"(a)<\"}", TOKEN_ANGLE},
    {BYTES("\"=?\xff\""), "q{\"=?\xff\"}", TOKEN_ENCODED | TOKEN_HIGH},
    {BYTES("()"), "c{()}", 0},
    {BYTES("(a(b)c)"), "c{(a(b)c)}", TOKEN_NESTED},
    {BYTES("(\\))"), "c{(\\))}", TOKEN_ESCAPE},
    {BYTES("(\\()"), "c{(\\()}", TOKEN_ESCAPE},
    {BYTES("(\")"), "c{(\")}", TOKEN_QUOTE},
    {BYTES("(\\@)"), "c{(\\@)}", TOKEN_ESCAPE | TOKEN_AT},
    {BYTES("(<)"), "c{(<)}", TOKEN_ANGLE},
    {BYTES("(a\r\n b)"), "c{(a\r\n b)}", 0},
    {BYTES("<>[]:;,\\@)"), "s{<}s{>}s{[}s{]}s{:}s{;}s{,}s{\\}s{@}s{)}", 0},
    {BYTES("a\xff\x80" "b"), "w{a\xff\x80" "b}", TOKEN_HIGH},
    {BYTES("=?u?q?a,b c?=d"), "w{=?u?q?a,b c?=d}", TOKEN_ENCODED | TOKEN_SEPARATOR},
    {BYTES("x=?u*de?B?a;b?="), "w{x=?u*de?B?a;b?=}", TOKEN_ENCODED | TOKEN_SEPARATOR},
    {BYTES("=?u?q?a,\n b?="), "w{=?u?q?a,\n b?=}", TOKEN_ENCODED | TOKEN_SEPARATOR},
    {BYTES("=?u?q?a,b"), "w{=?u?q?a}s{,}w{b}", 0},
    {BYTES("=?u?x?a,b?="), "w{=?u?x?a}s{,}w{b?=}", 0},
    {BYTES("=?u?q?a,@b?="), "w{=?u?q?a}s{,}s{@}w{b?=}", 0},
    {BYTES("=?u?q?a =?u?q?b,<"), "w{=?u?q?a}b{ }w{=?u?q?b}s{,}s{<}", 0},
};

/* What cannot be cut into tokens, and where. */
static const struct {
    const char *bytes;
    size_t len;
    enum reason reason;
    size_t at;
} errors[] = {
    {BYTES("\"a"), REASON_UNCLOSED_QUOTE, 0},
    {BYTES("a \"b\\\""), REASON_UNCLOSED_QUOTE, 2},
    {BYTES("\"\\"), REASON_UNCLOSED_QUOTE, 0},
    {BYTES("(a(b)"), REASON_UNCLOSED_COMMENT, 0},
    {BYTES("(\\"), REASON_UNCLOSED_COMMENT, 0},
    {BYTES("a\0b"), REASON_CONTROL_BYTE, 1},
    {BYTES("a\x7f"), REASON_CONTROL_BYTE, 1},
    {BYTES("\"\x01\""), REASON_CONTROL_BYTE, 1},
    {BYTES("(\x1f)"), REASON_CONTROL_BYTE, 1},
    {BYTES("\"\\\r\""), REASON_CONTROL_BYTE, 2},
    {BYTES("a\r"), REASON_BARE_LINE_BREAK, 1},
    {BYTES("a\n"), REASON_BARE_LINE_BREAK, 1},
    {BYTES("a\nb"), REASON_BARE_LINE_BREAK, 1},
    {BYTES("a\r b"), REASON_BARE_LINE_BREAK, 1},
    {BYTES("a\r\r\n b"), REASON_BARE_LINE_BREAK, 1},
    {BYTES("=?u?q?a\nb?="), REASON_BARE_LINE_BREAK, 7},
    {BYTES("a\n "), REASON_BLANK_LINE, 1},
    {BYTES("a\n \t\n b"), REASON_BLANK_LINE, 1},
    {BYTES("(\n \n )"), REASON_BLANK_LINE, 1},
};
/* clang-format on */

static const char kinds[] = "-bwqcs-"; /* by enum token_kind */

static void test_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *copy = exact_copy(cases[i].bytes, cases[i].len);
        struct token_reader reader;
        struct token token;
        struct buf got = BUF_INIT;
        unsigned flags = 0;

        token_reader_init(&reader, copy, cases[i].len);
        for (token_next(&reader, &token);
             token.kind != TOKEN_END && token.kind != TOKEN_ERROR;
             token_next(&reader, &token)) {
            buf_addc(&got, kinds[token.kind]);
            buf_addc(&got, '{');
            buf_add(&got, copy + token.at, token.len);
            buf_addc(&got, '}');
            flags = token.flags;
        }
        assert_string_equal(buf_str(&got), cases[i].tokens);
        if (cases[i].flags != 0)
            assert_int_equal(flags, cases[i].flags);
        buf_finish(&got);
        free(copy);
    }
}

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        char *copy = exact_copy(errors[i].bytes, errors[i].len);
        struct token_reader reader;
        struct token token;

        token_reader_init(&reader, copy, errors[i].len);
        do
            token_next(&reader, &token);
        while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR);
        assert_int_equal(token.kind, TOKEN_ERROR);
        assert_int_equal(reader.reason, errors[i].reason);
        assert_int_equal(reader.error_at, errors[i].at);
        assert_non_null(reader.expected);
        token_next(&reader, &token);
        assert_int_equal(token.kind, TOKEN_ERROR);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
