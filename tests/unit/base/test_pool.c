/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/pool.c. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/pool.h"

static atomic_int made, destroyed, out_now, most_out;
static atomic_bool refuse;

static void *make(void *arg)
{
    int *n;

    (void)arg;
    if (atomic_load(&refuse))
        return NULL;
    n = malloc(sizeof(*n));
    *n = atomic_fetch_add(&made, 1);
    return n;
}

static void destroy(void *handle)
{
    atomic_fetch_add(&destroyed, 1);
    free(handle);
}

static const struct pool_class class = {make, destroy};

static int setup(void **state)
{
    (void)state;
    made = destroyed = out_now = most_out = 0;
    refuse = false;
    return 0;
}

static void test_reuse(void **state)
{
    struct pool *pool = pool_create(&class, NULL, 3);
    void *a, *b;

    (void)state;
    a = pool_borrow(pool, 0);
    b = pool_borrow(pool, 0);
    assert_ptr_not_equal(a, b);
    pool_return(pool, a, POOL_GOOD);
    pool_return(pool, b, POOL_GOOD);
    assert_ptr_equal(pool_borrow(pool, 0), b); /* the warmest */
    pool_return(pool, b, POOL_BROKEN);
    assert_int_equal(destroyed, 1);
    assert_int_equal(made, 2);
    pool_destroy(pool);
    assert_int_equal(destroyed, 2);
    pool_destroy(NULL);
}

static void test_bound(void **state)
{
    struct pool *pool = pool_create(&class, NULL, 1);
    struct timespec before, after;
    void *a = pool_borrow(pool, 0);

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_null(pool_borrow(pool, 50));
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true((after.tv_sec - before.tv_sec) * 1000 +
                    (after.tv_nsec - before.tv_nsec) / 1000000 >=
                49);
    pool_return(pool, a, POOL_GOOD);
    assert_ptr_equal(pool_borrow(pool, 0), a);
    pool_return(pool, a, POOL_GOOD);
    pool_destroy(pool);
}

static void test_flush(void **state)
{
    struct pool *pool = pool_create(&class, NULL, 2);
    void *a = pool_borrow(pool, 0);
    void *b = pool_borrow(pool, 0);

    (void)state;
    pool_return(pool, a, POOL_GOOD);
    pool_flush(pool);
    assert_int_equal(destroyed, 1);
    pool_return(pool, b, POOL_GOOD); /* was out while the pool was flushed */
    assert_int_equal(destroyed, 2);
    b = pool_borrow(pool, 0);
    a = pool_borrow(pool, 0);
    assert_int_equal(destroyed, 2);
    assert_int_equal(made, 4);
    pool_return(pool, a, POOL_GOOD);
    pool_return(pool, b, POOL_GOOD);
    pool_destroy(pool);
}

static void test_failure_is_not_kept(void **state)
{
    struct pool *pool = pool_create(&class, NULL, 1);
    void *a;

    (void)state;
    refuse = true;
    assert_null(pool_borrow(pool, 0));
    refuse = false;
    a = pool_borrow(pool, 0);
    assert_non_null(a);
    pool_return(pool, a, POOL_GOOD);
    pool_destroy(pool);
}

struct patient {
    struct pool *pool;
    atomic_int *turn; /* the next number */
    atomic_bool *go;  /* to give it back */
    void *handle;
    int number;
};

static void *patient_main(void *arg)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    struct patient *patient = arg;

    patient->handle = pool_borrow(patient->pool, 10000);
    patient->number = atomic_fetch_add(patient->turn, 1);
    while (!atomic_load(patient->go))
        nanosleep(&pause, NULL);
    pool_return(patient->pool, patient->handle, POOL_GOOD);
    return NULL;
}

/* Who has waited for some time is served in the order of coming, and before whoever
 * comes at the very moment. */
static void test_nobody_overtakes(void **state)
{
    enum { PATIENTS = 4 };
    const struct timespec pause = {.tv_nsec = 30000000};
    struct pool *pool = pool_create(&class, NULL, 1);
    void *handle = pool_borrow(pool, 0);
    struct patient patients[PATIENTS];
    pthread_t threads[PATIENTS];
    atomic_int turn = 0;
    atomic_bool go = false;

    (void)state;
    for (int i = 0; i < PATIENTS; i++) {
        patients[i] = (struct patient){.pool = pool, .turn = &turn, .go = &go};
        pthread_create(&threads[i], NULL, patient_main, &patients[i]);
        nanosleep(&pause, NULL);
    }
    pool_return(pool, handle, POOL_GOOD);
    assert_null(pool_borrow(pool, 0)); /* it is the first one's */
    go = true;
    for (int i = 0; i < PATIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_non_null(patients[i].handle);
        assert_int_equal(patients[i].number, i);
    }
    pool_destroy(pool);
}

static void *borrower(void *arg)
{
    struct pool *pool = arg;

    for (int i = 0; i < 2000; i++) {
        void *handle = pool_borrow(pool, 10000);
        int out = atomic_fetch_add(&out_now, 1) + 1;
        int most = atomic_load(&most_out);

        if (handle == NULL)
            return arg; /* a failure */
        while (out > most && !atomic_compare_exchange_weak(&most_out, &most, out))
            ;
        atomic_fetch_sub(&out_now, 1);
        pool_return(pool, handle, i % 100 == 0 ? POOL_BROKEN : POOL_GOOD);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct pool *pool = pool_create(&class, NULL, 3);
    pthread_t threads[8];

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, borrower, pool), 0);
    for (int i = 0; i < 8; i++) {
        void *failure;

        pthread_join(threads[i], &failure);
        assert_null(failure);
    }
    assert_true(most_out <= 3);
    pool_destroy(pool);
    assert_int_equal(made, destroyed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_reuse, setup),
        cmocka_unit_test_setup(test_bound, setup),
        cmocka_unit_test_setup(test_flush, setup),
        cmocka_unit_test_setup(test_failure_is_not_kept, setup),
        cmocka_unit_test_setup(test_nobody_overtakes, setup),
        cmocka_unit_test_setup(test_threads, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
