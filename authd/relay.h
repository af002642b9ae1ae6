/* SPDX-License-Identifier: BSD-2-Clause */
/* relay.h - two threads that take turns at the loop, so that it can answer by itself.
 */
#ifndef SENDAS_AUTHD_RELAY_H
#define SENDAS_AUTHD_RELAY_H

#include <stdbool.h>

#include "authd/request.h"
#include "base/buf.h"

/*
 * To hand a lookup to a worker costs more time than the lookup. So a runner runs the
 * loop and in between the requests that it has kept for itself. Should one of these
 * take long, as when the database is locked or a directory is slow, a guard runs the
 * loop meanwhile, which keeps none: nobody waits for a stuck request but who has asked
 * for it, and he as long as his deadline says.
 */
struct relay_loop {
    /* One turn of the loop; `keep`: requests may be kept for take(). false: it ended.
     */
    bool (*turn)(void *arg, bool keep);
    /* The next request that was kept; NULL: none. */
    struct request *(*take)(void *arg);
    /* Ends the waiting of a turn() that another thread is in. */
    void (*wake)(void *arg);
    void (*run)(struct request *request);
};

struct relay;

/* Starts the runner, who waits for relay_run(). NULL: one line in *error_r. */
struct relay *relay_create(const struct relay_loop *loop, void *arg,
                           struct buf *error_r);

/* The caller is the guard, until the loop has ended. */
void relay_run(struct relay *relay);

/* After relay_run(), or without. false: the runner has not ended within `ms`, and
 * nothing can be freed. NULL is allowed. */
bool relay_finish(struct relay *relay, unsigned ms);

#endif
