/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of authd/saslauthd.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "authd/saslauthd.h"

static const unsigned char whole[] = "\0\5alice\0\6secret\0\4smtp\0\13example.org";
enum { WHOLE = sizeof whole - 1 };

static void check_string(const struct saslauthd_string *string, const char *text)
{
    assert_int_equal(string->len, strlen(text));
    assert_memory_equal(string->bytes, text, string->len);
}

static void test_read(void **state)
{
    struct saslauthd_request request;

    (void)state;
    assert_int_equal(saslauthd_read(whole, WHOLE, &request), WHOLE);
    check_string(&request.login, "alice");
    check_string(&request.password, "secret");
    check_string(&request.service, "smtp");
    check_string(&request.realm, "example.org");
    for (size_t len = 0; len < WHOLE; len++)
        assert_int_equal(saslauthd_read(whole, len, &request), 0);
    assert_int_equal(saslauthd_read("\0\0\0\0\0\0\0\0rest", 12, &request), 8);
    assert_int_equal(request.password.len, 0);
}

static void test_bounds(void **state)
{
    static unsigned char bytes[2 * SASLAUTHD_REQUEST_MAX];
    struct saslauthd_request request;
    const size_t most = SASLAUTHD_REQUEST_MAX - 8;

    (void)state;
    bytes[0] = most >> 8;
    bytes[1] = most & 0xff;
    assert_int_equal(saslauthd_read(bytes, 2, &request), 0);
    assert_int_equal(saslauthd_read(bytes, SASLAUTHD_REQUEST_MAX - 1, &request), 0);
    assert_int_equal(saslauthd_read(bytes, sizeof bytes, &request),
                     SASLAUTHD_REQUEST_MAX);
    bytes[1]++;
    assert_int_equal(saslauthd_read(bytes, 2, &request), -1);
    /* One more in a later string. */
    bytes[1]--;
    bytes[most + 3] = 1;
    assert_int_equal(saslauthd_read(bytes, most + 4, &request), -1);
}

static void test_write(void **state)
{
    unsigned char reply[SASLAUTHD_REPLY_MAX];

    (void)state;
    assert_int_equal(saslauthd_write(ANSWER_YES, reply), 4);
    assert_memory_equal(reply, "\0\2OK", 4);
    assert_int_equal(saslauthd_write(ANSWER_NO, reply), 4);
    assert_memory_equal(reply, "\0\2NO", 4);
    assert_int_equal(saslauthd_write(ANSWER_UNKNOWN, reply), 2);
    assert_memory_equal(reply, "\0\0", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
