/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/snapshot.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "prog/snapshot.h"

static _Atomic int destroyed;

/* What is swapped: its number twice, so that a reader sees a torn or freed one. */
struct thing {
    int number;
    int again;
};

static void thing_destroy(void *object)
{
    struct thing *thing = object;

    thing->number = -1;
    free(thing);
    atomic_fetch_add(&destroyed, 1);
}

static struct thing *thing_create(int number)
{
    struct thing *thing = malloc(sizeof *thing);

    assert_non_null(thing);
    *thing = (struct thing){number, number};
    return thing;
}

static int held_number(const struct snapshot_ref *ref)
{
    return ((const struct thing *)snapshot_object(ref))->number;
}

static void test_hold_over_swap(void **state)
{
    struct snapshot *snapshot = snapshot_create(thing_destroy);
    struct snapshot_ref *first, *same, *second;

    (void)state;
    atomic_store(&destroyed, 0);
    assert_null(snapshot_acquire(snapshot));
    assert_true(snapshot_swap(snapshot, thing_create(1)));
    first = snapshot_acquire(snapshot);
    same = snapshot_acquire(snapshot);
    assert_true(snapshot_swap(snapshot, thing_create(2)));
    second = snapshot_acquire(snapshot);
    assert_int_equal(held_number(first), 1);
    assert_int_equal(held_number(same), 1);
    assert_int_equal(held_number(second), 2);
    snapshot_release(first);
    assert_int_equal(atomic_load(&destroyed), 0);
    snapshot_release(same);
    assert_int_equal(atomic_load(&destroyed), 1);
    snapshot_destroy(snapshot);
    assert_int_equal(held_number(second), 2); /* a holder outlives the place */
    snapshot_release(second);
    assert_int_equal(atomic_load(&destroyed), 2);
    snapshot_release(NULL);
    snapshot_destroy(NULL);
}

enum { READERS = 3, ROUNDS = 2000 };

static _Atomic bool done;
static _Atomic int torn;

static void *reader_run(void *arg)
{
    struct snapshot *snapshot = arg;

    while (!atomic_load(&done)) {
        struct snapshot_ref *ref = snapshot_acquire(snapshot);
        const struct thing *thing = snapshot_object(ref);

        if (thing->number != thing->again)
            atomic_fetch_add(&torn, 1);
        snapshot_release(ref);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct snapshot *snapshot = snapshot_create(thing_destroy);
    pthread_t readers[READERS];

    (void)state;
    atomic_store(&destroyed, 0);
    assert_true(snapshot_swap(snapshot, thing_create(0)));
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader_run, snapshot), 0);
    for (int i = 1; i < ROUNDS; i++)
        assert_true(snapshot_swap(snapshot, thing_create(i)));
    atomic_store(&done, true);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    snapshot_destroy(snapshot);
    assert_int_equal(atomic_load(&torn), 0);
    assert_int_equal(atomic_load(&destroyed), ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hold_over_swap),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
