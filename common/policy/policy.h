/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.h - facts in, verdict out: the one function behind the milter and explain. */
#ifndef SENDAS_POLICY_POLICY_H
#define SENDAS_POLICY_POLICY_H

#include "base/buf.h"
#include "conf/conf.h"
#include "policy/facts.h"
#include "policy/owner_maps.h"
#include "policy/verdict.h"

struct policy;

/*
 * Builds the policy of a configuration and opens its maps. `conf` is borrowed and must
 * outlive it. NULL with one line in *error_r, that begins with the setting at fault.
 */
struct policy *policy_create(const struct conf *conf, struct buf *error_r);
void policy_destroy(struct policy *policy);

/* Its maps: to listen to and cache before other threads use the policy; then to be
 * asked for counts and flushed, nothing else. */
struct owner_set *policy_owners(const struct policy *policy);

/* What the decisions of a configuration may have to do to a message, beside adding
 * fields. */
enum policy_need {
    POLICY_CHANGES_FIELDS = 1, /* and deletes them */
    POLICY_CHANGES_MAIL_FROM = 2,
    POLICY_QUARANTINES = 4
};

/* The needs, or-ed together. */
unsigned policy_needs(const struct policy *policy);

/* Which header fields it looks at. */
const struct facts_wanted *policy_wanted(const struct policy *policy);

/*
 * Judges the envelope sender: facts->login, mail_from and mail_addr. The verdict must
 * be fresh (verdict_init or verdict_reset). Never fails: what could not be told is in
 * it. Safe from any thread.
 */
void policy_check_envelope(struct policy *policy, const struct facts *facts,
                           struct verdict *verdict);

/*
 * Judges the header fields and joins that to what policy_check_envelope() put into the
 * same verdict; answers found there are not looked up again.
 */
void policy_check_header(struct policy *policy, const struct facts *facts,
                         struct verdict *verdict);

#endif
