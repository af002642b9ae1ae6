/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.h - a bounded set of handles that threads borrow and give back. */
#ifndef SENDAS_BASE_POOL_H
#define SENDAS_BASE_POOL_H

#include <stddef.h>

struct pool;

/* How the handles are made and destroyed. `arg` is the caller's. */
struct pool_class {
    void *(*make)(void *arg); /* NULL: it could not be made */
    void (*destroy)(void *handle);
};

/* Who gives a handle back says whether another may use it. */
enum pool_health { POOL_GOOD, POOL_BROKEN };

/*
 * A pool of at most `max` handles, made when they are first needed. `class` and `arg`
 * must outlive it. NULL: out of memory.
 */
struct pool *pool_create(const struct pool_class *class, void *arg, size_t max);

/* Destroys the idle handles. Nobody may hold one any more. NULL is allowed. */
void pool_destroy(struct pool *pool);

/*
 * An idle handle (the one used last, which is the warmest), or a new one, or, when all
 * are out, the next one that comes back within `wait_ms` milliseconds: who comes later
 * is not served before who has waited for long. NULL: none came in time, or it could
 * not be made.
 */
void *pool_borrow(struct pool *pool, unsigned wait_ms);

/* Gives the handle back; a broken one, or one that an earlier pool_flush() outdated, is
 * destroyed. */
void pool_return(struct pool *pool, void *handle, enum pool_health health);

/* No handle made before this call is lent again: the idle ones are destroyed now, the
 * others when they come back. */
void pool_flush(struct pool *pool);

#endif
