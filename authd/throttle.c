/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/throttle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

enum {
    LOGIN_FACTOR = 10,     /* a login is locked everywhere at so many times the limit */
    CHALLENGE_FACTOR = 10, /* and a network for all logins' challenges */
    FREE_FAILURES = 2,     /* answered without a delay */
    DELAY_FIRST = 250      /* milliseconds */
};

static const int64_t lately = INT64_C(7) * 24 * 3600 * 1000; /* of a success */

/* Of a login from a network; of a login (no network); of a network (no login). */
struct entry {
    TAILQ_ENTRY(entry) order; /* in its list, the one seen last at the end */
    struct entry *next;       /* in its chain */
    uint64_t code;
    struct network network;
    unsigned failures, challenges;
    int64_t failures_began, challenges_began; /* the window that they were counted in */
    int64_t locked_until;                     /* 0: not locked */
    int64_t succeeded;                        /* 0: never */
    bool trusted;                             /* in the list of those that succeeded */
    char login[];
};

TAILQ_HEAD(entries, entry);

struct throttle {
    pthread_mutex_t lock;
    uint64_t seed; /* nobody can choose logins that meet in one chain */
    size_t max;
    size_t count, trusted_count;
    struct entries others, trusted;
    size_t mask;
    struct entry **chains;
};

/* --- the table --- */

struct throttle *throttle_create(size_t entries)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);
    size_t size = 64;

    if (throttle == NULL)
        return NULL;
    while (size < entries)
        size *= 2;
    throttle->chains = calloc(size, sizeof *throttle->chains);
    if (throttle->chains == NULL ||
        getrandom(&throttle->seed, sizeof throttle->seed, 0) !=
            (ssize_t)sizeof throttle->seed ||
        pthread_mutex_init(&throttle->lock, NULL) != 0) {
        free(throttle->chains);
        free(throttle);
        return NULL;
    }
    throttle->max = entries;
    throttle->mask = size - 1;
    TAILQ_INIT(&throttle->others);
    TAILQ_INIT(&throttle->trusted);
    return throttle;
}

static uint64_t code_add(uint64_t code, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        code = (code ^ p[i]) * UINT64_C(0x100000001b3);
    return code ^ (code >> 32);
}

static uint64_t entry_code(const struct throttle *throttle, const char *login,
                           const struct network *network)
{
    uint64_t code = throttle->seed ^ UINT64_C(0xcbf29ce484222325);

    code = code_add(code, network, sizeof *network);
    code = code_add(code, login, strlen(login)) * (throttle->seed | 1);
    return code ^ (code >> 29);
}

static bool same_network(const struct network *a, const struct network *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static struct entry **entry_place(struct throttle *throttle, uint64_t code,
                                  const char *login, const struct network *network)
{
    struct entry **place = &throttle->chains[code & throttle->mask];

    while (*place != NULL &&
           ((*place)->code != code || !same_network(&(*place)->network, network) ||
            strcmp((*place)->login, login) != 0))
        place = &(*place)->next;
    return place;
}

static struct entries *entry_list(struct throttle *throttle, const struct entry *entry)
{
    return entry->trusted ? &throttle->trusted : &throttle->others;
}

static void entry_remove(struct throttle *throttle, struct entry *entry)
{
    struct entry **place =
        entry_place(throttle, entry->code, entry->login, &entry->network);

    *place = entry->next;
    TAILQ_REMOVE(entry_list(throttle, entry), entry, order);
    throttle->count--;
    throttle->trusted_count -= entry->trusted;
    free(entry);
}

/*
 * Whoever tries many logins fills the table, but must not make it forget from where
 * people do log in: those keep up to half of it.
 */
static void entry_forget(struct throttle *throttle)
{
    struct entry *entry = TAILQ_FIRST(&throttle->others);

    if (entry == NULL || throttle->trusted_count > throttle->max / 2)
        entry = TAILQ_FIRST(&throttle->trusted);
    entry_remove(throttle, entry);
}

static void entry_touch(struct throttle *throttle, struct entry *entry)
{
    struct entries *list = entry_list(throttle, entry);

    TAILQ_REMOVE(list, entry, order);
    TAILQ_INSERT_TAIL(list, entry, order);
}

/* NULL: there is none. */
static struct entry *entry_find(struct throttle *throttle, const char *login,
                                const struct network *network)
{
    const uint64_t code = entry_code(throttle, login, network);

    return *entry_place(throttle, code, login, network);
}

/* The entry, made if it was not there. NULL: out of memory; then nothing is counted. */
static struct entry *entry_get(struct throttle *throttle, const char *login,
                               const struct network *network)
{
    const uint64_t code = entry_code(throttle, login, network);
    struct entry *entry = *entry_place(throttle, code, login, network);

    if (entry != NULL) {
        entry_touch(throttle, entry);
        return entry;
    }
    if (throttle->count >= throttle->max)
        entry_forget(throttle);
    entry = calloc(1, sizeof *entry + strlen(login) + 1);
    if (entry == NULL)
        return NULL;
    entry->code = code;
    entry->network = *network;
    memcpy(entry->login, login, strlen(login) + 1);
    entry->next = throttle->chains[code & throttle->mask];
    throttle->chains[code & throttle->mask] = entry;
    TAILQ_INSERT_TAIL(&throttle->others, entry, order);
    throttle->count++;
    return entry;
}

void throttle_destroy(struct throttle *throttle)
{
    if (throttle == NULL)
        return;
    while (throttle->count > 0)
        entry_forget(throttle);
    pthread_mutex_destroy(&throttle->lock);
    free(throttle->chains);
    free(throttle);
}

/* --- counting --- */

static const struct network anywhere;

/* One more in the window that began at *began; a new window when that one is over. */
static unsigned window_count(unsigned *count, int64_t *began,
                             const struct conf_guessing *limits, int64_t now)
{
    if (*count == 0 || now - *began >= (int64_t)limits->window * 1000) {
        *count = 0;
        *began = now;
    }
    if (*count < UINT32_MAX)
        ++*count;
    return *count;
}

static int64_t entry_locked(const struct entry *entry, int64_t now)
{
    return entry != NULL && entry->locked_until > now ? entry->locked_until : 0;
}

/* Locks the entry at the limit; the count begins anew when the lock ends. */
static bool entry_lock(struct entry *entry, unsigned *count, unsigned limit,
                       const struct conf_guessing *limits, int64_t now)
{
    if (limit == 0 || *count < limit)
        return false;
    *count = 0;
    entry->locked_until = now + (int64_t)limits->lock * 1000;
    return true;
}

/* When the last of the locks that hold for the login there ends; 0: none does. */
static int64_t locked_until(struct throttle *throttle, const char *login,
                            const struct network *network, int64_t now)
{
    int64_t until = entry_locked(entry_find(throttle, login, &anywhere), now);
    const struct entry *pair;
    int64_t other;

    if (network->family == 0)
        return until;
    pair = entry_find(throttle, login, network);
    if (pair != NULL && pair->succeeded != 0 && now - pair->succeeded < lately)
        until = 0; /* others' guesses do not keep the owner out */
    other = entry_locked(pair, now);
    until = other > until ? other : until;
    other = entry_locked(entry_find(throttle, "", network), now);
    return other > until ? other : until;
}

bool throttle_ask(struct throttle *throttle, const char *login,
                  const struct network *network, int64_t now, int64_t *until_r)
{
    pthread_mutex_lock(&throttle->lock);
    *until_r = locked_until(throttle, login, network, now);
    pthread_mutex_unlock(&throttle->lock);
    return *until_r == 0;
}

/* Counts a failure of one entry; the count, 0 when it could not be made. */
static unsigned failure_count(struct throttle *throttle,
                              const struct conf_guessing *limits, const char *login,
                              const struct network *network, unsigned limit,
                              int64_t now, bool *locked_r)
{
    struct entry *entry = entry_get(throttle, login, network);
    unsigned count;

    if (entry == NULL)
        return 0;
    count = window_count(&entry->failures, &entry->failures_began, limits, now);
    if (entry_lock(entry, &entry->failures, limit, limits, now))
        *locked_r = true;
    return count;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* Doubles with each failure, beginning behind the free ones. */
static unsigned delay(const struct conf_guessing *limits, unsigned failures)
{
    const unsigned max = (unsigned)limits->delay_max * 1000;
    unsigned ms = DELAY_FIRST;

    if (failures <= FREE_FAILURES)
        return 0;
    for (unsigned i = FREE_FAILURES + 1; i < failures && ms < max; i++)
        ms *= 2;
    return ms < max ? ms : max;
}

unsigned throttle_failed(struct throttle *throttle, const struct conf_guessing *limits,
                         const char *login, const struct network *network, int64_t now,
                         bool *locked_r)
{
    const unsigned max = (unsigned)limits->max_failures;
    unsigned failures;

    *locked_r = false;
    pthread_mutex_lock(&throttle->lock);
    failures = failure_count(throttle, limits, login, &anywhere, LOGIN_FACTOR * max,
                             now, locked_r);
    if (network->family != 0) {
        failures = larger(failures, failure_count(throttle, limits, login, network, max,
                                                  now, locked_r));
        failures =
            larger(failures, failure_count(throttle, limits, "", network,
                                           (unsigned)limits->max_network_failures, now,
                                           locked_r));
    }
    pthread_mutex_unlock(&throttle->lock);
    return delay(limits, failures);
}

void throttle_succeeded(struct throttle *throttle, const char *login,
                        const struct network *network, int64_t now)
{
    struct entry *entry;

    if (network->family == 0)
        return;
    pthread_mutex_lock(&throttle->lock);
    entry = entry_get(throttle, login, network);
    if (entry != NULL) {
        entry->failures = 0;
        entry->succeeded = now;
        if (!entry->trusted) {
            TAILQ_REMOVE(&throttle->others, entry, order);
            entry->trusted = true;
            throttle->trusted_count++;
            TAILQ_INSERT_TAIL(&throttle->trusted, entry, order);
        }
    }
    pthread_mutex_unlock(&throttle->lock);
}

static void challenge_count(struct throttle *throttle,
                            const struct conf_guessing *limits, const char *login,
                            const struct network *network, unsigned limit, int64_t now)
{
    struct entry *entry = entry_get(throttle, login, network);

    if (entry == NULL)
        return;
    window_count(&entry->challenges, &entry->challenges_began, limits, now);
    entry_lock(entry, &entry->challenges, limit, limits, now);
}

bool throttle_challenge(struct throttle *throttle, const struct conf_guessing *limits,
                        const char *login, const struct network *network, int64_t now,
                        int64_t *until_r)
{
    const unsigned max = (unsigned)limits->max_challenges;

    pthread_mutex_lock(&throttle->lock);
    *until_r = locked_until(throttle, login, network, now);
    if (*until_r == 0 && network->family != 0 && max != 0) {
        challenge_count(throttle, limits, login, network, max, now);
        challenge_count(throttle, limits, "", network, CHALLENGE_FACTOR * max, now);
    }
    pthread_mutex_unlock(&throttle->lock);
    return *until_r == 0;
}

/* --- looking at it, and ending locks --- */

/* Does the entry's network lie in this one, or the other way round? */
static bool networks_meet(const struct network *a, const struct network *b)
{
    const unsigned prefix = a->prefix < b->prefix ? a->prefix : b->prefix;

    if (a->family == 0 || a->family != b->family)
        return false;
    for (unsigned bit = 0; bit < prefix; bit++) {
        const unsigned mask = 0x80U >> (bit % 8);

        if (((a->bytes[bit / 8] ^ b->bytes[bit / 8]) & mask) != 0)
            return false;
    }
    return true;
}

size_t throttle_unlock(struct throttle *throttle, const char *login,
                       const struct network *network, int64_t now)
{
    struct entries *const lists[] = {&throttle->others, &throttle->trusted};
    size_t ended = 0;

    pthread_mutex_lock(&throttle->lock);
    for (size_t i = 0; i < 2; i++) {
        struct entry *entry;

        TAILQ_FOREACH(entry, lists[i], order)
        {
            if (!(login != NULL && strcmp(entry->login, login) == 0) &&
                !networks_meet(&entry->network, network))
                continue;
            ended += entry_locked(entry, now) != 0;
            entry->locked_until = 0;
            entry->failures = entry->challenges = 0;
        }
    }
    pthread_mutex_unlock(&throttle->lock);
    return ended;
}

void throttle_visit(struct throttle *throttle, int64_t now, throttle_visit_one *visit,
                    void *arg)
{
    struct entries *const lists[] = {&throttle->others, &throttle->trusted};
    bool more = true;

    pthread_mutex_lock(&throttle->lock);
    for (size_t i = 0; i < 2 && more; i++) {
        struct entry *entry;

        TAILQ_FOREACH(entry, lists[i], order)
        {
            if (entry_locked(entry, now) == 0)
                continue;
            more = visit(entry->login, &entry->network, entry->locked_until, arg);
            if (!more)
                break;
        }
    }
    pthread_mutex_unlock(&throttle->lock);
}

size_t throttle_count(struct throttle *throttle)
{
    size_t count;

    pthread_mutex_lock(&throttle->lock);
    count = throttle->count;
    pthread_mutex_unlock(&throttle->lock);
    return count;
}
