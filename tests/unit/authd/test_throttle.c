/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of authd/throttle.c and network.c, with a clock of the tests' own. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "authd/throttle.h"

static const struct conf_guessing usual = {
    .max_failures = 10,
    .max_network_failures = 100,
    .max_challenges = 20,
    .window = 600,
    .lock = 300,
    .delay_max = 4,
    .ipv4_prefix = 32,
    .ipv6_prefix = 64,
};

enum { MINUTE = 60000 };

static struct throttle *throttle;
static int64_t now;

static int setup(void **state)
{
    (void)state;
    throttle = throttle_create(1000);
    now = 1000;
    return throttle == NULL;
}

static int teardown(void **state)
{
    (void)state;
    throttle_destroy(throttle);
    return 0;
}

static struct network net(const char *address)
{
    return network_of(address, &usual);
}

static bool ask(const char *login, const char *address)
{
    const struct network network = net(address);
    int64_t until;
    const bool open = throttle_ask(throttle, login, &network, now, &until);

    assert_int_equal(open, until == 0);
    return open;
}

static unsigned fail_by(const struct conf_guessing *limits, const char *login,
                        const char *address)
{
    const struct network network = net(address);
    bool locked;

    return throttle_failed(throttle, limits, login, &network, now, &locked);
}

static unsigned fail_one(const char *login, const char *address)
{
    return fail_by(&usual, login, address);
}

static void succeed(const char *login, const char *address)
{
    const struct network network = net(address);

    throttle_succeeded(throttle, login, &network, now);
}

static bool challenge(const char *login, const char *address)
{
    const struct network network = net(address);
    int64_t until;

    return throttle_challenge(throttle, &usual, login, &network, now, &until);
}

static size_t unlock(const char *login, const char *address)
{
    const struct network network = net(address);

    return throttle_unlock(throttle, login, &network, now);
}

static void test_networks(void **state)
{
    static const struct {
        const char *address;
        int ipv4_prefix, ipv6_prefix;
        const char *network;
    } rows[] = {
        {"192.0.2.7", 32, 64, "192.0.2.7/32"},
        {"192.0.2.7", 24, 64, "192.0.2.0/24"},
        {"192.0.2.255", 25, 64, "192.0.2.128/25"},
        {"10.255.1.2", 8, 64, "10.0.0.0/8"},
        {"::ffff:192.0.2.7", 32, 64, "192.0.2.7/32"},
        {"2001:db8:1:2:3:4:5:6", 32, 64, "2001:db8:1:2::/64"},
        {"2001:db8:1:2:3:4:5:6", 32, 128, "2001:db8:1:2:3:4:5:6/128"},
        {"2001:db8:1:2ff:3:4:5:6", 32, 56, "2001:db8:1:200::/56"},
        {"2001:DB8::1", 32, 64, "2001:db8::/64"},
        {"127.0.0.1", 32, 64, ""},
        {"127.9.9.9", 32, 64, ""},
        {"::1", 32, 64, ""},
        {"::ffff:127.0.0.1", 32, 64, ""},
        {"", 32, 64, ""},
        {"localhost", 32, 64, ""},
        {"192.0.2.7;25", 32, 64, ""},
        {"192.0.2.256", 32, 64, ""},
        {" 192.0.2.7", 32, 64, ""},
        {"fe80::1%eth0", 32, 64, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_guessing limits = usual;
        struct network network;
        struct buf text = BUF_INIT;

        limits.ipv4_prefix = rows[i].ipv4_prefix;
        limits.ipv6_prefix = rows[i].ipv6_prefix;
        network = network_of(rows[i].address, &limits);
        network_format(&network, &text);
        assert_string_equal(buf_str(&text), rows[i].network);
        assert_int_equal(network.family == 0, rows[i].network[0] == '\0');
        buf_finish(&text);
    }
}

static void test_pair_locks_and_opens(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_true(ask("alice", "192.0.2.7"));
        fail_one("alice", "192.0.2.7");
    }
    assert_false(ask("alice", "192.0.2.7"));
    assert_true(ask("alice", "192.0.2.8"));
    assert_true(ask("bob", "192.0.2.7"));
    now += 5 * MINUTE - 1;
    assert_false(ask("alice", "192.0.2.7"));
    now += 1;
    assert_true(ask("alice", "192.0.2.7"));
    fail_one("alice", "192.0.2.7");
    assert_true(ask("alice", "192.0.2.7")); /* counted anew */
}

static void test_window_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++)
        fail_one("alice", "192.0.2.7");
    now += 10 * MINUTE;
    for (int i = 0; i < 9; i++)
        fail_one("alice", "192.0.2.7");
    assert_true(ask("alice", "192.0.2.7"));
    fail_one("alice", "192.0.2.7");
    assert_false(ask("alice", "192.0.2.7"));
}

static void test_delays(void **state)
{
    static const unsigned expected[] = {0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000};

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(fail_one("alice", "192.0.2.7"), expected[i]);
    succeed("alice", "192.0.2.7");
    now += 10 * MINUTE;
    assert_int_equal(fail_one("alice", "192.0.2.7"), 0);
    /* Without an address it is the login's count. */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(fail_one("bob", ""), expected[i]);
}

static void test_success_forgives(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 9; i++)
            fail_one("alice", "192.0.2.7");
        succeed("alice", "192.0.2.7");
        assert_true(ask("alice", "192.0.2.7"));
    }
}

/* A hundred failures from a hundred addresses lock the login, but not for its owner. */
static void test_login_wide(void **state)
{
    char address[32];

    (void)state;
    succeed("alice", "192.0.2.7");
    for (int i = 0; i < 100; i++) {
        assert_true(ask("alice", "203.0.113.1"));
        snprintf(address, sizeof address, "198.51.100.%d", i);
        fail_one("alice", address);
    }
    assert_false(ask("alice", "203.0.113.1"));
    assert_false(ask("alice", ""));
    assert_true(ask("alice", "192.0.2.7"));
    assert_true(ask("bob", "203.0.113.1"));
    now += 5 * MINUTE;
    assert_true(ask("alice", "203.0.113.1"));
    /* A success of last month is none. */
    now += INT64_C(30) * 24 * 60 * MINUTE;
    for (int i = 0; i < 100; i++) {
        snprintf(address, sizeof address, "198.51.100.%d", i);
        fail_one("alice", address);
    }
    assert_false(ask("alice", "192.0.2.7"));
}

static void test_network_wide(void **state)
{
    char login[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_true(ask("alice", "198.51.100.9"));
        snprintf(login, sizeof login, "user%d", i);
        fail_one(login, "198.51.100.9");
    }
    assert_false(ask("alice", "198.51.100.9"));
    assert_true(ask("alice", "198.51.100.10"));
    now += 5 * MINUTE;
    assert_true(ask("alice", "198.51.100.9"));
}

static void test_no_network_is_never_locked(void **state)
{
    char login[32];

    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(login, sizeof login, "user%d", i);
        fail_one(login, "127.0.0.1");
    }
    assert_true(ask("alice", "127.0.0.1"));
}

static void test_limits_off(void **state)
{
    const struct conf_guessing off = {
        .window = 600, .lock = 300, .ipv4_prefix = 32, .ipv6_prefix = 64};

    (void)state;
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(fail_by(&off, "alice", "192.0.2.7"), 0);
        assert_true(ask("alice", "192.0.2.7"));
    }
}

static void test_challenges(void **state)
{
    char login[32];

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_true(challenge("alice", "192.0.2.7"));
    assert_false(challenge("alice", "192.0.2.7"));
    assert_true(challenge("alice", "192.0.2.8"));
    assert_true(challenge("alice", ""));
    /* Many logins of one network. */
    for (int i = 0; i < 200; i++) {
        snprintf(login, sizeof login, "user%d", i);
        assert_true(challenge(login, "198.51.100.9"));
    }
    assert_false(challenge("another", "198.51.100.9"));
    for (int i = 0; i < 500; i++)
        assert_true(challenge("alice", "127.0.0.1"));
}

static void test_unlock(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        fail_one("alice", "192.0.2.7");
        fail_one("alice", "2001:db8::1");
        fail_one("bob", "192.0.2.7");
    }
    assert_int_equal(unlock("carol", ""), 0);
    assert_int_equal(unlock("alice", ""), 2);
    assert_int_equal(unlock("alice", ""), 0);
    assert_true(ask("alice", "192.0.2.7"));
    assert_false(ask("bob", "192.0.2.7"));
    assert_int_equal(unlock(NULL, "192.0.2.8"), 0);
    assert_int_equal(unlock(NULL, "192.0.2.7"), 1);
    assert_true(ask("bob", "192.0.2.7"));
}

static bool visit_one(const char *login, const struct network *network, int64_t until,
                      void *arg)
{
    struct buf *out = arg;

    buf_addf(out, "%s ", login);
    network_format(network, out);
    buf_addf(out, " %ld;", (long)(until - now));
    return true;
}

static void test_visit(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    for (int i = 0; i < 10; i++)
        fail_one("alice", "192.0.2.7");
    throttle_visit(throttle, now, visit_one, &out);
    assert_string_equal(buf_str(&out), "alice 192.0.2.7/32 300000;");
    buf_clear(&out);
    now += 5 * MINUTE;
    throttle_visit(throttle, now, visit_one, &out);
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

/* However much comes, memory is bounded, and owners are remembered. */
static void test_bounded(void **state)
{
    char login[32];

    (void)state;
    succeed("alice", "192.0.2.7");
    for (int i = 0; i < 100; i++)
        fail_one("alice", "203.0.113.1");
    for (int i = 0; i < 20000; i++) {
        snprintf(login, sizeof login, "user%d", i);
        fail_one(login, "198.51.100.9");
        assert_true(throttle_count(throttle) <= 1000);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(login, sizeof login, "203.0.113.%d", i);
        fail_one("alice", login);
    }
    assert_false(ask("alice", "203.0.113.200"));
    assert_true(ask("alice", "192.0.2.7"));
    /* Nor do many successes push out all the rest. */
    for (int i = 0; i < 20000; i++) {
        snprintf(login, sizeof login, "user%d", i);
        succeed(login, "198.51.100.9");
        assert_true(throttle_count(throttle) <= 1000);
    }
    for (int i = 0; i < 10; i++)
        fail_one("bob", "192.0.2.9");
    assert_false(ask("bob", "192.0.2.9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test_setup_teardown(test_pair_locks_and_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_window_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_success_forgives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_login_wide, setup, teardown),
        cmocka_unit_test_setup_teardown(test_network_wide, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_network_is_never_locked, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_limits_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_challenges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unlock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_visit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
