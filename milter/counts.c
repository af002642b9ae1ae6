/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/counts.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>

enum { ACTIONS = ACTION_REJECT + 1 };

/* Numbers of their own, of which nobody needs to see several at one moment. */
static _Atomic uint64_t actions[ACTIONS];
static _Atomic uint64_t monitored[ACTIONS]; /* what monitor mode held back */
static _Atomic uint64_t reasons[REASON_COUNT];
static _Atomic uint64_t lookups_failed;

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void counts_add(const struct verdict *verdict)
{
    if (verdict->action != verdict->would)
        count(&monitored[verdict->would]);
    else
        count(&actions[verdict->action]);
    if (verdict_violations_kept(verdict) != 0)
        count(&reasons[verdict->violations[0].reason]);
    else if (verdict->lookup_error != NULL)
        count(&lookups_failed);
}

static void tell(const char *before, const char *name, _Atomic uint64_t *counter,
                 struct buf *out)
{
    const uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

    if (value != 0)
        buf_addf(out, " %s%s=%" PRIu64, before, name, value);
}

void counts_tell(struct buf *out)
{
    buf_adds(out, "decisions");
    for (int action = 0; action < ACTIONS; action++)
        tell("", names_name(action_names, action), &actions[action], out);
    for (int action = 0; action < ACTIONS; action++)
        tell("would-", names_name(action_names, action), &monitored[action], out);
    buf_adds(out, "\nreasons");
    for (int reason = 1; reason < REASON_COUNT; reason++)
        tell("", reason_name((enum reason)reason), &reasons[reason], out);
    tell("", "lookup-failed", &lookups_failed, out);
    buf_addc(out, '\n');
}
