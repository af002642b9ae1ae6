/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/siphash.h"

enum {
    FLIGHT_CHAINS = 64,  /* a power of two; lookups under way are few */
    ENTRY_TYPICAL = 256, /* bytes of one entry, for the number of chains */
    OVERHEAD = 16,       /* what malloc needs beside each entry */
    ENTRY_PART = 16,     /* one entry takes at most this part of its share, */
    ENTRY_MAX = 65536,   /* and so many bytes: it is copied under the lock */
    RETRY_MS = 1000      /* a stale answer is given for so long without asking again */
};

/* The answers of one kind (yes or no), the one used last at the head. */
TAILQ_HEAD(entry_list, entry);

/* One answer. Changed under the lock only. */
struct entry {
    SLIST_ENTRY(entry) in_chain;
    TAILQ_ENTRY(entry) in_list;
    uint64_t code;
    int64_t fresh_until;
    int64_t stale_until;
    int64_t retry_at; /* stale answers: not before then is the source asked again */
    unsigned holders; /* the table, and each flight that ended with it */
    enum answer answer;
    size_t size;
    size_t value_count;
    char text[]; /* the key and then each value, each with its NUL */
};

SLIST_HEAD(entry_chain, entry);

/* One lookup under way, and those who wait for it. */
struct flight {
    SLIST_ENTRY(flight) in_chain;
    const char *key; /* the leader's */
    uint64_t code;
    bool listed; /* may be joined, and its answer may be kept */
    bool done;
    bool stale;
    enum answer answer;
    struct entry *entry; /* NULL: UNKNOWN, or no memory for it */
    struct buf error;
    unsigned users; /* the leader, and those who wait */
    pthread_cond_t ended;
};

SLIST_HEAD(flight_chain, flight);

/* The room for one kind of answers. */
struct share {
    struct entry_list list;
    size_t bytes;
    size_t bytes_max;
    uint64_t entries;
};

struct cache {
    pthread_mutex_t lock;
    struct cache_settings settings;
    cache_ask *ask;
    void *arg;
    uint64_t key[2];
    struct share yes, no;
    struct cache_counts counts; /* those of now are in the shares */
    struct flight_chain flights[FLIGHT_CHAINS];
    size_t chain_mask;
    struct entry_chain *chains;
};

#define COUNT(name, description)                                                       \
    {                                                                                  \
#name, description, offsetof(struct cache_counts, name)                        \
    }

const struct cache_count_row cache_count_rows[] = {
    COUNT(hits, "answers \"yes\" that were kept"),
    COUNT(negative_hits, "answers \"no\" that were kept"),
    COUNT(misses, "lookups that asked the map itself"),
    COUNT(waits, "lookups that waited for another's of the same key"),
    COUNT(stale, "answers from before, given because the map could not tell"),
    COUNT(failures, "lookups of the map itself that could not tell"),
    COUNT(evictions, "answers that made room for others"),
    COUNT(entries, "answers \"yes\" kept now"),
    COUNT(negative_entries, "answers \"no\" kept now"),
    COUNT(bytes, "memory of the answers kept now"),
    {NULL, NULL, 0},
};

uint64_t cache_count(const struct cache_counts *counts,
                     const struct cache_count_row *row)
{
    return *(const uint64_t *)(const void *)((const char *)counts + row->offset);
}

/* --- making and ending --- */

/* As many chains as there may be entries, a power of two; memory is touched when it is
 * used. */
static bool chains_create(struct cache *cache)
{
    size_t count = 64;

    while (count < cache->settings.bytes / ENTRY_TYPICAL)
        count *= 2;
    cache->chain_mask = count - 1;
    cache->chains = calloc(count, sizeof(*cache->chains));
    return cache->chains != NULL;
}

struct cache *cache_create(const struct cache_settings *settings, cache_ask *ask,
                           void *arg)
{
    struct cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->settings = *settings;
    if (cache->settings.clock == NULL)
        cache->settings.clock = clock_ms;
    cache->ask = ask;
    cache->arg = arg;
    cache->no.bytes_max = settings->bytes / 4;
    cache->yes.bytes_max = settings->bytes - cache->no.bytes_max;
    TAILQ_INIT(&cache->yes.list);
    TAILQ_INIT(&cache->no.list);
    if (!chains_create(cache) ||
        getrandom(cache->key, sizeof(cache->key), 0) != sizeof(cache->key) ||
        pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache->chains);
        free(cache);
        return NULL;
    }
    return cache;
}

static struct share *share_of(struct cache *cache, enum answer answer)
{
    return answer == ANSWER_YES ? &cache->yes : &cache->no;
}

static void entry_release(struct entry *entry)
{
    if (entry != NULL && --entry->holders == 0)
        free(entry);
}

/* Takes it out of the table. */
static void entry_drop(struct cache *cache, struct entry *entry)
{
    struct share *share = share_of(cache, entry->answer);

    SLIST_REMOVE(&cache->chains[entry->code & cache->chain_mask], entry, entry,
                 in_chain);
    TAILQ_REMOVE(&share->list, entry, in_list);
    share->bytes -= entry->size;
    share->entries--;
    entry_release(entry);
}

static size_t share_empty(struct cache *cache, struct share *share)
{
    struct entry *entry;
    size_t count = 0;

    for (; (entry = TAILQ_FIRST(&share->list)) != NULL; count++)
        entry_drop(cache, entry);
    return count;
}

void cache_destroy(struct cache *cache)
{
    if (cache == NULL)
        return;
    share_empty(cache, &cache->yes);
    share_empty(cache, &cache->no);
    pthread_mutex_destroy(&cache->lock);
    free(cache->chains);
    free(cache);
}

/* --- entries --- */

static struct entry *entry_find(struct cache *cache, const char *key, uint64_t code)
{
    struct entry *entry;

    SLIST_FOREACH(entry, &cache->chains[code & cache->chain_mask], in_chain)
    {
        if (entry->code == code && strcmp(entry->text, key) == 0)
            return entry;
    }
    return NULL;
}

/* An answer as it is kept, with the values from the `first` on, held once; NULL: out of
 * memory. Without the lock. */
static struct entry *entry_create(const char *key, uint64_t code, enum answer answer,
                                  const struct strlist *values, size_t first)
{
    size_t size = sizeof(struct entry) + strlen(key) + 1;
    struct entry *entry;
    char *text;

    for (size_t i = first; i < values->count; i++)
        size += strlen(values->items[i]) + 1;
    entry = malloc(size);
    if (entry == NULL)
        return NULL;
    *entry = (struct entry){.code = code,
                            .holders = 1,
                            .answer = answer,
                            .size = size + OVERHEAD,
                            .value_count = values->count - first};
    text = stpcpy(entry->text, key) + 1;
    for (size_t i = first; i < values->count; i++)
        text = stpcpy(text, values->items[i]) + 1;
    return entry;
}

/* Appends the values. false: out of memory. */
static bool entry_copy(const struct entry *entry, struct arena *arena,
                       struct strlist *values_r)
{
    const char *text = entry->text + strlen(entry->text) + 1;

    for (size_t i = 0; i < entry->value_count; i++) {
        size_t len = strlen(text);

        if (!strlist_addn(values_r, arena, text, len))
            return false;
        text += len + 1;
    }
    return true;
}

/* Puts the entry into the table, which holds it too, in the place of the one before;
 * others make room for it. */
static void entry_keep(struct cache *cache, struct entry *entry, int64_t asked_at)
{
    const struct cache_settings *settings = &cache->settings;
    struct share *share = share_of(cache, entry->answer);
    struct entry *old = entry_find(cache, entry->text, entry->code);
    int64_t ttl = entry->answer == ANSWER_YES ? settings->ttl : settings->negative_ttl;

    if (old != NULL)
        entry_drop(cache, old);
    if (ttl == 0 || entry->size > ENTRY_MAX ||
        entry->size > share->bytes_max / ENTRY_PART)
        return;
    while (share->bytes + entry->size > share->bytes_max) {
        entry_drop(cache, TAILQ_LAST(&share->list, entry_list));
        cache->counts.evictions++;
    }
    entry->fresh_until = asked_at + ttl;
    entry->stale_until = entry->fresh_until + settings->stale;
    entry->holders++;
    SLIST_INSERT_HEAD(&cache->chains[entry->code & cache->chain_mask], entry, in_chain);
    TAILQ_INSERT_HEAD(&share->list, entry, in_list);
    share->bytes += entry->size;
    share->entries++;
}

/* --- what is under way --- */

static struct flight_chain *flight_chain(struct cache *cache, uint64_t code)
{
    return &cache->flights[code & (FLIGHT_CHAINS - 1)];
}

static struct flight *flight_find(struct cache *cache, const char *key, uint64_t code)
{
    struct flight *flight;

    SLIST_FOREACH(flight, flight_chain(cache, code), in_chain)
    {
        if (flight->code == code && strcmp(flight->key, key) == 0)
            return flight;
    }
    return NULL;
}

static void flight_unlist(struct cache *cache, struct flight *flight)
{
    if (flight->listed)
        SLIST_REMOVE(flight_chain(cache, flight->code), flight, flight, in_chain);
    flight->listed = false;
}

static struct flight *flight_begin(struct cache *cache, const char *key, uint64_t code)
{
    struct flight *flight = calloc(1, sizeof(*flight));

    if (flight == NULL)
        return NULL;
    flight->key = key;
    flight->code = code;
    flight->users = 1;
    flight->listed = true;
    flight->answer = ANSWER_UNKNOWN;
    pthread_cond_init(&flight->ended, NULL);
    SLIST_INSERT_HEAD(flight_chain(cache, code), flight, in_chain);
    return flight;
}

/* One user fewer; the last one frees it. */
static void flight_leave(struct flight *flight)
{
    if (--flight->users != 0)
        return;
    entry_release(flight->entry);
    buf_finish(&flight->error);
    pthread_cond_destroy(&flight->ended);
    free(flight);
}

/* The source could not tell: an answer from before serves once more, if there is one.
 */
static void flight_fall_back(struct cache *cache, struct flight *flight)
{
    int64_t now = cache->settings.clock();
    struct entry *entry = entry_find(cache, flight->key, flight->code);

    cache->counts.failures++;
    if (!flight->listed || entry == NULL || now >= entry->stale_until)
        return;
    entry->retry_at = now + RETRY_MS;
    entry->holders++;
    flight->entry = entry;
    flight->answer = entry->answer;
    flight->stale = true;
}

/* The answer of a flight that is over, to one of its users. */
static enum answer flight_answer(struct cache *cache, const struct flight *flight,
                                 struct arena *arena, struct strlist *values_r,
                                 bool *stale_r, struct buf *error_r)
{
    size_t before = values_r->count;

    if (flight->stale) {
        *stale_r = true;
        cache->counts.stale++;
    }
    if (flight->stale || flight->answer == ANSWER_UNKNOWN)
        buf_adds(error_r,
                 flight->error.failed ? "out of memory" : buf_str(&flight->error));
    if (flight->answer == ANSWER_UNKNOWN ||
        (flight->entry != NULL && entry_copy(flight->entry, arena, values_r)))
        return flight->answer;
    values_r->count = before;
    *stale_r = false;
    buf_adds(error_r, "out of memory");
    return ANSWER_UNKNOWN;
}

/* Asks the source for all who want the same; called with the lock, which is free
 * meanwhile. */
static enum answer flight_lead(struct cache *cache, struct flight *flight,
                               struct arena *arena, struct strlist *values_r,
                               bool *stale_r, struct buf *error_r)
{
    size_t before = values_r->count;
    int64_t asked_at = cache->settings.clock();
    enum answer answer;

    cache->counts.misses++;
    pthread_mutex_unlock(&cache->lock);
    answer = cache->ask(cache->arg, flight->key, arena, values_r, &flight->error);
    if (answer != ANSWER_UNKNOWN)
        flight->entry =
            entry_create(flight->key, flight->code, answer, values_r, before);
    else
        values_r->count = before;
    pthread_mutex_lock(&cache->lock);
    flight->answer = answer;
    if (answer == ANSWER_UNKNOWN)
        flight_fall_back(cache, flight);
    else if (flight->entry != NULL && flight->listed)
        entry_keep(cache, flight->entry, asked_at);
    flight_unlist(cache, flight);
    flight->done = true;
    pthread_cond_broadcast(&flight->ended);
    if (answer == ANSWER_UNKNOWN)
        answer = flight_answer(cache, flight, arena, values_r, stale_r, error_r);
    return answer;
}

static enum answer flight_await(struct cache *cache, struct flight *flight,
                                struct arena *arena, struct strlist *values_r,
                                bool *stale_r, struct buf *error_r)
{
    cache->counts.waits++;
    flight->users++;
    while (!flight->done)
        pthread_cond_wait(&flight->ended, &cache->lock);
    return flight_answer(cache, flight, arena, values_r, stale_r, error_r);
}

/* --- lookups --- */

/* A kept answer that may be given now. */
static enum answer entry_answer(struct cache *cache, struct entry *entry, bool stale,
                                struct arena *arena, struct strlist *values_r,
                                bool *stale_r, struct buf *error_r)
{
    struct share *share = share_of(cache, entry->answer);
    size_t before = values_r->count;

    TAILQ_REMOVE(&share->list, entry, in_list);
    TAILQ_INSERT_HEAD(&share->list, entry, in_list);
    if (!entry_copy(entry, arena, values_r)) {
        values_r->count = before;
        buf_adds(error_r, "out of memory");
        return ANSWER_UNKNOWN;
    }
    if (stale) {
        cache->counts.stale++;
        *stale_r = true;
        buf_adds(error_r, "could not tell a moment ago");
    } else if (entry->answer == ANSWER_YES) {
        cache->counts.hits++;
    } else {
        cache->counts.negative_hits++;
    }
    return entry->answer;
}

/* With the lock. */
static enum answer lookup(struct cache *cache, const char *key, uint64_t code,
                          struct arena *arena, struct strlist *values_r, bool *stale_r,
                          struct buf *error_r)
{
    int64_t now = cache->settings.clock();
    struct entry *entry = entry_find(cache, key, code);
    struct flight *flight;
    enum answer answer;

    if (entry != NULL && now >= entry->stale_until) {
        entry_drop(cache, entry);
        entry = NULL;
    }
    if (entry != NULL && (now < entry->fresh_until || now < entry->retry_at))
        return entry_answer(cache, entry, now >= entry->fresh_until, arena, values_r,
                            stale_r, error_r);
    flight = flight_find(cache, key, code);
    if (flight != NULL) {
        answer = flight_await(cache, flight, arena, values_r, stale_r, error_r);
    } else {
        flight = flight_begin(cache, key, code);
        if (flight == NULL) {
            buf_adds(error_r, "out of memory");
            return ANSWER_UNKNOWN;
        }
        answer = flight_lead(cache, flight, arena, values_r, stale_r, error_r);
    }
    flight_leave(flight);
    return answer;
}

enum answer cache_lookup(struct cache *cache, const char *key, struct arena *arena,
                         struct strlist *values_r, bool *stale_r, struct buf *error_r)
{
    uint64_t code = siphash(cache->key, key, strlen(key));
    enum answer answer;

    *stale_r = false;
    pthread_mutex_lock(&cache->lock);
    answer = lookup(cache, key, code, arena, values_r, stale_r, error_r);
    pthread_mutex_unlock(&cache->lock);
    return answer;
}

/* --- flush and counts --- */

size_t cache_flush(struct cache *cache)
{
    struct flight *flight;
    size_t count;

    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < FLIGHT_CHAINS; i++) {
        while ((flight = SLIST_FIRST(&cache->flights[i])) != NULL)
            flight_unlist(cache, flight);
    }
    count = share_empty(cache, &cache->yes) + share_empty(cache, &cache->no);
    pthread_mutex_unlock(&cache->lock);
    return count;
}

size_t cache_flush_key(struct cache *cache, const char *key)
{
    uint64_t code = siphash(cache->key, key, strlen(key));
    struct flight *flight;
    struct entry *entry;

    pthread_mutex_lock(&cache->lock);
    flight = flight_find(cache, key, code);
    if (flight != NULL)
        flight_unlist(cache, flight);
    entry = entry_find(cache, key, code);
    if (entry != NULL)
        entry_drop(cache, entry);
    pthread_mutex_unlock(&cache->lock);
    return entry != NULL;
}

void cache_counts(struct cache *cache, struct cache_counts *counts_r)
{
    pthread_mutex_lock(&cache->lock);
    *counts_r = cache->counts;
    counts_r->entries = cache->yes.entries;
    counts_r->negative_entries = cache->no.entries;
    counts_r->bytes = cache->yes.bytes + cache->no.bytes;
    pthread_mutex_unlock(&cache->lock);
}
