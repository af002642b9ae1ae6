/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ldap/servers.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ldap/servers.h"

enum { COUNT = 3 };

/* What happens to three servers, a step a row; `server` is which, or what is expected.
 */
enum step_kind {
    FAIL,  /* news expected */
    AGAIN, /* it fails, no news */
    BACK,  /* it answers: news */
    WELL,  /* it answers: no news */
    PICK,  /* expects the server */
    TRIED, /* from now on the question has tried it; a negative one: none */
    DUE,   /* expects the server among those before the last one */
    OTHERS /* expects so many beside server 0 */
};

static const struct step {
    int64_t now;
    enum step_kind kind;
    int server;
} steps[] = {
    {0, PICK, 0},
    {0, OTHERS, 2},
    {0, WELL, 0},
    {0, DUE, SERVERS_NONE},
    /* The second when the first is away, whether or not it is due. */
    {1000, FAIL, 0},
    {1000, PICK, 1},
    {1050, PICK, 1},
    {1099, DUE, SERVERS_NONE},
    {1100, DUE, 0},
    {1100, PICK, 1},
    /* What many threads say of one failure counts once. */
    {1099, AGAIN, 0},
    {1099, AGAIN, 0},
    {1100, DUE, 0},
    /* The pauses double. */
    {1100, AGAIN, 0},
    {1299, DUE, SERVERS_NONE},
    {1300, DUE, 0},
    {1300, AGAIN, 0},
    {1699, DUE, SERVERS_NONE},
    {1700, DUE, 0},
    /* All away: the first that is due, or none. */
    {1700, FAIL, 1},
    {1700, FAIL, 2},
    {1700, PICK, 0},
    {1700, AGAIN, 0},
    {1700, PICK, SERVERS_NONE},
    {1700, OTHERS, 0},
    {1800, PICK, 1},
    {1800, OTHERS, 2},
    {1800, TRIED, 1},
    {1800, PICK, 2},
    {1800, TRIED, 2},
    {1800, PICK, SERVERS_NONE},
    {2500, PICK, 0},
    {2500, TRIED, -1},
    /* The last one answers, then the first. */
    {2500, BACK, 2},
    {2500, PICK, 2},
    {2500, DUE, 0},
    {2500, BACK, 0},
    {2500, PICK, 0},
    /* After success the pause is the shortest again. */
    {3000, FAIL, 0},
    {3099, DUE, 1},
    {3100, DUE, 0},
};

static void test_steps(void **state)
{
    struct server items[COUNT] = {{0}};
    struct servers servers = {items, COUNT};
    bool tried[COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const struct step *step = &steps[i];

        switch (step->kind) {
        case FAIL:
        case AGAIN:
            assert_int_equal(servers_failed(&servers, step->server, step->now),
                             step->kind == FAIL);
            break;
        case BACK:
        case WELL:
            assert_int_equal(servers_answered(&servers, step->server),
                             step->kind == BACK);
            break;
        case PICK:
            assert_int_equal(servers_pick(&servers, tried, step->now), step->server);
            break;
        case TRIED:
            if (step->server < 0)
                memset(tried, 0, sizeof(tried));
            else
                tried[step->server] = true;
            break;
        case DUE:
            assert_int_equal(servers_due(&servers, COUNT - 1, step->now), step->server);
            break;
        case OTHERS:
            assert_int_equal(servers_others(&servers, tried, 0, step->now),
                             step->server);
            break;
        }
    }
}

/* However long it is away, it is tried again in less than five seconds. */
static void test_longest_pause(void **state)
{
    struct server item = {0};
    struct servers servers = {&item, 1};
    int64_t now = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        servers_failed(&servers, 0, now);
        assert_true(item.due > now);
        assert_true(item.due - now <= SERVERS_PAUSE_MAX_MS);
        now = item.due;
    }
    assert_true(SERVERS_PAUSE_MAX_MS < 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_longest_pause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
