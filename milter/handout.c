/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/handout.h"

#include <stdbool.h>

/*
 * A few dozen threads keep any machine busy that libmilter can. It starts hundreds
 * under load; each needs 10 KB of memory, and starting and ending one costs about as
 * much as what it does in between. But a callback may have to wait (a locked database,
 * a slow disk), and a peer may not take its reply: when nobody gets done, the others
 * get threads all the same.
 */
enum {
    SERVED_MAX = 32, /* connections served at once */
    SERVED_LOW = 16, /* when that was reached, so few before more are handed out */
    STUCK_MS = 10    /* how long to wait for the first to get done */
};

/* Used by libmilter's one thread only. */
static bool full;
static nfds_t turn; /* which connection comes first, so that each has its turn */

/* Lets `room` of the ready ones be ready. Returns how many that makes, with the pipe.
 */
static int handout_choose(struct pollfd *fds, nfds_t count, size_t room)
{
    const nfds_t connections = count - 1;
    const nfds_t first = turn;
    int ready = fds[0].revents != 0;

    for (nfds_t i = 0; i < connections; i++) {
        const nfds_t at = (first + i) % connections;

        if (fds[1 + at].revents == 0)
            continue;
        if (room == 0) {
            fds[1 + at].revents = 0;
            continue;
        }
        room--;
        ready++;
        turn = at + 1;
    }
    return ready;
}

int handout_poll(handout_poll_fn *libc_poll, struct pollfd *fds, nfds_t count,
                 int timeout, size_t open)
{
    const size_t waiting = count - 1;
    size_t served = open > waiting ? open - waiting : 0;
    int ready;

    full = served >= (full ? SERVED_LOW : SERVED_MAX);
    if (full) {
        for (nfds_t i = 1; i < count; i++)
            fds[i].revents = 0;
        /* Who gets done writes to the pipe. */
        ready = libc_poll(fds, 1, STUCK_MS);
        if (ready != 0)
            return ready;
        served = SERVED_LOW;
    }
    ready = libc_poll(fds, count, timeout);
    if (ready <= 0 || (size_t)ready <= SERVED_MAX - served)
        return ready;
    return handout_choose(fds, count, SERVED_MAX - served);
}
