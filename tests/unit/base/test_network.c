/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/network.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/network.h"

static void test_ip(void **state)
{
    static const struct {
        const char *text;
        bool ok, v4;
    } rows[] = {
        {"192.0.2.1", true, true},
        {"0.0.0.0", true, true},
        {"255.255.255.255", true, true},
        {"::ffff:192.0.2.1", true, true},
        {"::ffff:c000:201", true, true},
        {"2001:DB8::1", true, false},
        {"::", true, false},
        {"::192.0.2.1", true, false},
        {"", false, false},
        {" 192.0.2.1", false, false},
        {"192.0.2.1 ", false, false},
        {"192.0.2", false, false},
        {"192.0.2.01", false, false},
        {"192.0.2.256", false, false},
        {"192.0.2.1.5", false, false},
        {"0x7f.0.0.1", false, false},
        {"2130706433", false, false},
        {"[2001:db8::1]", false, false},
        {"fe80::1%lo", false, false},
        {"2001:db8::1::2", false, false},
        {"localhost", false, false},
        {"192.0.2.1:25", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ip ip;

        assert_int_equal(ip_parse(rows[i].text, &ip), rows[i].ok);
        if (rows[i].ok)
            assert_int_equal(ip.v4, rows[i].v4);
    }
}

static void test_parse(void **state)
{
    static const struct {
        const char *text, *why; /* NULL: it is a network */
    } rows[] = {
        {"10.0.0.0/8", NULL},
        {"0.0.0.0/0", NULL},
        {"192.0.2.1/32", NULL},
        {"192.0.2.1", NULL},
        {"::/0", NULL},
        {"2001:db8::/32", NULL},
        {"2001:db8::1/128", NULL},
        {"::ffff:10.0.0.0/104", NULL},
        {"10.0.0.5/8", "expected 10.0.0.0/8, as bits behind the first 8 are set"},
        {"192.0.2.129/25",
         "expected 192.0.2.128/25, as bits behind the first 25 are set"},
        {"1.0.0.0/0", "expected 0.0.0.0/0, as bits behind the first 0 are set"},
        {"2001:db8::1/64",
         "expected 2001:db8::/64, as bits behind the first 64 are set"},
        {"10.0.0.0/33", "expected a number from 0 to 32 behind the /"},
        {"10.0.0.0/", "expected a number from 0 to 32 behind the /"},
        {"10.0.0.0/08", "expected a number from 0 to 32 behind the /"},
        {"10.0.0.0/+8", "expected a number from 0 to 32 behind the /"},
        {"10.0.0.0/255.0.0.0", "expected a number from 0 to 32 behind the /"},
        {"10.0.0.0/8/8", "expected a number from 0 to 32 behind the /"},
        {"::/129", "expected a number from 0 to 128 behind the /"},
        {"", "expected an IPv4 or IPv6 address, with /BITS for a network"},
        {"/8", "expected an IPv4 or IPv6 address, with /BITS for a network"},
        {"10/8", "expected an IPv4 or IPv6 address, with /BITS for a network"},
        {"[::1]", "expected an IPv4 or IPv6 address, with /BITS for a network"},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
         "expected an IPv4 or IPv6 address"},
    };
    struct buf why = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network network;

        buf_clear(&why);
        assert_int_equal(network_parse(rows[i].text, &network, &why),
                         rows[i].why == NULL);
        assert_string_equal(buf_str(&why), rows[i].why != NULL ? rows[i].why : "");
    }
    buf_finish(&why);
}

static struct network network_of(const char *text)
{
    struct network network;
    struct buf why = BUF_INIT;

    assert_true(network_parse(text, &network, &why));
    buf_finish(&why);
    return network;
}

static void test_has(void **state)
{
    static const struct {
        const char *network, *ip;
        bool has;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "9.255.255.255", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.255", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.4/30", "192.0.2.7", true},
        {"192.0.2.4/30", "192.0.2.8", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.0", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"::ffff:192.0.2.0/120", "192.0.2.9", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"0.0.0.0/0", "::ffff:1.2.3.4", true},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"2001:db8::1", "2001:DB8:0::0001", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct network network = network_of(rows[i].network);
        struct ip ip;

        assert_true(ip_parse(rows[i].ip, &ip));
        if (network_has(&network, &ip) != rows[i].has)
            fail_msg("%s in %s", rows[i].ip, rows[i].network);
    }
}

static void test_within(void **state)
{
    static const struct {
        const char *inner, *outer;
        bool within;
    } rows[] = {
        {"10.1.0.0/16", "10.0.0.0/8", true}, {"10.0.0.0/8", "10.0.0.0/8", true},
        {"10.0.0.0/8", "10.0.0.0/9", false}, {"11.0.0.0/16", "10.0.0.0/8", false},
        {"10.1.2.3", "0.0.0.0/0", true},     {"10.1.2.3", "::/0", false},
        {"2001:db8::1", "::/0", true},       {"::/0", "0.0.0.0/0", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct network inner = network_of(rows[i].inner);
        const struct network outer = network_of(rows[i].outer);

        assert_int_equal(network_within(&inner, &outer), rows[i].within);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_within),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
