/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/names.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/names.h"

static const struct name_row table[] = {{"a", 3}, {"bb", 1}, {"ccc", 2}, {NULL, 0}};
static const struct name_row single[] = {{"only", 1}, {NULL, 0}};

static void test_names(void **state)
{
    struct buf out = BUF_INIT;
    int value = 77;

    (void)state;
    assert_true(names_value(table, "bb", &value));
    assert_int_equal(value, 1);
    assert_false(names_value(table, "BB", &value));
    assert_false(names_value(table, "", &value));
    assert_int_equal(value, 1);
    assert_string_equal(names_name(table, 2), "ccc");
    assert_string_equal(names_name(table, 9), "?");
    names_list(table, &out);
    assert_string_equal(buf_str(&out), "a, bb or ccc");
    buf_clear(&out);
    names_list(single, &out);
    assert_string_equal(buf_str(&out), "only");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
