/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

struct snapshot_ref {
    void *object;
    void (*destroy)(void *object);
    _Atomic size_t holders; /* the place itself is one of them while this is current */
};

struct snapshot {
    pthread_mutex_t lock; /* of `current`: taking it and holding it must be one step */
    struct snapshot_ref *current;
    void (*destroy)(void *object);
};

struct snapshot *snapshot_create(void (*destroy)(void *object))
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);

    if (snapshot == NULL)
        return NULL;
    if (pthread_mutex_init(&snapshot->lock, NULL) != 0) {
        free(snapshot);
        return NULL;
    }
    snapshot->destroy = destroy;
    return snapshot;
}

void snapshot_destroy(struct snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    snapshot_release(snapshot->current);
    pthread_mutex_destroy(&snapshot->lock);
    free(snapshot);
}

bool snapshot_swap(struct snapshot *snapshot, void *object)
{
    struct snapshot_ref *ref = malloc(sizeof *ref);
    struct snapshot_ref *before;

    if (ref == NULL)
        return false;
    ref->object = object;
    ref->destroy = snapshot->destroy;
    atomic_init(&ref->holders, 1);
    pthread_mutex_lock(&snapshot->lock);
    before = snapshot->current;
    snapshot->current = ref;
    pthread_mutex_unlock(&snapshot->lock);
    snapshot_release(before);
    return true;
}

struct snapshot_ref *snapshot_acquire(struct snapshot *snapshot)
{
    struct snapshot_ref *ref;

    pthread_mutex_lock(&snapshot->lock);
    ref = snapshot->current;
    if (ref != NULL)
        atomic_fetch_add_explicit(&ref->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&snapshot->lock);
    return ref;
}

void *snapshot_object(const struct snapshot_ref *ref)
{
    return ref->object;
}

void snapshot_release(struct snapshot_ref *ref)
{
    /* Who lets go last must see all that the other holders did: acquire and release. */
    if (ref == NULL ||
        atomic_fetch_sub_explicit(&ref->holders, 1, memory_order_acq_rel) != 1)
        return;
    ref->destroy(ref->object);
    free(ref);
}
