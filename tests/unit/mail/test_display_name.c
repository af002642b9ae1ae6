/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/display_name.c: which addresses a name shows. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "exact.h"
#include "mail/display_name.h"

static const struct address_rules rules = {.delimiters = "+"};

/* clang-format off */

/* The addresses with a blank between, "!" in front of one that cannot be parsed. */
static const struct {
    const char *bytes;
    size_t len;
    const char *found;
    bool divided;
} cases[] = {
    {BYTES(""), "", false},
    {BYTES("\"ceo@ex.com\""), "ceo@ex.com", false},
    {BYTES("\"CEO@Ex.com\""), "ceo@ex.com", false},
    {BYTES("(ceo@ex.com)"), "ceo@ex.com", false},
    {BYTES("(a (ceo@ex.com) b)"), "ceo@ex.com", false},
    {BYTES("\"'ceo@ex.com'\""), "ceo@ex.com", false},
    {BYTES("\"The Boss (ceo@ex.com)\""), "ceo@ex.com", false},
    {BYTES("\"mailto:ceo@ex.com.\""), "ceo@ex.com", false},
    {BYTES("\"o'neil@ex.com\""), "o'neil@ex.com", false},
    {BYTES("\"a@x.y b@x.y a@x.y\""), "a@x.y b@x.y", false},
    {BYTES("\"me+tag@ex.com\""), "me+tag@ex.com", false},
    {BYTES("\"ceo@\" \"ex.com\""), "", false},
    {BYTES("ceo\"@ex.com\""), "ceo@ex.com", false},
    {BYTES("\"ceo\\@ex.com\""), "ceo@ex.com", false},
    {BYTES("\"ceo@ex\n .com\""), "", false},
    {BYTES("\"<ceo@ex.com>\""), "ceo@ex.com", true},
    {BYTES("\"<ceo@ex>\""), "ceo@ex", true},
    {BYTES("\"ceo@ex.com, x\""), "ceo@ex.com", true},
    {BYTES("\"ceo@ex.com; x\""), "ceo@ex.com", true},
    {BYTES("\"\\\"ceo\\\"@ex.com\""), "ceo@ex.com", true},
    {BYTES("\"\\\"a b\\\"@ex.com\""), "\"a b\"@ex.com", true},
    {BYTES("\"a@b.c@d.e\""), "a@b.c b.c@d.e", false},
    {BYTES("\"a=?x@ex.com\""), "!a=?x@ex.com", false},
    /* Not addresses. */
    {BYTES("\"@\""), "", false},
    {BYTES("\"@handle\""), "", false},
    {BYTES("\"@handle.example\""), "", false},
    {BYTES("\"me @ home\""), "", false},
    {BYTES("\"Jobs@Acme\""), "", false},
    {BYTES("\"Jobs@Acme.\""), "", false},
    {BYTES("\"Jobs@Acme, Inc.\""), "", true},
    {BYTES("\"5@1.20\""), "", false},
    {BYTES("\"@@@\""), "", false},
    {BYTES("\"a@.\""), "", false},
    {BYTES("\"...@ex.com\""), "", false},
    /* Encoded. */
    {BYTES("=?utf-8?Q?ceo=40ex=2Ecom?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?B?Y2VvQGV4LmNvbQ==?="), "ceo@ex.com", false},
    {BYTES("\"=?utf-8?Q?ceo=40ex=2Ecom?=\""), "ceo@ex.com", false},
    {BYTES("(=?utf-8?Q?ceo=40ex=2Ecom?=)"), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?ceo?= =?utf-8?Q?=40ex.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?ceo?=\n =?iso-8859-1?B?QGV4?= =?utf-8?Q?.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?ceo=40ex?=.com"), "ceo@ex.com", false},
    {BYTES("=?utf-8?B?Y2VvQGV?= =?utf-8?B?4LmNvbQ==?="), "ceo@ex.com", false},
    {BYTES("=?iso-2022-jp?B?GyRCJCI=?= =?iso-2022-jp?Q?_ceo=40ex.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?=3Cceo=40ex.com=3E?="), "ceo@ex.com", true},
    {BYTES("=?utf-8?Q?a=2C_ceo=40ex.com?="), "ceo@ex.com", true},
    {BYTES("=?x-none?Q?ceo=40ex.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-7?Q?ceo+AEA-ex.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?ceo=40ex.com=00?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?ce=00o=40ex.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?ce=FFo=40ex.com?="), "ceo@ex.com", false},
    {BYTES("=?utf-8?Q?a=0Aceo=40ex.com?="), "ceo@ex.com", false},
    /* Not seen, or seen as something else. */
    {BYTES("\"ce\xe2\x80\x8bo@e\xc2\xadx.com\""), "ceo@ex.com", false},
    {BYTES("\"ceo\xef\xbc\xa0" "ex\xef\xbc\x8e" "com\""), "ceo@ex.com", false},
    {BYTES("\"ceo\xef\xb9\xab" "ex\xe3\x80\x82" "com\""), "ceo@ex.com", false},
    {BYTES("\"ce\xfc" "o@ex.com\""), "ceo@ex.com", false},
    {BYTES("\"\xc3\xbc@b\xc3\xbc" "cher.example\xe2\x80\x94x\""), "\xc3\xbc@xn--bcher-kva.example", false},
    {BYTES("\"x\xc2\xa0" "ceo@ex.com\xc2\xa0x\""), "ceo@ex.com", false},
};
/* clang-format on */

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = {0};
        struct name_addresses found;
        struct buf got = BUF_INIT;
        char *copy = exact_copy(cases[i].bytes, cases[i].len);

        assert_int_equal(display_name_find(copy, cases[i].len, &rules, &arena, &found),
                         REASON_NONE);
        free(copy);
        for (size_t j = 0; j < found.count; j++)
            buf_addf(&got, "%s%s%s", j != 0 ? " " : "",
                     found.items[j].parsed ? "" : "!", found.items[j].text);
        if (strcmp(buf_str(&got), cases[i].found) != 0)
            fail_msg("%s: found \"%s\"", cases[i].bytes, buf_str(&got));
        if (found.divided != cases[i].divided)
            fail_msg("%s: divided is wrong", cases[i].bytes);
        buf_finish(&got);
        arena_finish(&arena);
    }
}

static void test_limits(void **state)
{
    struct arena arena = {0};
    struct name_addresses found;
    struct buf name = BUF_INIT;

    (void)state;
    for (int i = 0; i < 5000; i++)
        buf_addf(&name, "(a%d@ex.com)", i % NAME_ADDRESSES_MAX);
    assert_int_equal(display_name_find(name.data, name.len, &rules, &arena, &found),
                     REASON_NONE);
    assert_int_equal(found.count, NAME_ADDRESSES_MAX);
    buf_adds(&name, "(b@ex.com)");
    assert_int_equal(display_name_find(name.data, name.len, &rules, &arena, &found),
                     REASON_TOO_LONG);
    buf_finish(&name);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
