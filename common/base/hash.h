/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.h - a table from strings to pointers, that only grows. */
#ifndef SENDAS_BASE_HASH_H
#define SENDAS_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

struct hash_slot;

/*
 * Keys and values are the caller's and must outlive the table. Reading from several
 * threads is safe while nobody adds. A zeroed struct is a valid empty table.
 */
struct hash {
    struct hash_slot *slots;
    size_t size; /* a power of two, or 0 */
    size_t used;
    unsigned long long seed; /* keyed, so that nobody can choose keys that collide */
};

/* Frees the table, not what it points to. */
void hash_finish(struct hash *hash);

/*
 * The address of the value that belongs to `key`, made (holding NULL) if it was not
 * there. Valid until the next hash_slot() call. NULL: out of memory.
 */
void **hash_slot(struct hash *hash, const char *key);

/* The value of `key`, NULL if there is none. */
void *hash_find(const struct hash *hash, const char *key);

#endif
