/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/service.h"

#include <stdatomic.h>
#include <time.h>

static struct snapshot *current;
static bool over_inet;
static atomic_uint in_flight;
static atomic_bool draining;

bool service_start(struct runtime *runtime, bool inet)
{
    over_inet = inet;
    current = snapshot_create(runtime_destroy);
    return current != NULL && snapshot_swap(current, runtime);
}

struct snapshot *service_snapshot(void)
{
    return current;
}

bool service_inet(void)
{
    return over_inet;
}

struct snapshot_ref *service_acquire(void)
{
    return snapshot_acquire(current);
}

bool service_message_begins(void)
{
    /* Counted first: a drain that begins between the two lines waits for nothing. */
    atomic_fetch_add(&in_flight, 1);
    if (!atomic_load(&draining))
        return true;
    atomic_fetch_sub(&in_flight, 1);
    return false;
}

void service_message_ends(void)
{
    atomic_fetch_sub(&in_flight, 1);
}

static void sleep_ms(unsigned ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

unsigned service_drain(unsigned timeout_ms)
{
    enum { STEP_MS = 10, LAST_REPLY_MS = 100 };

    atomic_store(&draining, true);
    for (unsigned waited = 0; atomic_load(&in_flight) != 0 && waited < timeout_ms;
         waited += STEP_MS)
        sleep_ms(STEP_MS);
    /* libmilter writes a callback's reply after the callback has returned. */
    sleep_ms(LAST_REPLY_MS);
    return atomic_load(&in_flight);
}
