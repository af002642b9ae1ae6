/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/address.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "exact.h"
#include "mail/address.h"

static const struct address_rules rules = {.delimiters = "+"};
static const struct address_rules rules_case = {.case_sensitive_local_part = true,
                                                .delimiters = "+"};
static const struct address_rules rules_dash = {.delimiters = "+-"};
static const struct address_rules rules_none = {.delimiters = ""};

/* clang-format off */

/* What an address becomes; `text` NULL: it is refused. */
static const struct {
    const char *bytes;
    size_t len;
    const char *text;
    const char *local;
    bool unownable, literal_only;
    enum reason reason;
    size_t error_at;
} parse_cases[] = {
#define IS(bytes, text, local) {BYTES(bytes), text, local, false, false, REASON_NONE, 0}
#define LITERAL(bytes, text, local) {BYTES(bytes), text, local, false, true, REASON_NONE, 0}
#define NOBODYS(bytes, text, local) {BYTES(bytes), text, local, true, false, REASON_NONE, 0}
#define NOT(bytes, reason, at) {BYTES(bytes), NULL, NULL, false, false, reason, at}
    IS("Me@Ex.COM", "me@ex.com", "me"),
    IS("me@single", "me@single", "me"),
    IS("\"me\"@ex.com", "me@ex.com", "me"),
    IS("\"me.x\"@ex.com", "me.x@ex.com", "me.x"),
    IS("M\xc3\x9c@ex.com", "m\xc3\x9c@ex.com", "m\xc3\x9c"),
    IS("\"m\xc3\xbc\"@ex.com", "m\xc3\xbc@ex.com", "m\xc3\xbc"),
    IS("u\xcc\x88@ex.com", "\xc3\xbc@ex.com", "\xc3\xbc"),
    IS("a@B\xc3\xbc" "cher.Example", "a@xn--bcher-kva.example", "a"),
    IS("a@xn--BCHER-kva.example", "a@xn--bcher-kva.example", "a"),
    IS("a@stra\xc3\x9f" "e.de", "a@xn--strae-oqa.de", "a"),
    IS("a@xn--i-7iq.ws", "a@xn--i-7iq.ws", "a"),
    IS("!#$%&'*+-/?=^_`{|}~@ex.com", "!#$%&'*+-/?=^_`{|}~@ex.com",
       "!#$%&'*+-/?=^_`{|}~"),
    IS("a@[192.0.2.1]", "a@[192.0.2.1]", "a"),
    IS("a@my_host", "a@my_host", "a"),
    IS("SRS0=x=y=ex.com=me@gw.ex.com", "srs0=x=y=ex.com=me@gw.ex.com",
       "srs0=x=y=ex.com=me"),
    LITERAL("\"a b\"@ex.com", "\"a b\"@ex.com", "a b"),
    LITERAL("\"A\\\"\\\\\"@ex.com", "\"a\\\"\\\\\"@ex.com", "a\"\\"),
    LITERAL("\"\"@ex.com", "\"\"@ex.com", ""),
    LITERAL("\"a@b\"@ex.com", "\"a@b\"@ex.com", "a@b"),
    LITERAL("a..b@ex.com", "\"a..b\"@ex.com", "a..b"),
    LITERAL(".a@ex.com", "\".a\"@ex.com", ".a"),
    LITERAL("a.@ex.com", "\"a.\"@ex.com", "a."),
    NOBODYS("a@B\xc3\x9c" "CHER.example", "a@b\xc3\x9c" "cher.example", "a"),
    NOBODYS("a@bu\xcc\x88" "cher.example", "a@bu\xcc\x88" "cher.example", "a"),
    NOBODYS("a@\xe2\x9d\xa4.ws", "a@\xe2\x9d\xa4.ws", "a"),
    NOT("", REASON_NO_LOCAL_PART, 0),
    NOT("me", REASON_NO_DOMAIN, 2),
    NOT("@ex.com", REASON_NO_LOCAL_PART, 0),
    NOT("me@", REASON_NO_DOMAIN, 3),
    NOT("\"me\"", REASON_NO_DOMAIN, 4),
    NOT("\"me", REASON_UNCLOSED_QUOTE, 0),
    NOT("\"me\\\"@ex.com", REASON_UNCLOSED_QUOTE, 0),
    NOT("\"me\"x@ex.com", REASON_QUOTED_LOCAL_PART, 4),
    NOT("x\"me\"@ex.com", REASON_QUOTED_LOCAL_PART, 1),
    NOT("\"m\\e\"@ex.com", REASON_QUOTED_LOCAL_PART, 2),
    NOT("\"m\ne\"@ex.com", REASON_CONTROL_BYTE, 2),
    NOT("\"m\0e\"@ex.com", REASON_CONTROL_BYTE, 2),
    NOT("m e@ex.com", REASON_BLANK_IN_ADDRESS, 1),
    NOT("m\0e@ex.com", REASON_CONTROL_BYTE, 1),
    NOT("me@ex.com\0", REASON_CONTROL_BYTE, 9),
    NOT("me@a@b", REASON_SEVERAL_AT, 4),
    NOT("<me@ex.com>", REASON_STRAY_ANGLE, 0),
    NOT("a,b@ex.com", REASON_SEPARATOR_IN_ANGLE, 1),
    NOT("a(b)@ex.com", REASON_COMMENT_IN_ADDRESS, 1),
    NOT("a\\b@ex.com", REASON_BACKSLASH, 1),
    NOT("=?x?q?a?=@ex.com", REASON_ENCODED_WORD_IN_ADDRESS, 0),
    NOT("\"=?x?q?a?=\"@ex.com", REASON_ENCODED_WORD_IN_ADDRESS, 1),
    NOT("me@ex.com.", REASON_BAD_DOMAIN, 10),
    NOT("me@.ex.com", REASON_BAD_DOMAIN, 3),
    NOT("me@ex/com", REASON_BAD_DOMAIN, 5),
    NOT("me@\"ex\"", REASON_BAD_DOMAIN, 3),
    NOT("me@ex .com", REASON_BLANK_IN_ADDRESS, 5),
    NOT("me@[1.2.3.4", REASON_BAD_DOMAIN, 11),
    NOT("me@[1.2.3.4]x", REASON_BAD_DOMAIN, 11),
    NOT("me@[IPv6:::1]", REASON_BAD_DOMAIN, 4),
    NOT("m\xfc@ex.com", REASON_BAD_UTF8, 1),
    NOT("\"m\xfc\"@ex.com", REASON_BAD_UTF8, 1),
    NOT("m\xc3@ex.com", REASON_BAD_UTF8, 1),
    NOT("\xed\xa0\x80@ex.com", REASON_BAD_UTF8, 0),
    NOT("\xc0\x80@ex.com", REASON_BAD_UTF8, 0),
    NOT("m@\xff", REASON_BAD_UTF8, 2),
    NOT("m\xc2\xa0@ex.com", REASON_ODD_CHARACTER, 1),
    NOT("m\xe2\x80\x8d@ex.com", REASON_ODD_CHARACTER, 1),
    NOT("m\xef\xbc\xa0@ex.com", REASON_ODD_CHARACTER, 1),
    NOT("m@ex\xe3\x80\x82" "com", REASON_ODD_CHARACTER, 4),
    NOT("m@ex.com\xe2\x80\xa8", REASON_ODD_CHARACTER, 8),
};

/* MAIL FROM as typed; `text` NULL with REASON_NONE: the null path. */
static const struct {
    const char *path;
    const char *text;
    enum reason reason;
} path_cases[] = {
    {"<me@ex.com>", "me@ex.com", REASON_NONE},
    {"me@ex.com", "me@ex.com", REASON_NONE},
    {" <Me@EX.com> ", "me@ex.com", REASON_NONE},
    {"<\"me\"@ex.com>", "me@ex.com", REASON_NONE},
    {"<\"a>b\"@ex.com>", "\"a>b\"@ex.com", REASON_NONE},
    {"<me@ex.com.>", "me@ex.com", REASON_NONE},
    {"<@ex.com:me@ex.com>", "me@ex.com", REASON_NONE},
    {"<@a,@b.c:x@y>", "x@y", REASON_NONE},
    {"<>", NULL, REASON_NONE},
    {"", NULL, REASON_NONE},
    {" ", NULL, REASON_NONE},
    {"<me>", NULL, REASON_NO_DOMAIN},
    {"me", NULL, REASON_NO_DOMAIN},
    {"<me@ex.com", NULL, REASON_UNCLOSED_ANGLE},
    {"<", NULL, REASON_UNCLOSED_ANGLE},
    {"me@ex.com>", NULL, REASON_STRAY_ANGLE},
    {"<<me@ex.com>>", NULL, REASON_STRAY_ANGLE},
    {"<@a,@b>", NULL, REASON_ROUTE},
    {"<@a \"x:\":me@ex.com>", NULL, REASON_ROUTE},
    {"<@a:>", NULL, REASON_NO_LOCAL_PART},
    {"<@a:@b:x@y>", NULL, REASON_NO_LOCAL_PART},
    {"<me@ex.com> x", NULL, REASON_UNCLOSED_ANGLE},
    {"<me@ex.com..>", NULL, REASON_BAD_DOMAIN},
    {"<.@.>", NULL, REASON_NO_DOMAIN},
    {"<j*@ex.com>", "j*@ex.com", REASON_NONE},
    {"<ceo%ex.com@gw>", "ceo%ex.com@gw", REASON_NONE},
    {"<me @ex.com>", NULL, REASON_BLANK_IN_ADDRESS},
};

/* The keys of an address, with a blank between. */
static const struct {
    const struct address_rules *rules;
    const char *address;
    const char *keys;
} key_cases[] = {
    {&rules, "me@ex.com", "me@ex.com @ex.com"},
    {&rules, "me+x@ex.com", "me+x@ex.com me@ex.com @ex.com"},
    {&rules, "me+x+y@ex.com", "me+x+y@ex.com me@ex.com @ex.com"},
    {&rules, "me+@ex.com", "me+@ex.com me@ex.com @ex.com"},
    {&rules, "+x@ex.com", "+x@ex.com @ex.com"},
    {&rules, "+me+x@ex.com", "+me+x@ex.com @ex.com"},
    {&rules, "postmaster+x@ex.com", "postmaster+x@ex.com postmaster@ex.com @ex.com"},
    {&rules_dash, "mailer-daemon@ex.com", "mailer-daemon@ex.com @ex.com"},
    {&rules_case, "Me+X@EX.com", "Me+X@ex.com Me@ex.com @ex.com"},
    {&rules_dash, "me-x@ex.com", "me-x@ex.com me@ex.com @ex.com"},
    {&rules_dash, "a-b+c@ex.com", "a-b+c@ex.com a@ex.com @ex.com"},
    {&rules_dash, "owner-list@ex.com", "owner-list@ex.com @ex.com"},
    {&rules_dash, "list-request@ex.com", "list-request@ex.com @ex.com"},
    {&rules_dash, "double-bounce@ex.com", "double-bounce@ex.com @ex.com"},
    {&rules, "owner-list+x@ex.com", "owner-list+x@ex.com owner-list@ex.com @ex.com"},
    {&rules_none, "me+x@ex.com", "me+x@ex.com @ex.com"},
    {&rules, "a.+x@ex.com", "a.+x@ex.com \"a.\"@ex.com @ex.com"},
    {&rules, "\"a b+c\"@ex.com", "\"a b+c\"@ex.com"},
    {&rules, "a..b@ex.com", "\"a..b\"@ex.com"},
    {&rules, "a@\xc3\x9c.example", ""},
    {&rules, "a@[192.0.2.1]", "a@[192.0.2.1] @[192.0.2.1]"},
};

/* A key as an admin writes it; `key` NULL: it is none. */
static const struct {
    const char *written;
    const char *key;
    enum reason reason;
} written_cases[] = {
    {"Me@EX.com", "me@ex.com", REASON_NONE},
    {"me@ex.com.", "me@ex.com", REASON_NONE},
    {"\"me\"@ex.com", "me@ex.com", REASON_NONE},
    {"\"a b\"@ex.com", "\"a b\"@ex.com", REASON_NONE},
    {"a..b@ex.com", "\"a..b\"@ex.com", REASON_NONE},
    {"@EX.com", "@ex.com", REASON_NONE},
    {"@ex.com.", "@ex.com", REASON_NONE},
    {"@b\xc3\xbc" "cher.example", "@xn--bcher-kva.example", REASON_NONE},
    {"Me", "me", REASON_NONE},
    {"\"a b\"", "\"a b\"", REASON_NONE},
    {"o'neil=x/y%z@single", "o'neil=x/y%z@single", REASON_NONE},
    {"", NULL, REASON_NO_LOCAL_PART},
    {"@", NULL, REASON_BAD_DOMAIN},
    {"me@", NULL, REASON_NO_DOMAIN},
    {"@ex..com", NULL, REASON_BAD_DOMAIN},
    {"@B\xc3\x9c.example", NULL, REASON_BAD_DOMAIN},
    {"me@B\xc3\x9c.example", NULL, REASON_BAD_DOMAIN},
    {"a b", NULL, REASON_BLANK_IN_ADDRESS},
    {"\"a\"b", NULL, REASON_QUOTED_LOCAL_PART},
    {"a b@ex.com", NULL, REASON_BLANK_IN_ADDRESS},
};

/* Domains; `to` NULL: not one. */
static const struct {
    const char *from;
    const char *to;
} domain_cases[] = {
    {"Example.ORG", "example.org"},
    {"example.org.", "example.org"},
    {"b\xc3\xbc" "cher.example", "xn--bcher-kva.example"},
    {"[192.0.2.1]", "[192.0.2.1]"},
    {"single", "single"},
    {"", NULL},
    {".", NULL},
    {"a..b", NULL},
    {"a b", NULL},
    {"\xff", NULL},
    {"B\xc3\x9c.example", NULL},
    {"ex\xef\xbc\x8e" "com", NULL},
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parse_cases); i++) {
        struct arena arena = {0};
        struct address address;
        size_t at = 999;
        char *copy = exact_copy(parse_cases[i].bytes, parse_cases[i].len);
        enum reason reason =
            address_parse(copy, parse_cases[i].len, &rules, &arena, &address, &at);

        free(copy);
        if (reason != parse_cases[i].reason)
            fail_msg("%s: %s", parse_cases[i].bytes, reason_name(reason));
        if (reason == REASON_NONE) {
            assert_string_equal(address.text, parse_cases[i].text);
            assert_string_equal(address.local, parse_cases[i].local);
            assert_string_equal(address.domain, strrchr(address.text, '@') + 1);
            assert_int_equal(address.unownable, parse_cases[i].unownable);
            assert_int_equal(address.literal_only, parse_cases[i].literal_only);
        } else if (at != parse_cases[i].error_at) {
            fail_msg("%s: at %zu", parse_cases[i].bytes, at);
        }
        arena_finish(&arena);
    }
}

/* What was read reads as itself. */
static void test_parse_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parse_cases); i++) {
        struct arena arena = {0};
        struct address address, again;

        if (address_parse(parse_cases[i].bytes, parse_cases[i].len, &rules, &arena,
                          &address, NULL) == REASON_NONE) {
            assert_int_equal(address_parse(address.text, strlen(address.text), &rules,
                                           &arena, &again, NULL),
                             REASON_NONE);
            assert_string_equal(again.text, address.text);
            assert_string_equal(again.local, address.local);
            assert_int_equal(again.literal_only, address.literal_only);
        }
        arena_finish(&arena);
    }
}

static void test_case_counts(void **state)
{
    struct arena arena = {0};
    struct address address;

    (void)state;
    assert_int_equal(
        address_parse(BYTES("Me@EX.com"), &rules_case, &arena, &address, NULL),
        REASON_NONE);
    assert_string_equal(address.text, "Me@ex.com");
    assert_string_equal(address.local, "Me");
    arena_finish(&arena);
}

static void test_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(path_cases); i++) {
        struct arena arena = {0};
        struct address address;
        bool null;
        enum reason reason =
            address_parse_path(path_cases[i].path, &rules, &arena, &address, &null);

        if (reason != path_cases[i].reason)
            fail_msg("%s: %s", path_cases[i].path, reason_name(reason));
        assert_int_equal(null, reason == REASON_NONE && path_cases[i].text == NULL);
        if (path_cases[i].text != NULL)
            assert_string_equal(address.text, path_cases[i].text);
        arena_finish(&arena);
    }
}

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(key_cases); i++) {
        const char *keys[ADDRESS_KEYS_MAX];
        struct arena arena = {0};
        struct address address;
        struct buf got = BUF_INIT;
        size_t count;

        assert_int_equal(address_parse(key_cases[i].address,
                                       strlen(key_cases[i].address), key_cases[i].rules,
                                       &arena, &address, NULL),
                         REASON_NONE);
        count = address_keys(&address, key_cases[i].rules, &arena, keys);
        for (size_t j = 0; j < count; j++)
            buf_addf(&got, "%s%s", j != 0 ? " " : "", keys[j]);
        assert_string_equal(buf_str(&got), key_cases[i].keys);
        buf_finish(&got);
        arena_finish(&arena);
    }
}

static void test_written_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(written_cases); i++) {
        struct arena arena = {0};
        enum reason reason;
        const char *key =
            address_normalise_key(written_cases[i].written, &rules, &arena, &reason);

        if (reason != written_cases[i].reason)
            fail_msg("%s: %s", written_cases[i].written, reason_name(reason));
        if (written_cases[i].key == NULL)
            assert_null(key);
        else
            assert_string_equal(key, written_cases[i].key);
        arena_finish(&arena);
    }
}

static void test_domains(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(domain_cases); i++) {
        struct arena arena = {0};
        size_t len = strlen(domain_cases[i].from);
        char *copy = exact_copy(domain_cases[i].from, len);
        const char *got = address_normalise_domain(copy, len, &arena);

        free(copy);
        if (domain_cases[i].to == NULL)
            assert_null(got);
        else
            assert_string_equal(got, domain_cases[i].to);
        arena_finish(&arena);
    }
}

static void test_long(void **state)
{
    struct arena arena = {0};
    struct address address;
    char text[ADDRESS_MAX + 8];
    enum reason reason;

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text + ADDRESS_MAX - 6, "@ex.com", 7);
    assert_int_equal(
        address_parse(text, ADDRESS_MAX + 1, &rules, &arena, &address, NULL),
        REASON_TOO_LONG);
    memcpy(text + ADDRESS_MAX - 7, "@ex.com", 7);
    assert_int_equal(address_parse(text, ADDRESS_MAX, &rules, &arena, &address, NULL),
                     REASON_NONE);
    assert_int_equal(strlen(address.text), ADDRESS_MAX);
    text[1] = text[2] = '.'; /* needs quotes, and is too long with them */
    assert_int_equal(address_parse(text, ADDRESS_MAX, &rules, &arena, &address, NULL),
                     REASON_TOO_LONG);
    memset(text + 3, 'a', ADDRESS_MAX - 3);
    text[ADDRESS_MAX] = '\0';
    assert_null(address_normalise_key(text, &rules, &arena, &reason));
    assert_int_equal(reason, REASON_TOO_LONG);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),       cmocka_unit_test(test_parse_again),
        cmocka_unit_test(test_case_counts), cmocka_unit_test(test_path),
        cmocka_unit_test(test_keys),        cmocka_unit_test(test_written_keys),
        cmocka_unit_test(test_domains),     cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
