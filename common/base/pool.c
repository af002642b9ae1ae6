/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "base/clock.h"

/* Who comes while a handle is idle takes it, even if somebody was woken for it: to wait
 * until that one runs would cost everybody time. But nobody is overtaken any more who
 * has waited for so long. */
enum { OVERTAKE_MS = 10 };

struct pool_slot {
    void *handle;       /* NULL: free for a new one */
    unsigned long made; /* the generation it was made in */
    bool out;
};

/* Lives on the stack of who waits. */
struct pool_waiter {
    TAILQ_ENTRY(pool_waiter) next;
    pthread_cond_t wake;
    bool called;            /* woken for an idle slot, and has not looked yet */
    struct pool_slot *slot; /* handed over; then it is in the list no more */
    int64_t since;
};

struct pool {
    pthread_mutex_t lock;
    TAILQ_HEAD(, pool_waiter) waiters; /* the one that came first is first */
    const struct pool_class *class;
    void *arg;
    unsigned long generation;
    size_t max;
    size_t idle_count;
    struct pool_slot **idle; /* a stack: the last one returned is the next to go */
    struct pool_slot slots[];
};

struct pool *pool_create(const struct pool_class *class, void *arg, size_t max)
{
    struct pool *pool = calloc(1, sizeof(*pool) + max * sizeof(pool->slots[0]));

    if (pool == NULL)
        return NULL;
    pool->idle = calloc(max, sizeof(struct pool_slot *));
    if (pool->idle == NULL) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    TAILQ_INIT(&pool->waiters);
    pool->class = class;
    pool->arg = arg;
    pool->max = max;
    /* Empty slots lie in the stack too, below the warm ones. */
    for (size_t i = 0; i < max; i++)
        pool->idle[pool->idle_count++] = &pool->slots[i];
    return pool;
}

void pool_destroy(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->max; i++) {
        if (pool->slots[i].handle != NULL)
            pool->class->destroy(pool->slots[i].handle);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool->idle);
    free(pool);
}

/* --- with the lock held --- */

/* Wakes the first who is not yet awake. */
static void pool_call(struct pool *pool)
{
    struct pool_waiter *waiter;

    TAILQ_FOREACH(waiter, &pool->waiters, next)
    {
        if (waiter->called)
            continue;
        waiter->called = true;
        pthread_cond_signal(&waiter->wake);
        return;
    }
}

/* The slot is free again: for whoever comes, or for who has waited too long. */
static void pool_put(struct pool *pool, struct pool_slot *slot)
{
    struct pool_waiter *first = TAILQ_FIRST(&pool->waiters);

    slot->out = false;
    if (first == NULL || clock_ms() - first->since < OVERTAKE_MS) {
        pool->idle[pool->idle_count++] = slot;
        pool_call(pool);
        return;
    }
    TAILQ_REMOVE(&pool->waiters, first, next);
    first->slot = slot;
    pthread_cond_signal(&first->wake);
}

static struct timespec wait_end(unsigned wait_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

static void waiter_init(struct pool_waiter *waiter)
{
    pthread_condattr_t attr;

    *waiter = (struct pool_waiter){.since = clock_ms()};
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->wake, &attr);
    pthread_condattr_destroy(&attr);
}

/* Waits for a slot. NULL: the time is over. */
static struct pool_slot *pool_wait(struct pool *pool, unsigned wait_ms)
{
    const struct timespec until = wait_end(wait_ms);
    struct pool_waiter waiter;
    bool over = false;

    waiter_init(&waiter);
    TAILQ_INSERT_TAIL(&pool->waiters, &waiter, next);
    while (waiter.slot == NULL && pool->idle_count == 0 && !over) {
        waiter.called = false;
        over = pthread_cond_timedwait(&waiter.wake, &pool->lock, &until) != 0;
    }
    if (waiter.slot == NULL) {
        TAILQ_REMOVE(&pool->waiters, &waiter, next);
        if (pool->idle_count != 0)
            waiter.slot = pool->idle[--pool->idle_count];
    }
    /* It may have been woken for another one. */
    if (pool->idle_count != 0)
        pool_call(pool);
    pthread_cond_destroy(&waiter.wake);
    return waiter.slot;
}

/* Takes a slot, the last one returned if there are several. NULL: none in time. */
static struct pool_slot *pool_take(struct pool *pool, unsigned wait_ms)
{
    if (pool->idle_count != 0)
        return pool->idle[--pool->idle_count];
    return wait_ms != 0 ? pool_wait(pool, wait_ms) : NULL;
}

/* --- lending --- */

void *pool_borrow(struct pool *pool, unsigned wait_ms)
{
    struct pool_slot *slot;
    void *stale = NULL;
    void *handle;

    pthread_mutex_lock(&pool->lock);
    slot = pool_take(pool, wait_ms);
    if (slot == NULL) {
        pthread_mutex_unlock(&pool->lock);
        return NULL;
    }
    slot->out = true;
    if (slot->handle != NULL && slot->made != pool->generation) {
        stale = slot->handle;
        slot->handle = NULL;
    }
    handle = slot->handle;
    if (handle == NULL)
        slot->made = pool->generation;
    pthread_mutex_unlock(&pool->lock);

    if (stale != NULL)
        pool->class->destroy(stale);
    if (handle != NULL)
        return handle;

    handle = pool->class->make(pool->arg);
    pthread_mutex_lock(&pool->lock);
    slot->handle = handle;
    if (handle == NULL)
        pool_put(pool, slot);
    pthread_mutex_unlock(&pool->lock);
    return handle;
}

void pool_return(struct pool *pool, void *handle, enum pool_health health)
{
    bool keep = false;

    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < pool->max; i++) {
        struct pool_slot *slot = &pool->slots[i];

        if (!slot->out || slot->handle != handle)
            continue;
        keep = health == POOL_GOOD && slot->made == pool->generation;
        if (!keep)
            slot->handle = NULL;
        pool_put(pool, slot);
        break;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        pool->class->destroy(handle);
}

void pool_flush(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->generation++;
    for (size_t i = 0; i < pool->max; i++) {
        struct pool_slot *slot = &pool->slots[i];
        void *stale = slot->handle;

        if (slot->out || stale == NULL || slot->made == pool->generation)
            continue;
        slot->handle = NULL;
        pthread_mutex_unlock(&pool->lock);
        pool->class->destroy(stale);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}
