/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_times.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cred/cred_private.h"

enum {
    ALIKE = 2, /* the slow ones take at most so many times as long as the quick ones */
    EDGE = 8,  /* the quickest and slowest eighth do not count for that */
    NEAR = 8,  /* an eighth of them to either side of a rank is near it */
    US_PER_S = 1000000,
    NS_PER_US = 1000
};

void cred_times_init(struct cred_times *times)
{
    *times = (struct cred_times){0};
    pthread_mutex_init(&times->lock, NULL);
}

void cred_times_finish(struct cred_times *times)
{
    pthread_mutex_destroy(&times->lock);
}

uint64_t cred_times_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / NS_PER_US;
}

void cred_times_add(struct cred_times *times, uint64_t us)
{
    pthread_mutex_lock(&times->lock);
    times->taken[times->next] = us;
    times->next = (times->next + 1) % CRED_TIMES;
    if (times->count < CRED_TIMES)
        times->count++;
    pthread_mutex_unlock(&times->lock);
}

static int times_compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The times so far in ascending order; how many. */
static size_t times_sorted(struct cred_times *times, uint64_t sorted_r[CRED_TIMES])
{
    size_t count;

    pthread_mutex_lock(&times->lock);
    count = times->count;
    memcpy(sorted_r, times->taken, count * sizeof(*sorted_r));
    pthread_mutex_unlock(&times->lock);
    qsort(sorted_r, count, sizeof(*sorted_r), times_compare);
    return count;
}

/* A rank near the one that is the login's. */
static size_t times_rank(size_t count, uint64_t chance, const struct buf *key,
                         const char *login)
{
    const uint64_t near = count / NEAR;
    const uint64_t rank =
        cred_hash(key, "time", 0, login) % count + chance % (2 * near + 1);

    if (rank < near)
        return 0;
    return rank - near < count ? (size_t)(rank - near) : count - 1;
}

uint64_t cred_times_draw(struct cred_times *times, const struct buf *key,
                         const char *login)
{
    uint64_t sorted[CRED_TIMES], chance;
    const size_t count = times_sorted(times, sorted);
    struct timespec now;

    if (count == 0)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    chance = cred_hash(key, "chance",
                       (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec, login);
    if (sorted[count - 1 - count / EDGE] <= ALIKE * sorted[count / EDGE])
        return sorted[chance % count];
    return sorted[times_rank(count, chance, key, login)];
}

void cred_times_wait(uint64_t began, uint64_t us)
{
    const uint64_t gone = cred_times_now() - began;
    struct timespec left;

    if (gone >= us)
        return;
    left.tv_sec = (time_t)((us - gone) / US_PER_S);
    left.tv_nsec = (long)((us - gone) % US_PER_S * NS_PER_US);
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}
