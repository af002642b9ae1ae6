/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/cred_times.c: what is drawn is a time that was seen, and, where
 * they differ, about the same again for one login. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cred/cred_times.h"

enum { DRAWS = 200, FAST = 1000, SLOW = 50000 };

static int setup(void **state)
{
    static struct cred_times times;

    cred_times_init(&times);
    *state = &times;
    return 0;
}

static int teardown(void **state)
{
    cred_times_finish(*state);
    return 0;
}

static struct buf key_of_tests(void)
{
    struct buf key = BUF_INIT;

    buf_adds(&key, "0123456789abcdef0123456789abcdef");
    return key;
}

static void test_nothing_known(void **state)
{
    struct buf key = key_of_tests();

    assert_int_equal(cred_times_draw(*state, &key, "a"), 0);
    buf_finish(&key);
}

/* All alike: any of them, for any login. */
static void test_alike(void **state)
{
    struct buf key = key_of_tests();
    bool seen[CRED_TIMES] = {false};
    size_t different = 0;

    for (unsigned i = 0; i < CRED_TIMES; i++)
        cred_times_add(*state, FAST + i);
    for (int i = 0; i < DRAWS; i++) {
        const uint64_t us = cred_times_draw(*state, &key, "nobody");

        assert_in_range(us, FAST, FAST + CRED_TIMES - 1);
        different += !seen[us - FAST];
        seen[us - FAST] = true;
    }
    assert_true(different > CRED_TIMES / 2);
    buf_finish(&key);
}

/* Two kinds: both are drawn, but for most logins the same one each time. */
static void test_two_kinds(void **state)
{
    struct buf key = key_of_tests();
    size_t slow_ones = 0, mixed = 0;

    for (unsigned i = 0; i < CRED_TIMES; i++)
        cred_times_add(*state, i % 2 != 0 ? SLOW + i : FAST + i);
    for (int number = 0; number < DRAWS; number++) {
        char login[32];
        size_t slow = 0;

        snprintf(login, sizeof login, "nobody%d", number);
        for (int i = 0; i < 10; i++)
            slow += cred_times_draw(*state, &key, login) >= SLOW;
        slow_ones += slow > 5;
        mixed += slow != 0 && slow != 10;
    }
    assert_in_range(slow_ones, DRAWS / 3, DRAWS * 2 / 3);
    assert_true(mixed < DRAWS / 3);
    buf_finish(&key);
}

/* Old ones are forgotten. */
static void test_ring(void **state)
{
    struct buf key = key_of_tests();

    cred_times_add(*state, SLOW);
    assert_int_equal(cred_times_draw(*state, &key, "a"), SLOW);
    for (unsigned i = 0; i < CRED_TIMES; i++)
        cred_times_add(*state, FAST);
    for (int i = 0; i < DRAWS; i++)
        assert_int_equal(cred_times_draw(*state, &key, "a"), FAST);
    buf_finish(&key);
}

static void test_wait(void **state)
{
    const uint64_t began = cred_times_now();

    (void)state;
    cred_times_wait(began, 20000);
    assert_true(cred_times_now() - began >= 20000);
    cred_times_wait(began, 0);
    cred_times_wait(began, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
        cmocka_unit_test(test_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
