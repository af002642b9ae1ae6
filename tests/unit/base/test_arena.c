/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/arena.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/strlist.h"

static void test_alloc(void **state)
{
    struct arena arena = {0};
    char *all[500];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 500; i++) {
            size_t size = (size_t)(i * 7 % 300 + 1);

            all[i] = arena_alloc(&arena, size);
            assert_non_null(all[i]);
            assert_int_equal((uintptr_t)all[i] % _Alignof(max_align_t), 0);
            for (size_t k = 0; k < size; k++)
                assert_int_equal(all[i][k], 0);
            memset(all[i], i, size);
        }
        for (int i = 0; i < 500; i++)
            assert_int_equal((unsigned char)all[i][0], (unsigned char)i);
        arena_reset(&arena);
    }
    arena_finish(&arena);
}

static void test_big_and_impossible(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_non_null(arena_alloc(&arena, 1000000));
    assert_false(arena.failed);
    assert_null(arena_alloc(&arena, SIZE_MAX - 3));
    assert_true(arena.failed);
    arena_reset(&arena);
    assert_false(arena.failed);
    arena_finish(&arena);
    arena_finish(&arena);
}

static void test_strings(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strdup(&arena, "abc"), "abc");
    assert_null(arena_strdup(&arena, NULL));
    assert_string_equal(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
    assert_false(arena.failed);
    arena_finish(&arena);
}

static void test_strlist(void **state)
{
    struct arena arena = {0};
    struct strlist list = {0};
    char name[16];

    (void)state;
    assert_false(strlist_has(&list, ""));
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        assert_true(strlist_add(&list, &arena, name));
    }
    assert_int_equal(list.count, 100);
    assert_string_equal(list.items[57], "n57");
    assert_true(strlist_has(&list, "n99"));
    assert_false(strlist_has(&list, "N99"));
    assert_true(strlist_addn(&list, &arena, "abcdef", 2));
    assert_string_equal(list.items[100], "ab");
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_big_and_impossible),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_strlist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
