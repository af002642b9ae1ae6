/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/buf.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void test_append(void **state)
{
    struct buf buf = BUF_INIT;

    (void)state;
    assert_string_equal(buf_str(&buf), "");
    buf_adds(&buf, "ab");
    buf_addc(&buf, 'c');
    buf_add(&buf, "d\0e", 3);
    buf_addf(&buf, "%d-%s", 42, "x");
    assert_int_equal(buf.len, 10);
    assert_memory_equal(buf.data, "abcd\0e42-x", 11);
    buf_cut(&buf, 2);
    assert_string_equal(buf_str(&buf), "ab");
    buf_clear(&buf);
    assert_string_equal(buf_str(&buf), "");
    buf_finish(&buf);
}

static void test_grows(void **state)
{
    struct buf buf = BUF_INIT;

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_addc(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, 100000);
    for (size_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.data[i], 'a' + (int)(i % 26));
    assert_int_equal(buf.data[buf.len], '\0');
    buf_finish(&buf);
}

static void test_failure_is_sticky(void **state)
{
    struct buf buf = BUF_INIT;

    (void)state;
    buf_adds(&buf, "kept");
    buf_add(&buf, "", SIZE_MAX / 2);
    assert_true(buf.failed);
    buf_adds(&buf, "more");
    assert_string_equal(buf_str(&buf), "");
    buf_clear(&buf);
    buf_adds(&buf, "again");
    assert_string_equal(buf_str(&buf), "again");
    buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_failure_is_sticky),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
