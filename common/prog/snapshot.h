/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.h - the current object of its kind (a configuration), replaced while in use.
 */
#ifndef SENDAS_PROG_SNAPSHOT_H
#define SENDAS_PROG_SNAPSHOT_H

#include <stdbool.h>

/* The place that holds the current object. */
struct snapshot;

/* One holder's hold on one object. */
struct snapshot_ref;

/*
 * An empty place; `destroy` ends an object when nobody holds it any more (it runs in
 * the thread that lets go last, never under a lock). NULL: out of memory.
 */
struct snapshot *snapshot_create(void (*destroy)(void *object));

/* Lets go of the current object, and frees the place. NULL is allowed. */
void snapshot_destroy(struct snapshot *snapshot);

/*
 * Makes `object` (not NULL) the current one and lets go of the one before. The snapshot
 * owns it from now on. false: out of memory, nothing has changed and the object is
 * still the caller's.
 */
bool snapshot_swap(struct snapshot *snapshot, void *object);

/*
 * Holds the current object: it stays as it is until snapshot_release(), whatever is
 * swapped in meanwhile. NULL when nothing was swapped in yet. Any thread may call it,
 * and another thread than the holder may release.
 */
struct snapshot_ref *snapshot_acquire(struct snapshot *snapshot);

/* The object that is held. */
void *snapshot_object(const struct snapshot_ref *ref);

/* Lets go. NULL is allowed. */
void snapshot_release(struct snapshot_ref *ref);

#endif
