/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.h - answers of a lookup kept for a while: bounded, and asked once at a time. */
#ifndef SENDAS_BASE_CACHE_H
#define SENDAS_BASE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"

struct cache;

/* Times in milliseconds. */
struct cache_settings {
    int64_t ttl;          /* how long a yes counts; 0: not kept */
    int64_t negative_ttl; /* how long a no counts; 0: not kept */
    int64_t stale; /* for how long after that an answer that cannot be had anew is
                      given once more; 0: never */
    size_t bytes;  /* upper bound of all entries together; a quarter of it is for
                      the noes, and nothing else of it */
    int64_t (*clock)(void); /* NULL: clock_ms() */
};

/*
 * Asks the source itself. YES with the values appended to *values_r, NO, or UNKNOWN
 * with one line in *error_r. Has to come to its end by itself: others may wait for it.
 */
typedef enum answer cache_ask(void *arg, const char *key, struct arena *arena,
                              struct strlist *values_r, struct buf *error_r);

/* What the source is: `arg` must outlive the cache. NULL: out of memory, or no random
 * numbers. */
struct cache *cache_create(const struct cache_settings *settings, cache_ask *ask,
                           void *arg);

/* NULL is allowed. Nobody may be using it. */
void cache_destroy(struct cache *cache);

/*
 * The answer for `key`: one that was kept, or the source's. Who asks for a key while
 * another is asking the source for it waits for that one's answer, whatever it is. Ages
 * are counted from when the source was asked. Values are appended to *values_r in the
 * arena. *stale_r: the source could not tell; the answer (YES or NO) is its last one,
 * and *error_r has the line of why. UNKNOWN: one line in *error_r, *values_r is as it
 * was. Any thread.
 */
enum answer cache_lookup(struct cache *cache, const char *key, struct arena *arena,
                         struct strlist *values_r, bool *stale_r, struct buf *error_r);

/*
 * Forgets everything, or the answer for one key. Whoever asks from now on gets an
 * answer that the source was asked for from now on; what is under way at this moment is
 * given to those who wait for it already, and not kept. Returns how many answers were
 * forgotten. Any thread.
 */
size_t cache_flush(struct cache *cache);
size_t cache_flush_key(struct cache *cache, const char *key);

/* What happened since the start, and what is there now. */
struct cache_counts {
    uint64_t hits;
    uint64_t negative_hits;
    uint64_t misses;
    uint64_t waits;
    uint64_t stale;
    uint64_t failures;
    uint64_t evictions;
    uint64_t entries;
    uint64_t negative_entries;
    uint64_t bytes;
};

void cache_counts(struct cache *cache, struct cache_counts *counts_r);

/* The counts by name, in the order of the struct; ends with a NULL name. */
struct cache_count_row {
    const char *name;
    const char *description; /* a few words */
    size_t offset;           /* of the uint64_t in struct cache_counts */
};

extern const struct cache_count_row cache_count_rows[];

/* The count that the row is about. */
uint64_t cache_count(const struct cache_counts *counts,
                     const struct cache_count_row *row);

#endif
