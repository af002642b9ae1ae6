/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of conf/endpoint.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "conf/endpoint.h"

static const struct {
    const char *text, *formatted;
} good[] = {
    {"unix:/run/x.sock", "unix:/run/x.sock"},
    {"local:/run/x.sock", "unix:/run/x.sock"},
    {"inet:8899@127.0.0.1", "inet:8899@[127.0.0.1]"},
    {"inet:1@[10.0.0.1]", "inet:1@[10.0.0.1]"},
    {"inet:65535@localhost", "inet:65535@[127.0.0.1]"},
    {"inet6:8899@::1", "inet6:8899@[::1]"},
    {"inet6:8899@[fe80::1]", "inet6:8899@[fe80::1]"},
    {"inet6:8899@localhost", "inet6:8899@[::1]"},
};

#define FORMS "expected unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS"
#define PORT "expected a port from 1 to 65535 before the @"
#define IPV4 "expected a numeric IPv4 address after the @"
#define IPV6 "expected a numeric IPv6 address after the @"

static const struct {
    const char *text, *error;
} bad[] = {
    {"", FORMS},
    {"/run/x.sock", FORMS},
    {"tcp:1@127.0.0.1", FORMS},
    {"inet:8899", FORMS},
    {"UNIX:/x", FORMS},
    {"unix:", "expected an absolute path after unix:"},
    {"unix:x", "expected an absolute path after unix:"},
    {"unix:/run/", "expected the path of a socket, not of a directory"},
    {"inet:@127.0.0.1", PORT},
    {"inet:0@127.0.0.1", PORT},
    {"inet:65536@127.0.0.1", PORT},
    {"inet:+1@127.0.0.1", PORT},
    {"inet: 1@127.0.0.1", PORT},
    {"inet:000001@127.0.0.1", PORT},
    {"inet:smtp@127.0.0.1", PORT},
    {"inet:1@", IPV4},
    {"inet:1@[]", IPV4},
    {"inet:1@[127.0.0.1", IPV4},
    {"inet:1@::1", IPV4},
    {"inet:1@127.0.0.1@", IPV4},
    {"inet6:1@127.0.0.1", IPV6},
    {"inet6:1@mail.example.org", IPV6},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct arena arena = {0};
        struct buf out = BUF_INIT;
        struct endpoint endpoint;

        assert_true(endpoint_parse(good[i].text, &arena, &endpoint, &out));
        assert_int_equal(out.len, 0);
        endpoint_format(&endpoint, &out);
        assert_string_equal(buf_str(&out), good[i].formatted);
        buf_finish(&out);
        arena_finish(&arena);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena arena = {0};
        struct buf out = BUF_INIT;
        struct endpoint endpoint;

        assert_false(endpoint_parse(bad[i].text, &arena, &endpoint, &out));
        assert_string_equal(buf_str(&out), bad[i].error);
        buf_finish(&out);
        arena_finish(&arena);
    }
}

static void test_path_length(void **state)
{
    char text[5 + 108 + 1] = "unix:/";
    struct arena arena = {0};
    struct buf out = BUF_INIT;
    struct endpoint endpoint;

    (void)state;
    memset(text + 6, 'x', 107);
    assert_false(endpoint_parse(text, &arena, &endpoint, &out));
    assert_string_equal(buf_str(&out), "expected a path of at most 107 bytes");
    text[5 + 107] = '\0';
    assert_true(endpoint_parse(text, &arena, &endpoint, &out));
    buf_finish(&out);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_path_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
