/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/secret.c; linked so that free() is seen. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* The block that is watched: freeing it must find it wiped. */
static const char *watched;
static size_t watched_len;
static bool was_freed, was_wiped;

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    if (block != NULL && block == watched) {
        was_freed = was_wiped = true;
        for (size_t i = 0; i < watched_len; i++)
            was_wiped = was_wiped && watched[i] == 0;
        watched = NULL;
    }
    __real_free(block);
}

static void watch(const struct buf *buf)
{
    watched = buf->data;
    watched_len = buf->cap;
    was_freed = was_wiped = false;
}

static void test_wipe(void **state)
{
    char bytes[] = "xsecretx";

    (void)state;
    secret_wipe(bytes + 1, 6);
    assert_memory_equal(bytes, "x\0\0\0\0\0\0x", 8);
    secret_wipe(NULL, 0);
}

/* Memory that becomes too small is wiped before it is given back. */
static void test_add(void **state)
{
    struct buf buf = BUF_INIT;
    size_t moved = 0;

    (void)state;
    secret_add(&buf, "", 0);
    assert_string_equal(buf_str(&buf), "");
    assert_non_null(buf.data);
    for (size_t i = 0; i < 1000; i++) {
        watch(&buf);
        secret_add(&buf, "secret", 6);
        assert_true(!was_freed || was_wiped);
        moved += was_freed;
    }
    assert_true(moved > 3);
    assert_int_equal(buf.len, 6000);
    assert_int_equal(strlen(buf.data), 6000);
    for (size_t i = 0; i < 6000; i++)
        assert_int_equal(buf.data[i], "secret"[i % 6]);
    watch(&buf);
    secret_finish(&buf);
    assert_true(was_freed && was_wiped);
    assert_null(buf.data);
    assert_int_equal(buf.len + buf.cap, 0);
    secret_finish(&buf);
}

/* What was cut off lies behind the end, and is wiped as well. */
static void test_finish_wipes_all(void **state)
{
    struct buf buf = BUF_INIT;

    (void)state;
    secret_add(&buf, "something secret", 16);
    buf_cut(&buf, 2);
    watch(&buf);
    secret_finish(&buf);
    assert_true(was_freed && was_wiped);
}

/* Exactly full, then one more. */
static void test_add_at_the_edge(void **state)
{
    char bytes[200];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    for (size_t first = 0; first < sizeof(bytes); first++) {
        struct buf buf = BUF_INIT;

        secret_add(&buf, bytes, first);
        secret_add(&buf, "y", 1);
        assert_int_equal(buf.len, first + 1);
        assert_int_equal(buf.data[first], 'y');
        assert_int_equal(buf.data[first + 1], '\0');
        assert_true(buf.cap > buf.len);
        secret_finish(&buf);
    }
}

static void test_add_too_much(void **state)
{
    struct buf buf = BUF_INIT;

    (void)state;
    secret_add(&buf, "x", 1);
    secret_add(&buf, "y", SIZE_MAX);
    assert_true(buf.failed);
    secret_add(&buf, "y", 1);
    assert_true(buf.failed);
    assert_string_equal(buf_str(&buf), "");
    secret_finish(&buf);
    assert_false(buf.failed);
}

static void test_equal(void **state)
{
    unsigned char a[64], b[64];

    (void)state;
    memset(a, 0x5a, sizeof(a));
    memcpy(b, a, sizeof(b));
    assert_true(secret_equal(a, b, sizeof(a)));
    assert_true(secret_equal(a, b, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        for (int bit = 0; bit < 8; bit++) {
            b[i] ^= (unsigned char)(1 << bit);
            assert_false(secret_equal(a, b, sizeof(a)));
            assert_true(secret_equal(a, b, i));
            b[i] = a[i];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_finish_wipes_all),
        cmocka_unit_test(test_add_at_the_edge),
        cmocka_unit_test(test_add_too_much),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
