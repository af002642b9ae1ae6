/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ctl/milter_spec.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/milter_spec.h"

#define QUEUE "/var/spool/postfix"

/* The list as "ADDRESS[default_action][protocol]" words. */
static void list_show(const char *list, struct arena *arena, struct buf *out)
{
    struct milter_spec spec;

    while (milter_spec_next(&list, arena, &spec)) {
        buf_addf(out, "%s", spec.address);
        if (spec.default_action != NULL)
            buf_addf(out, "[%s]", spec.default_action);
        if (spec.protocol != NULL)
            buf_addf(out, "[%s]", spec.protocol);
        buf_addc(out, ' ');
    }
}

static const struct {
    const char *list;
    const char *want;
} lists[] = {
    {"", ""},
    {" ,\t ", ""},
    {"unix:/a", "unix:/a "},
    {"unix:/a,inet:localhost:25, inet:[::1]:3",
     "unix:/a inet:localhost:25 inet:[::1]:3 "},
    {"{ unix:/a, default_action=tempfail }", "unix:/a[tempfail] "},
    {"{unix:/a,default_action = accept,protocol=2}inet:b:1",
     "unix:/a[accept][2] inet:b:1 "},
    {"{ unix:/a, connect_timeout=5s, { default_action = reject } } unix:/b",
     "unix:/a[reject] unix:/b "},
    {"{ unix:/a, default_action=", "unix:/a[] "}, /* never closed */
    {"{", " "},
    {"{}", " "},
    {"{ , } unix:/b", " unix:/b "},
};

static void test_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct arena arena = {0};
        struct buf out = BUF_INIT;

        list_show(lists[i].list, &arena, &out);
        assert_string_equal(buf_str(&out), lists[i].want);
        buf_finish(&out);
        arena_finish(&arena);
    }
}

static const struct {
    const char *spec;
    const char *listen;
    bool chrooted;
    bool want;
} reaches[] = {
    {"unix:/sendas/s", "unix:" QUEUE "/sendas/s", true, true},
    {"unix:/sendas/s", "unix:" QUEUE "/sendas/s", false, false},
    {"unix:sendas/s", "unix:" QUEUE "/sendas/s", true, true},
    {"unix:sendas/s", "unix:" QUEUE "/sendas/s", false, true},
    {"local:sendas/s", "unix:" QUEUE "//sendas/./s", true, true},
    {"unix:" QUEUE "/sendas/s", "unix:" QUEUE "/sendas/s", true, false},
    {"unix:" QUEUE "/sendas/s", "unix:" QUEUE "/sendas/s", false, true},
    {"unix:/sendas/s2", "unix:" QUEUE "/sendas/s", true, false},
    {"inet:127.0.0.1:8899", "unix:/run/s", false, false},
    {"unix:/run/s", "inet:8899@127.0.0.1", false, false},
    {"inet:127.0.0.1:8899", "inet:8899@127.0.0.1", true, true},
    {"inet:127.0.0.1:8898", "inet:8899@127.0.0.1", true, false},
    {"inet:127.0.0.2:8899", "inet:8899@127.0.0.1", true, false},
    {"inet:localhost:8899", "inet:8899@127.0.0.1", true, true},
    {"inet:127.0.0.1:8899", "inet:8899@localhost", true, true},
    {"inet:filter.example.org:8899", "inet:8899@192.0.2.1", true, true},
    {"inet:192.0.2.7:8899", "inet:8899@0.0.0.0", true, true},
    {"inet:[::1]:8899", "inet6:8899@::1", true, true},
    {"inet6:[::1]:8899", "inet6:8899@[::1]", true, true},
    {"inet:127.0.0.1:88x", "inet:88@127.0.0.1", true, false},
    {"inet:127.0.0.1:", "inet:88@127.0.0.1", true, false},
    {"inet:", "inet:88@127.0.0.1", true, false},
    {"", "inet:88@127.0.0.1", true, false},
};

static void test_reaches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
        const struct milter_spec spec = {.address = reaches[i].spec};
        struct arena arena = {0};
        struct buf error = BUF_INIT;
        struct endpoint endpoint;

        assert_true(endpoint_parse(reaches[i].listen, &arena, &endpoint, &error));
        if (milter_spec_reaches(&spec, QUEUE, reaches[i].chrooted, &endpoint, &arena) !=
            reaches[i].want)
            fail_msg("%s, filter at %s, chroot %d", reaches[i].spec, reaches[i].listen,
                     reaches[i].chrooted);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

/* What to set, and that it is then found. */
static const struct {
    const char *listen;
    bool chrooted;
    const char *want; /* NULL: out of reach */
} advice[] = {
    {"unix:" QUEUE "/sendas/s", true, "unix:/sendas/s"},
    {"unix:" QUEUE "/sendas/s", false, "unix:" QUEUE "/sendas/s"},
    {"unix:/run/sendas/s", true, NULL},
    {"unix:" QUEUE "2/sendas/s", true, NULL},
    {"inet:8899@127.0.0.1", true, "inet:127.0.0.1:8899"},
    {"inet:8899@0.0.0.0", false, "inet:127.0.0.1:8899"},
    {"inet6:8899@::1", true, "inet:[::1]:8899"},
    {"inet6:8899@::", true, "inet:[::1]:8899"},
};

static void test_advice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
        const bool chrooted = advice[i].chrooted;
        struct arena arena = {0};
        struct buf error = BUF_INIT;
        struct endpoint endpoint;
        struct milter_spec spec = {0};

        assert_true(endpoint_parse(advice[i].listen, &arena, &endpoint, &error));
        spec.address = milter_spec_for(&endpoint, QUEUE, chrooted, &arena);
        if (advice[i].want == NULL) {
            assert_null(spec.address);
        } else {
            assert_string_equal(spec.address, advice[i].want);
            assert_true(milter_spec_reaches(&spec, QUEUE, chrooted, &endpoint, &arena));
        }
        buf_finish(&error);
        arena_finish(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_reaches),
        cmocka_unit_test(test_advice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
