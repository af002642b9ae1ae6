/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/patience.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

int64_t patience_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t patience_left(const struct patience *patience)
{
    int64_t left = patience->until - patience_now();

    if (left <= 0 || (patience->called_off != NULL && *patience->called_off))
        return 0;
    return left;
}

static int64_t patience_slice(const struct patience *patience)
{
    int64_t left = patience_left(patience);

    if (patience->called_off == NULL || left < PATIENCE_SLICE_MS)
        return left;
    return PATIENCE_SLICE_MS;
}

int patience_poll(const struct patience *patience, int fd, short events)
{
    struct pollfd item = {.fd = fd, .events = events};

    for (;;) {
        int64_t slice = patience_slice(patience);
        int rc = poll(&item, 1, (int)(slice < INT32_MAX ? slice : INT32_MAX));

        if (rc > 0)
            return 1;
        if (rc < 0 && errno != EINTR)
            return -1;
        if (patience_left(patience) == 0)
            return 0;
    }
}

void patience_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

bool patience_slice_end(const struct patience *patience, struct timespec *end_r)
{
    int64_t until = patience_now() + patience_slice(patience);

    end_r->tv_sec = (time_t)(until / 1000);
    end_r->tv_nsec = (long)(until % 1000) * 1000000;
    return patience_left(patience) != 0;
}

bool patience_wait(const struct patience *patience, pthread_cond_t *cond,
                   pthread_mutex_t *lock)
{
    struct timespec end;

    if (!patience_slice_end(patience, &end))
        return false;
    pthread_cond_timedwait(cond, lock, &end);
    return true;
}
