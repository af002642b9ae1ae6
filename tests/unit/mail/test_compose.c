/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/compose.c, and of its results as a reader sees them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/compose.h"
#include "mail/display_name.h"
#include "mail/encoded_word.h"
#include "mail/mailbox_list.h"

#define ADDRESS "alice@example.org"

static const struct address_rules rules = {.delimiters = "+"};

static const struct {
    const char *name;
    bool utf8;
    const char *value;
} mailboxes[] = {
    {"", false, ADDRESS},
    {"Alice", false, "Alice <" ADDRESS ">"},
    {"Alice  Liddell ", false, "Alice Liddell <" ADDRESS ">"},
    {"Dr. A. Liddell", false, "\"Dr. A. Liddell\" <" ADDRESS ">"},
    {"A \"the\" L\\", false, "\"A \\\"the\\\" L\\\\\" <" ADDRESS ">"},
    {"Liddell, Alice", false, "\"Liddell, Alice\" <" ADDRESS ">"},
    {"A\r\nBcc: x", false, "\"A Bcc: x\" <" ADDRESS ">"},
    {"A\tB\nC", false, "A B C <" ADDRESS ">"},
    {"J\303\274rgen", false, "=?utf-8?q?J=C3=BCrgen?= <" ADDRESS ">"},
    {"J\303\274rgen", true, "\"J\303\274rgen\" <" ADDRESS ">"},
    {"J\303\274rgen M", true, "\"J\303\274rgen M\" <" ADDRESS ">"},
    {"=?utf-8?q?x?=", false, "=?utf-8?q?=3D=3Futf=2D8=3Fq=3Fx=3F=3D?= <" ADDRESS ">"},
    {"=?utf-8?q?x?=", true, "=?utf-8?q?=3D=3Futf=2D8=3Fq=3Fx=3F=3D?= <" ADDRESS ">"},
    {"a\377b\342\200\256c", false, "abc <" ADDRESS ">"}, /* invalid; RLO */
};

/* No line is longer than it may be, and none is empty. */
static void check_lines(const struct buf *value, size_t column)
{
    size_t length = column;

    for (size_t i = 0; i < value->len; i++) {
        if (value->data[i] != '\n') {
            length++;
            continue;
        }
        assert_true(length <= COMPOSE_COLUMNS);
        assert_int_equal(value->data[i + 1], ' ');
        assert_true(value->data[i + 2] > ' ');
        length = 0;
    }
    assert_true(length <= COMPOSE_COLUMNS);
}

static void test_mailboxes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mailboxes) / sizeof(mailboxes[0]); i++) {
        struct buf value = BUF_INIT;

        compose_mailbox(mailboxes[i].name, ADDRESS, mailboxes[i].utf8, 5, &value);
        assert_string_equal(buf_str(&value), mailboxes[i].value);
        buf_finish(&value);
    }
}

/* Whatever the name, a reader finds this one address and a name without controls. */
static void test_names(void **state)
{
    static const char *const pieces[] = {"a",
                                         "Liddell",
                                         " ",
                                         "\"",
                                         "\\",
                                         "(",
                                         ")",
                                         "<",
                                         ">",
                                         "@",
                                         ",",
                                         ";",
                                         ":",
                                         "=?",
                                         "?=",
                                         "=?utf-8?b?",
                                         "\n",
                                         "\303\274",
                                         "\342\202\254",
                                         "\360\237\230\200",
                                         "\377",
                                         "ceo@example.org",
                                         "\302\240",
                                         "\357\274\240",
                                         "\342\200\213",
                                         "[",
                                         "]",
                                         "."};
    const size_t count = sizeof(pieces) / sizeof(pieces[0]);
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 4000; round++) {
        struct buf name = BUF_INIT, value = BUF_INIT;
        struct arena arena = {0};
        struct mailbox_list list;
        const bool utf8 = round % 2 == 1;

        for (int i = round % 40; i >= 0; i--) {
            seed = seed * 1103515245U + 12345U;
            buf_adds(&name, pieces[(seed >> 16) % count]);
        }
        compose_mailbox(buf_str(&name), ADDRESS, utf8, 5, &value);
        /* A name with an address in it is for the caller to refuse; here it only must
         * not become an address. */
        if (mailbox_list_parse(value.data, value.len, &rules, &arena, &list) ==
            REASON_NONE) {
            for (size_t i = 0; i < list.count; i++)
                assert_true(list.mailboxes[i].in_name ||
                            strcmp(list.mailboxes[i].address.text, ADDRESS) == 0);
        } else {
            assert_true(memchr(name.data, '@', name.len) != NULL ||
                        strstr(name.data, "\357\274\240") != NULL);
        }
        arena_finish(&arena);
        buf_finish(&value);
        buf_finish(&name);
    }
}

static void test_long_names(void **state)
{
    struct buf name = BUF_INIT, value = BUF_INIT;

    (void)state;
    for (int i = 0; i < 300; i++)
        buf_adds(&name, "\303\274");
    compose_mailbox(buf_str(&name), ADDRESS, false, 5, &value);
    check_lines(&value, 6);
    assert_true(value.len > 3 * 75);
    buf_clear(&name);
    buf_clear(&value);
    for (int i = 0; i < 60; i++)
        buf_adds(&name, "word ");
    compose_mailbox(buf_str(&name), ADDRESS, false, 5, &value);
    check_lines(&value, 6);
    buf_finish(&value);
    buf_finish(&name);
}

static void test_encoded(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"<ceo@example.org>", 17},
        {"ceo@example.org\n (x)\r\n \"", 24},
        {"J\303\274rgen <j@x>, \"", 17},
        {"\377\376@x", 4},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf value = BUF_INIT;

        compose_encoded(rows[i].bytes, rows[i].len, 17, &value);
        for (size_t j = 0; j < value.len; j++)
            assert_null(memchr("@<>\",;:\r", value.data[j], 7));
        buf_finish(&value);
    }
}

/* What was encoded comes back byte by byte. */
static void test_lossless(void **state)
{
    struct buf text = BUF_INIT, value = BUF_INIT, back = BUF_INIT;
    struct charset_set charsets = {.count = 0, .full = false};

    (void)state;
    for (int i = 0; i < 120; i++)
        buf_addf(&text, "%c\303\274\342\202\254 =?x_<a@b>\n", '!' + i % 90);
    compose_encoded(text.data, text.len, 17, &value);
    check_lines(&value, 18);
    /* As a reader unfolds it. */
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\n')
            value.data[i] = ' ';
    }
    encoded_words_decode(value.data, value.len, ENCODED_WORDS_APART, &charsets, &back);
    assert_int_equal(back.len, text.len);
    assert_memory_equal(back.data, text.data, text.len);
    charset_set_finish(&charsets);
    buf_finish(&back);
    buf_finish(&value);
    buf_finish(&text);
}

static void test_name_text(void **state)
{
    static const struct {
        const char *raw, *text;
        bool ok;
    } rows[] = {
        {"\"Liddell, Alice\"", "Liddell, Alice", true},
        {"=?utf-8?q?J=C3=BC?= =?utf-8?q?rgen?=", "J\303\274rgen", true},
        {"=?iso-8859-1?q?J=FCrgen?=", "J\303\274rgen", true},
        {"\"ceo@x.test\"", "ceo@x.test", false},
        {"=?utf-8?q?a=40b?=", "a@b", false},
        {"=?utf-8?q?a=EF=BC=A0b?=", "a@b", false},
        {"=?utf-8?q?a=00b?=", "ab", false},
        {"Alice\n Liddell", "Alice Liddell", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf text = BUF_INIT;

        assert_int_equal(display_name_text(rows[i].raw, strlen(rows[i].raw), &text),
                         rows[i].ok);
        assert_string_equal(buf_str(&text), rows[i].text);
        buf_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mailboxes),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_long_names), cmocka_unit_test(test_encoded),
        cmocka_unit_test(test_lossless),   cmocka_unit_test(test_name_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
