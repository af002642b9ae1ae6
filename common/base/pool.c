/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct pool_slot {
    void *handle;       /* NULL: free for a new one */
    unsigned long made; /* the generation it was made in */
    bool out;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
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
    pthread_condattr_t attr;

    if (pool == NULL)
        return NULL;
    pool->idle = calloc(max, sizeof(struct pool_slot *));
    if (pool->idle == NULL) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->returned, &attr);
    pthread_condattr_destroy(&attr);
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
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
    free(pool->idle);
    free(pool);
}

/* Waits with the lock held until a slot is idle. false: the time is over. */
static bool pool_wait(struct pool *pool, unsigned wait_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (pool->idle_count == 0) {
        if (pthread_cond_timedwait(&pool->returned, &pool->lock, &until) != 0)
            return pool->idle_count != 0;
    }
    return true;
}

void *pool_borrow(struct pool *pool, unsigned wait_ms)
{
    struct pool_slot *slot;
    void *stale = NULL;
    void *handle;

    pthread_mutex_lock(&pool->lock);
    if (!pool_wait(pool, wait_ms)) {
        pthread_mutex_unlock(&pool->lock);
        return NULL;
    }
    slot = pool->idle[--pool->idle_count];
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
    if (handle == NULL) {
        slot->out = false;
        pool->idle[pool->idle_count++] = slot;
        pthread_cond_signal(&pool->returned);
    }
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
        slot->out = false;
        if (!keep)
            slot->handle = NULL;
        pool->idle[pool->idle_count++] = slot;
        pthread_cond_signal(&pool->returned);
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
