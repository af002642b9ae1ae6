/* SPDX-License-Identifier: BSD-2-Clause */
/* replay.h - a message that was logged, decided anew by the policy of a configuration.
 */
#ifndef SENDAS_CTL_REPLAY_H
#define SENDAS_CTL_REPLAY_H

#include <stdbool.h>

#include "conf/conf.h"
#include "ctl/log_entry.h"
#include "policy/policy.h"
#include "policy/record.h"

/*
 * The policy of a configuration for a whole log: with a cache before each map that is
 * no file in memory, whatever the configuration says of caches, for a log asks the same
 * again and again. `conf` is borrowed and must outlive it. NULL after a complaint.
 */
struct policy *replay_policy(struct conf *conf);

/* Reads the facts of a line. false: they are not all there, so that nothing can be said
 * of the message; `record_r->facts` must not be used then. */
bool replay_read(const struct log_entry *entry, struct arena *arena,
                 struct record *record_r);

/* What the milter would do, as plain values that outlive the verdict but not its
 * strings. */
struct outcome {
    bool known; /* false: it depends on a header that was never seen */
    enum action action;
    enum action would;
    bool lookup_failed;
};

/* Decides as the milter does: what stops at MAIL is not asked about its header. The
 * verdict must be fresh; it holds what was found. */
struct outcome replay_decide(struct policy *policy, const struct record *record,
                             struct verdict *verdict);

/* All that is wrong with the message, in its header too if it was stopped at MAIL. */
void replay_examine(struct policy *policy, const struct record *record,
                    struct verdict *verdict);

#endif
