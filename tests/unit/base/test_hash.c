/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/hash.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static void test_many(void **state)
{
    static char keys[5000][8];
    static int values[5000];
    struct hash hash = {0};

    (void)state;
    assert_null(hash_find(&hash, "k1"));
    for (int i = 0; i < 5000; i++) {
        void **slot;

        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        slot = hash_slot(&hash, keys[i]);
        assert_non_null(slot);
        assert_null(*slot);
        *slot = &values[i];
    }
    for (int i = 0; i < 5000; i++) {
        assert_ptr_equal(hash_find(&hash, keys[i]), &values[i]);
        assert_ptr_equal(*hash_slot(&hash, keys[i]), &values[i]);
    }
    assert_int_equal(hash.used, 5000);
    assert_null(hash_find(&hash, "k5000"));
    assert_null(hash_find(&hash, ""));
    hash_finish(&hash);
    assert_null(hash_find(&hash, "k1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
