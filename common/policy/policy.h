/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.h - facts in, verdict out: the one function behind the milter and explain. */
#ifndef SENDAS_POLICY_POLICY_H
#define SENDAS_POLICY_POLICY_H

#include "base/buf.h"
#include "conf/conf.h"
#include "map/map.h"
#include "policy/facts.h"
#include "policy/verdict.h"

struct policy;

/*
 * Builds the policy of a configuration and opens its maps. `conf` is borrowed and must
 * outlive it. NULL with one line in *error_r.
 */
struct policy *policy_create(const struct conf *conf, struct buf *error_r);
void policy_destroy(struct policy *policy);

/*
 * Whom the maps tell that a table was read anew or could not be; before the policy is
 * used by other threads. Nobody, unless this is called.
 */
void policy_listen(struct policy *policy, map_notice *notice, void *arg);

/*
 * Does each item of the setting cache.maps stand for something? false with one line in
 * *error_r.
 */
bool policy_cache_check(const struct conf *conf, struct buf *error_r);

/*
 * Puts caches before the maps that the configuration names, before the policy is used
 * by other threads. false with one line in *error_r.
 */
bool policy_cache(struct policy *policy, struct buf *error_r);

/*
 * Makes the caches forget all they know, or (`address` not NULL: an address or @domain)
 * what decides whose that address is. How many answers that were is in *count_r. false
 * with one line in *error_r: that is no address. Any thread.
 */
bool policy_flush(struct policy *policy, const char *address, size_t *count_r,
                  struct buf *error_r);

/* The maps, in the order of the configuration; NULL behind the last one. Those of a
 * policy that is in use may be asked for counts and flushed, nothing else. */
struct map *policy_map(const struct policy *policy, size_t number);

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
