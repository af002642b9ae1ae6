/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ldap/filter.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ldap.h>

#include "ldap/filter.h"

#define BYTES(text) text, sizeof(text) - 1
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct row {
    const char *bytes;
    size_t len;
    const char *filter; /* escaped for a filter */
    const char *dn;     /* and for a distinguished name */
} rows[] = {
    {BYTES(""), "", ""},
    {BYTES("alice"), "alice", "alice"},
    {BYTES("a.b-c_d@example.org"), "a.b-c_d@example.org", "a.b-c_d@example.org"},
    /* RFC 4515 4 */
    {BYTES("Parens R Us (for all your parenthetical needs)"),
     "Parens R Us \\28for all your parenthetical needs\\29",
     "Parens R Us (for all your parenthetical needs)"},
    {BYTES("*"), "\\2a", "*"},
    {BYTES("C:\\MyFile"), "C:\\5cMyFile", "C:\\5cMyFile"},
    {BYTES("\0\0\0\4"), "\\00\\00\\00\\04", "\\00\\00\\00\\04"},
    {BYTES("Lu\xc4\x8di\xc4\x87"), "Lu\\c4\\8di\\c4\\87", "Lu\\c4\\8di\\c4\\87"},
    {BYTES("*)(uid=*))(|(uid=*"), "\\2a\\29\\28uid=\\2a\\29\\29\\28|\\28uid=\\2a",
     "*)(uid\\3d*))(|(uid\\3d*"},
    /* RFC 4514 2.4 */
    {BYTES("James \"Jim\" Smith, III"), "James \"Jim\" Smith, III",
     "James \\22Jim\\22 Smith\\2c III"},
    {BYTES("a+b<c>d;e=f"), "a+b<c>d;e=f", "a\\2bb\\3cc\\3ed\\3be\\3df"},
    {BYTES("#x#"), "#x#", "\\23x#"},
    {BYTES(" "), " ", "\\20"},
    {BYTES("  a  b  "), "  a  b  ", "\\20 a  b \\20"},
    {BYTES("Before\rAfter\n"), "Before\\0dAfter\\0a", "Before\\0dAfter\\0a"},
    /* What looks like something else: full-width a, soft hyphen, half a character. */
    {BYTES("\xef\xbd\x81lice"), "\\ef\\bd\\81lice", "\\ef\\bd\\81lice"},
    {BYTES("al\xc2\xadice"), "al\\c2\\adice", "al\\c2\\adice"},
    {BYTES("\xc3"), "\\c3", "\\c3"},
    {BYTES("\x7f\x1b"), "\\7f\\1b", "\\7f\\1b"},
    {BYTES("\\2a"), "\\5c2a", "\\5c2a"},
};

static void test_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = BUF_INIT;

        filter_escape(&out, rows[i].bytes, rows[i].len);
        assert_string_equal(buf_str(&out), rows[i].filter);
        buf_clear(&out);
        filter_escape_dn(&out, rows[i].bytes, rows[i].len);
        assert_string_equal(buf_str(&out), rows[i].dn);
        buf_finish(&out);
    }
}

/* libldap reads out of a name what went into it, one value and no more. */
static void check_dn(const char *bytes, size_t len)
{
    struct buf text = BUF_INIT;
    LDAPDN dn = NULL;
    struct berval *value;

    buf_adds(&text, "cn=");
    filter_escape_dn(&text, bytes, len);
    buf_adds(&text, ",dc=example");
    assert_int_equal(ldap_str2dn(buf_str(&text), &dn, LDAP_DN_FORMAT_LDAPV3),
                     LDAP_SUCCESS);
    assert_non_null(dn[1]);
    assert_null(dn[2]);
    assert_null(dn[0][1]);
    value = &dn[0][0]->la_value;
    assert_int_equal(value->bv_len, len);
    assert_memory_equal(value->bv_val, bytes, len);
    ldap_dnfree(dn);
    buf_finish(&text);
}

static void test_dn_round_trip(void **state)
{
    char pair[3] = "";

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].len > 0)
            check_dn(rows[i].bytes, rows[i].len);
    }
    /* Each ASCII character before, between and after another. */
    for (int c = 0; c < 128; c++) {
        for (size_t at = 0; at < 3; at++) {
            memset(pair, 'x', sizeof(pair));
            pair[at] = (char)c;
            check_dn(pair, sizeof(pair));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_dn_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
