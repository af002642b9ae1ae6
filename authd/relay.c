/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/relay.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 10, /* how often the guard looks; so long, or twice, may a request take */
    LOOKS_IDLE = 20 /* looks without a request until the guard sleeps */
};

/* Whose the loop is, and all that it knows of. */
enum owner {
    OWNER_NOBODY, /* not yet begun, or ended */
    OWNER_RUNNER,
    OWNER_LENT, /* the runner's, who runs a request; the guard's for the taking */
    OWNER_GUARD
};

struct relay {
    const struct relay_loop *loop;
    void *arg;
    pthread_t runner;
    _Atomic(enum owner) owner;
    atomic_uint requests; /* how many the runner has begun */
    atomic_bool asleep;   /* the guard is, and wants to know of the next request */
    atomic_bool back;     /* the runner wants the loop back */
    pthread_mutex_t lock; /* for the waiting only, and the next three */
    pthread_cond_t changed;
    bool begun, ended, gone; /* the loop has; the runner is */
};

static void relay_set(struct relay *relay, bool *flag)
{
    pthread_mutex_lock(&relay->lock);
    *flag = true;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
}

static bool owner_change(struct relay *relay, enum owner from, enum owner to)
{
    return atomic_compare_exchange_strong(&relay->owner, &from, to);
}

/* --- the runner --- */

/* Waits until the loop is the runner's again. false: it has ended. */
static bool runner_wait(struct relay *relay)
{
    bool ended;

    atomic_store(&relay->back, true);
    relay->loop->wake(relay->arg);
    pthread_mutex_lock(&relay->lock);
    while (!relay->ended && atomic_load(&relay->owner) != OWNER_RUNNER)
        pthread_cond_wait(&relay->changed, &relay->lock);
    ended = relay->ended;
    pthread_mutex_unlock(&relay->lock);
    return !ended;
}

/* Runs a request with the loop lent. false: the loop has ended meanwhile. */
static bool runner_request(struct relay *relay, struct request *request)
{
    atomic_fetch_add(&relay->requests, 1);
    atomic_store(&relay->owner, OWNER_LENT);
    if (atomic_load(&relay->asleep)) {
        pthread_mutex_lock(&relay->lock);
        pthread_cond_broadcast(&relay->changed);
        pthread_mutex_unlock(&relay->lock);
    }
    relay->loop->run(request);
    request_release(request);
    return owner_change(relay, OWNER_LENT, OWNER_RUNNER) || runner_wait(relay);
}

static void runner_loop(struct relay *relay)
{
    struct request *request;

    while (relay->loop->turn(relay->arg, true)) {
        while ((request = relay->loop->take(relay->arg)) != NULL) {
            if (!runner_request(relay, request))
                return;
        }
    }
    relay_set(relay, &relay->ended);
}

static void *runner_main(void *arg)
{
    struct relay *relay = arg;
    bool ended;

    pthread_mutex_lock(&relay->lock);
    while (!relay->begun && !relay->ended)
        pthread_cond_wait(&relay->changed, &relay->lock);
    ended = relay->ended;
    pthread_mutex_unlock(&relay->lock);
    if (!ended)
        runner_loop(relay);
    relay_set(relay, &relay->gone);
    return NULL;
}

/* --- the guard --- */

static void until_ms(unsigned ms, struct timespec *until_r)
{
    clock_gettime(CLOCK_MONOTONIC, until_r);
    until_r->tv_sec += ms / 1000;
    until_r->tv_nsec += (long)(ms % 1000) * 1000000;
    if (until_r->tv_nsec >= 1000000000) {
        until_r->tv_sec++;
        until_r->tv_nsec -= 1000000000;
    }
}

/* Until the next request; with the lock held. */
static void guard_sleep(struct relay *relay, unsigned seen)
{
    atomic_store(&relay->asleep, true);
    while (!relay->ended && atomic_load(&relay->requests) == seen)
        pthread_cond_wait(&relay->changed, &relay->lock);
    atomic_store(&relay->asleep, false);
}

/* Waits for a request that takes long: the loop is the guard's then. false: it ended.
 */
static bool guard_watch(struct relay *relay)
{
    unsigned seen = atomic_load(&relay->requests);
    unsigned idle = 0;
    bool taken = false;

    pthread_mutex_lock(&relay->lock);
    while (!relay->ended && !taken) {
        struct timespec until;
        unsigned now;

        until_ms(LOOK_MS, &until);
        pthread_cond_timedwait(&relay->changed, &relay->lock, &until);
        now = atomic_load(&relay->requests);
        if (now == seen)
            taken = owner_change(relay, OWNER_LENT, OWNER_GUARD);
        idle = now == seen ? idle + 1 : 0;
        seen = now;
        if (!taken && idle == LOOKS_IDLE) {
            guard_sleep(relay, seen);
            idle = 0;
        }
    }
    pthread_mutex_unlock(&relay->lock);
    return taken;
}

/* Runs the loop until the runner is back. false: it ended. */
static bool guard_loop(struct relay *relay)
{
    while (!atomic_load(&relay->back)) {
        if (!relay->loop->turn(relay->arg, false)) {
            relay_set(relay, &relay->ended);
            return false;
        }
    }
    pthread_mutex_lock(&relay->lock);
    atomic_store(&relay->back, false);
    atomic_store(&relay->owner, OWNER_RUNNER);
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
    return true;
}

void relay_run(struct relay *relay)
{
    atomic_store(&relay->owner, OWNER_RUNNER);
    relay_set(relay, &relay->begun);
    while (guard_watch(relay) && guard_loop(relay))
        ;
}

/* --- start and end --- */

struct relay *relay_create(const struct relay_loop *loop, void *arg,
                           struct buf *error_r)
{
    struct relay *relay = calloc(1, sizeof *relay);
    pthread_condattr_t attr;
    int error;

    if (relay == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    relay->loop = loop;
    relay->arg = arg;
    atomic_init(&relay->owner, OWNER_NOBODY);
    pthread_mutex_init(&relay->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&relay->changed, &attr);
    pthread_condattr_destroy(&attr);
    error = pthread_create(&relay->runner, NULL, runner_main, relay);
    if (error == 0)
        return relay;
    buf_addf(error_r, "a thread cannot be started: %s", strerror(error));
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
    return NULL;
}

bool relay_finish(struct relay *relay, unsigned ms)
{
    struct timespec until;
    int error = 0;
    bool gone;

    if (relay == NULL)
        return true;
    until_ms(ms, &until);
    relay_set(relay, &relay->ended);
    pthread_mutex_lock(&relay->lock);
    while (!relay->gone && error == 0)
        error = pthread_cond_timedwait(&relay->changed, &relay->lock, &until);
    gone = relay->gone;
    pthread_mutex_unlock(&relay->lock);
    if (!gone)
        return false;
    pthread_join(relay->runner, NULL);
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
    return true;
}
