/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/cache.c. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cache.h"

/* --- a source that does as it is told, and a clock that stands still --- */

static atomic_int asked;
static atomic_llong now_ms;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static int gate_waiting;
static bool gate_closed;
static _Atomic(const char *) value; /* NULL: no; "!": could not tell */

static int64_t test_clock(void)
{
    return atomic_load(&now_ms);
}

/* Waits, while the gate is closed, with the answer that it has read already. */
static void gate_pass(void)
{
    pthread_mutex_lock(&gate_lock);
    gate_waiting++;
    pthread_cond_broadcast(&gate_changed);
    while (gate_closed)
        pthread_cond_wait(&gate_changed, &gate_lock);
    gate_waiting--;
    pthread_mutex_unlock(&gate_lock);
}

static void gate_set(bool closed)
{
    pthread_mutex_lock(&gate_lock);
    gate_closed = closed;
    pthread_cond_broadcast(&gate_changed);
    pthread_mutex_unlock(&gate_lock);
}

static void gate_await(int count)
{
    pthread_mutex_lock(&gate_lock);
    while (gate_waiting < count)
        pthread_cond_wait(&gate_changed, &gate_lock);
    pthread_mutex_unlock(&gate_lock);
}

static enum answer ask(void *arg, const char *key, struct arena *arena,
                       struct strlist *values_r, struct buf *error_r)
{
    const char *answer = atomic_load(&value);

    (void)arg;
    (void)key;
    atomic_fetch_add(&asked, 1);
    gate_pass();
    if (answer == NULL)
        return ANSWER_NO;
    strlist_add(values_r, arena, answer);
    if (strcmp(answer, "!") != 0)
        return ANSWER_YES;
    buf_adds(error_r, "away");
    return ANSWER_UNKNOWN;
}

static int setup(void **state)
{
    (void)state;
    asked = 0;
    now_ms = 1000000;
    gate_closed = false;
    value = "alice";
    return 0;
}

static struct cache *create(int64_t ttl, int64_t negative_ttl, int64_t stale,
                            size_t bytes)
{
    const struct cache_settings settings = {ttl, negative_ttl, stale, bytes,
                                            test_clock};
    struct cache *cache = cache_create(&settings, ask, NULL);

    assert_non_null(cache);
    return cache;
}

/* --- asking --- */

/* What one lookup said: "yes alice", "no", "unknown away", "stale yes alice: away". */
static void describe(struct cache *cache, const char *key, char *out, size_t size)
{
    struct arena arena = {0};
    struct strlist values = {0};
    struct buf error = BUF_INIT;
    bool stale;
    enum answer answer;

    strlist_add(&values, &arena, "before"); /* stays as it is */
    answer = cache_lookup(cache, key, &arena, &values, &stale, &error);
    snprintf(out, size, "%s%s%s%s%s%s", stale ? "stale " : "",
             answer == ANSWER_YES  ? "yes"
             : answer == ANSWER_NO ? "no"
                                   : "unknown",
             values.count > 1 ? " " : "", values.count > 1 ? values.items[1] : "",
             error.len != 0 ? ": " : "", buf_str(&error));
    if (values.count < 1 || strcmp(values.items[0], "before") != 0 || values.count > 2)
        snprintf(out, size, "values lost or added");
    buf_finish(&error);
    arena_finish(&arena);
}

static void check(struct cache *cache, const char *key, const char *expected)
{
    char got[300];

    describe(cache, key, got, sizeof got);
    assert_string_equal(got, expected);
}

static uint64_t count(struct cache *cache, const char *name)
{
    struct cache_counts counts;

    cache_counts(cache, &counts);
    for (const struct cache_count_row *row = cache_count_rows; row->name != NULL;
         row++) {
        if (strcmp(row->name, name) == 0)
            return cache_count(&counts, row);
    }
    fail_msg("no count %s", name);
    return 0;
}

/* A lookup in a thread of its own. */
struct asker {
    pthread_t thread;
    struct cache *cache;
    char got[300];
};

static void *asker_run(void *arg)
{
    struct asker *asker = arg;

    describe(asker->cache, "key", asker->got, sizeof asker->got);
    return NULL;
}

static void asker_start(struct asker *asker, struct cache *cache)
{
    asker->cache = cache;
    assert_int_equal(pthread_create(&asker->thread, NULL, asker_run, asker), 0);
}

static void asker_check(struct asker *asker, const char *expected)
{
    pthread_join(asker->thread, NULL);
    assert_string_equal(asker->got, expected);
}

static void await_waits(struct cache *cache, uint64_t waits)
{
    const struct timespec pause = {0, 1000000};

    while (count(cache, "waits") < waits)
        nanosleep(&pause, NULL);
}

/* --- times --- */

static void test_ttl(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);

    (void)state;
    check(cache, "key", "yes alice");
    value = NULL;
    now_ms += 59999;
    check(cache, "key", "yes alice");
    assert_int_equal(asked, 1);
    now_ms += 1;
    check(cache, "key", "no");
    value = "bob";
    now_ms += 9999;
    check(cache, "key", "no");
    assert_int_equal(asked, 2);
    now_ms += 1;
    check(cache, "key", "yes bob");
    check(cache, "other", "yes bob");
    assert_int_equal(asked, 4);
    assert_int_equal(count(cache, "hits"), 1);
    assert_int_equal(count(cache, "negative_hits"), 1);
    assert_int_equal(count(cache, "misses"), 4);
    assert_int_equal(count(cache, "entries"), 2);
    assert_int_equal(count(cache, "negative_entries"), 0);
    cache_destroy(cache);
    cache_destroy(NULL);
}

static void test_times_of_zero(void **state)
{
    struct cache *cache = create(60000, 0, 0, 65536);

    (void)state;
    value = NULL;
    check(cache, "key", "no");
    check(cache, "key", "no");
    assert_int_equal(asked, 2);
    cache_destroy(cache);
    cache = create(0, 10000, 0, 65536);
    value = "alice";
    check(cache, "key", "yes alice");
    check(cache, "key", "yes alice");
    assert_int_equal(asked, 4);
    assert_int_equal(count(cache, "bytes"), 0);
    cache_destroy(cache);
}

/* The answer is as old as the question, however long the source takes. */
static void test_age_counts_from_the_question(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);
    struct asker asker;

    (void)state;
    gate_set(true);
    asker_start(&asker, cache);
    gate_await(1);
    now_ms += 50000;
    gate_set(false);
    asker_check(&asker, "yes alice");
    value = "bob";
    now_ms += 9999;
    check(cache, "key", "yes alice");
    now_ms += 1;
    check(cache, "key", "yes bob");
    cache_destroy(cache);
}

static void test_failures_are_not_kept(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);

    (void)state;
    value = "!";
    check(cache, "key", "unknown: away");
    check(cache, "key", "unknown: away");
    assert_int_equal(asked, 2);
    value = "alice";
    check(cache, "key", "yes alice");
    now_ms += 60000;
    value = "!";
    check(cache, "key", "unknown: away"); /* no stale answers without being asked for */
    assert_int_equal(count(cache, "failures"), 3);
    assert_int_equal(count(cache, "stale"), 0);
    cache_destroy(cache);
}

static void test_stale(void **state)
{
    struct cache *cache = create(60000, 10000, 300000, 65536);

    (void)state;
    check(cache, "key", "yes alice");
    value = NULL;
    check(cache, "nobody", "no");
    value = "!";
    check(cache, "new", "unknown: away");
    now_ms += 60000;
    check(cache, "key", "stale yes alice: away");
    check(cache, "nobody", "stale no: away");
    assert_int_equal(asked, 5);
    /* Not asked again at once. */
    check(cache, "key", "stale yes alice: could not tell a moment ago");
    assert_int_equal(asked, 5);
    now_ms += 1000;
    check(cache, "key", "stale yes alice: away");
    assert_int_equal(asked, 6);
    now_ms += 298999;
    check(cache, "key", "stale yes alice: away");
    now_ms += 1;
    check(cache, "key", "unknown: away"); /* also within the second */
    assert_int_equal(count(cache, "stale"), 5);
    assert_int_equal(count(cache, "entries"), 0);
    value = "bob";
    check(cache, "key", "yes bob");
    cache_destroy(cache);
}

/* When the source is back its answer counts from the next question on. */
static void test_stale_ends(void **state)
{
    struct cache *cache = create(60000, 10000, 300000, 65536);

    (void)state;
    check(cache, "key", "yes alice");
    now_ms += 60000;
    value = "!";
    check(cache, "key", "stale yes alice: away");
    value = NULL;
    now_ms += 1000;
    check(cache, "key", "no");
    assert_int_equal(count(cache, "entries"), 0);
    assert_int_equal(count(cache, "negative_entries"), 1);
    cache_destroy(cache);
}

/* --- bounds --- */

static void fill(struct cache *cache, const char *prefix, int from, int to)
{
    char key[64], got[200];

    for (int i = from; i < to; i++) {
        snprintf(key, sizeof key, "%s%d@example.org", prefix, i);
        describe(cache, key, got, sizeof got);
    }
}

static void test_least_recently_used_goes(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 16384);
    int before;

    (void)state;
    check(cache, "key", "yes alice");
    for (int i = 0; i < 1000; i++) {
        fill(cache, "user", i, i + 1);
        check(cache, "key", "yes alice"); /* used all the time */
        assert_true(count(cache, "bytes") <= 16384);
    }
    assert_true(count(cache, "evictions") > 800);
    assert_int_equal(count(cache, "entries") + count(cache, "evictions"), 1001);
    before = asked;
    check(cache, "key", "yes alice");
    fill(cache, "user", 990, 1000);
    assert_int_equal(asked, before);
    fill(cache, "user", 0, 10);
    assert_int_equal(asked, before + 10);
    cache_destroy(cache);
}

static void test_noes_leave_the_yeses(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);
    int before;

    (void)state;
    fill(cache, "user", 0, 100);
    value = NULL;
    fill(cache, "nobody", 0, 10000);
    assert_true(count(cache, "bytes") <= 65536);
    assert_int_equal(count(cache, "entries"), 100);
    before = asked;
    fill(cache, "user", 0, 100);
    assert_int_equal(asked, before);
    /* Nor the other way round. */
    check(cache, "nobody", "no");
    value = "alice";
    before = asked;
    fill(cache, "user", 0, 10000);
    check(cache, "nobody", "no");
    assert_int_equal(asked, before + 9900);
    cache_destroy(cache);
}

static void test_large_ones_are_not_kept(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 1048576);
    char *large = malloc(100001);

    (void)state;
    memset(large, 'a', 100000);
    large[100000] = '\0';
    check(cache, "key", "yes alice");
    assert_int_equal(count(cache, "entries"), 1);
    check(cache, large, "yes alice");
    check(cache, large, "yes alice");
    assert_int_equal(asked, 3);
    assert_int_equal(count(cache, "entries"), 1);
    now_ms += 60000;
    value = large;
    fill(cache, "large", 0, 1);
    fill(cache, "large", 0, 1);
    assert_int_equal(asked, 5);
    assert_int_equal(count(cache, "entries"), 1);
    assert_int_equal(count(cache, "evictions"), 0);
    cache_destroy(cache);
    free(large);
}

static void test_many_keys_in_no_room(void **state)
{
    struct cache *cache = create(60000, 10000, 1000, 0);

    (void)state;
    fill(cache, "user", 0, 100);
    assert_int_equal(count(cache, "bytes"), 0);
    assert_int_equal(asked, 100);
    cache_destroy(cache);
}

static void test_empty_key_and_value(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);

    (void)state;
    value = "";
    check(cache, "", "yes ");
    check(cache, "", "yes ");
    assert_int_equal(asked, 1);
    cache_destroy(cache);
}

/* --- one lookup a key --- */

enum { ASKERS = 8 };

static void join(struct cache *cache, const char *expected)
{
    struct asker askers[ASKERS];
    uint64_t waits = count(cache, "waits");

    gate_set(true);
    for (int i = 0; i < ASKERS; i++)
        asker_start(&askers[i], cache);
    gate_await(1);
    await_waits(cache, waits + ASKERS - 1);
    check(cache, "held", "yes alice"); /* others are not held up */
    gate_set(false);
    for (int i = 0; i < ASKERS; i++)
        asker_check(&askers[i], expected);
}

static void test_one_lookup_in_flight(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);

    (void)state;
    check(cache, "held", "yes alice");
    join(cache, "yes alice");
    assert_int_equal(asked, 2);
    assert_int_equal(count(cache, "misses"), 2);
    assert_int_equal(count(cache, "waits"), ASKERS - 1);
    cache_destroy(cache);
}

static void test_all_share_a_failure(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);

    (void)state;
    check(cache, "held", "yes alice");
    value = "!";
    join(cache, "unknown: away");
    assert_int_equal(asked, 2);
    assert_int_equal(count(cache, "failures"), 1);
    value = "alice";
    check(cache, "key", "yes alice"); /* and the next one asks */
    cache_destroy(cache);
}

static void test_all_share_a_stale_answer(void **state)
{
    struct cache *cache = create(60000, 10000, 300000, 65536);

    (void)state;
    check(cache, "key", "yes alice");
    now_ms += 60000;
    check(cache, "held", "yes alice");
    value = "!";
    join(cache, "stale yes alice: away");
    assert_int_equal(asked, 3);
    assert_int_equal(count(cache, "stale"), ASKERS);
    cache_destroy(cache);
}

static void test_all_share_what_is_too_large(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 4096);
    char expected[250];

    (void)state;
    check(cache, "held", "yes alice");
    value = "what takes more than a sixteenth does not fit"
            "----------------------------------------------------------------------"
            "----------------------------------------------------------------------";
    snprintf(expected, sizeof expected, "yes %s", value);
    join(cache, expected);
    assert_int_equal(asked, 2);
    cache_destroy(cache);
}

/* --- flush --- */

static void test_flush(void **state)
{
    struct cache *cache = create(60000, 10000, 300000, 65536);

    (void)state;
    fill(cache, "user", 0, 10);
    value = NULL;
    fill(cache, "nobody", 0, 5);
    assert_int_equal(cache_flush(cache), 15);
    assert_int_equal(count(cache, "bytes"), 0);
    assert_int_equal(count(cache, "entries"), 0);
    assert_int_equal(count(cache, "negative_entries"), 0);
    assert_int_equal(cache_flush(cache), 0);
    value = "!"; /* nothing is left that could be given as stale */
    check(cache, "user0@example.org", "unknown: away");
    cache_destroy(cache);
}

static void test_flush_key(void **state)
{
    struct cache *cache = create(60000, 10000, 0, 65536);

    (void)state;
    check(cache, "key", "yes alice");
    check(cache, "other", "yes alice");
    value = "bob";
    assert_int_equal(cache_flush_key(cache, "key"), 1);
    assert_int_equal(cache_flush_key(cache, "key"), 0);
    check(cache, "other", "yes alice");
    check(cache, "key", "yes bob");
    cache_destroy(cache);
}

/* What was asked before the flush is neither kept nor given to who asks after it. */
static void flush_in_flight(bool all)
{
    struct cache *cache = create(60000, 10000, 0, 65536);
    struct asker before, joined, after;

    gate_set(true);
    asker_start(&before, cache);
    gate_await(1);
    asker_start(&joined, cache);
    await_waits(cache, 1);
    value = "bob";
    if (all)
        cache_flush(cache);
    else
        cache_flush_key(cache, "key");
    asker_start(&after, cache);
    gate_await(2); /* it asks by itself */
    gate_set(false);
    asker_check(&before, "yes alice");
    asker_check(&joined, "yes alice");
    asker_check(&after, "yes bob");
    check(cache, "key", "yes bob");
    assert_int_equal(asked, 2);
    cache_destroy(cache);
}

static void test_flush_in_flight(void **state)
{
    (void)state;
    flush_in_flight(true);
}

static void test_flush_key_in_flight(void **state)
{
    (void)state;
    flush_in_flight(false);
}

/* The old answer comes last: it must not replace the new one. */
static void test_the_old_answer_comes_last(void **state)
{
    struct cache *cache = create(60000, 10000, 300000, 65536);
    struct asker before;

    (void)state;
    gate_set(true);
    asker_start(&before, cache);
    gate_await(1);
    cache_flush(cache);
    value = "!";
    gate_set(false);
    asker_check(&before, "yes alice");
    check(cache, "key", "unknown: away");
    cache_destroy(cache);
}

/* --- many threads at once --- */

static atomic_int generation; /* a value of the source is never older than this */

static enum answer ask_generation(void *arg, const char *key, struct arena *arena,
                                  struct strlist *values_r, struct buf *error_r)
{
    char text[32];

    (void)arg;
    if (strcmp(key, "k7") == 0)
        return ANSWER_NO;
    if (strcmp(key, "k8") == 0) {
        buf_adds(error_r, "away");
        return ANSWER_UNKNOWN;
    }
    snprintf(text, sizeof text, "%d", atomic_load(&generation));
    strlist_add(values_r, arena, text);
    return ANSWER_YES;
}

/* Nobody sees an answer from before a flush that had ended when he asked. */
static void *stress(void *arg)
{
    struct cache *cache = arg;
    unsigned random = (unsigned)(uintptr_t)&cache;

    for (int i = 0; i < 5000; i++) {
        struct arena arena = {0};
        struct strlist values = {0};
        struct buf error = BUF_INIT;
        int least = atomic_load(&generation);
        bool stale;
        char key[16];

        snprintf(key, sizeof key, "k%d", rand_r(&random) % 10);
        if (i % 50 == 0) {
            least = atomic_fetch_add(&generation, 1) + 1;
            cache_flush(cache);
        }
        if (cache_lookup(cache, key, &arena, &values, &stale, &error) == ANSWER_YES &&
            i % 50 == 0 && atoi(values.items[0]) < least)
            arg = NULL;
        buf_finish(&error);
        arena_finish(&arena);
    }
    return arg;
}

static void test_threads(void **state)
{
    const struct cache_settings settings = {60000, 10000, 1000, 2048, NULL};
    struct cache *cache = cache_create(&settings, ask_generation, NULL);
    pthread_t threads[ASKERS];

    (void)state;
    assert_non_null(cache);
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stress, cache), 0);
    for (int i = 0; i < ASKERS; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_non_null(good);
    }
    assert_true(count(cache, "bytes") <= 2048);
    cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ttl, setup),
        cmocka_unit_test_setup(test_times_of_zero, setup),
        cmocka_unit_test_setup(test_age_counts_from_the_question, setup),
        cmocka_unit_test_setup(test_failures_are_not_kept, setup),
        cmocka_unit_test_setup(test_stale, setup),
        cmocka_unit_test_setup(test_stale_ends, setup),
        cmocka_unit_test_setup(test_least_recently_used_goes, setup),
        cmocka_unit_test_setup(test_noes_leave_the_yeses, setup),
        cmocka_unit_test_setup(test_large_ones_are_not_kept, setup),
        cmocka_unit_test_setup(test_many_keys_in_no_room, setup),
        cmocka_unit_test_setup(test_empty_key_and_value, setup),
        cmocka_unit_test_setup(test_one_lookup_in_flight, setup),
        cmocka_unit_test_setup(test_all_share_a_failure, setup),
        cmocka_unit_test_setup(test_all_share_a_stale_answer, setup),
        cmocka_unit_test_setup(test_all_share_what_is_too_large, setup),
        cmocka_unit_test_setup(test_flush, setup),
        cmocka_unit_test_setup(test_flush_key, setup),
        cmocka_unit_test_setup(test_flush_in_flight, setup),
        cmocka_unit_test_setup(test_flush_key_in_flight, setup),
        cmocka_unit_test_setup(test_the_old_answer_comes_last, setup),
        cmocka_unit_test_setup(test_threads, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
