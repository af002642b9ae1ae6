/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/replay.h"

#include "ctl/output.h"
#include "policy/owner_maps.h"

/* Has the settings name the kinds of maps that are asked outside of this process. */
static bool caches_choose(struct conf *conf)
{
    static const char *const kinds[] = {"builtin", "sqlite", "ldap"};

    conf->cache.maps = (struct strlist){0};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strlist_add(&conf->cache.maps, &conf->head.arena, kinds[i]))
            return false;
    }
    return true;
}

struct policy *replay_policy(struct conf *conf)
{
    struct buf error = BUF_INIT;
    struct policy *policy = policy_create(conf, &error);

    if (policy != NULL && (!caches_choose(conf) ||
                           !owner_set_cache(policy_owners(policy), conf, &error))) {
        if (error.len == 0)
            buf_adds(&error, "out of memory");
        policy_destroy(policy);
        policy = NULL;
    }
    complain_lines(buf_str(&error));
    buf_finish(&error);
    return policy;
}

bool replay_read(const struct log_entry *entry, struct arena *arena,
                 struct record *record_r)
{
    return record_read(entry->fields, entry->count, arena, record_r) &&
           record_r->cut == NULL;
}

static struct outcome outcome_of(const struct verdict *verdict, bool known)
{
    return (struct outcome){.known = known && !verdict->arena.failed,
                            .action = verdict->action,
                            .would = verdict->would,
                            .lookup_failed = verdict->lookup_error != NULL};
}

/* Is this the last word, whatever stands in the header? */
static bool is_final(const struct verdict *verdict)
{
    return verdict->violation_count != 0 && verdict->would >= ACTION_DEFER;
}

struct outcome replay_decide(struct policy *policy, const struct record *record,
                             struct verdict *verdict)
{
    policy_check_envelope(policy, &record->facts, verdict);
    if (verdict->action >= ACTION_DEFER)
        return outcome_of(verdict, true);
    if (record->at_mail)
        return outcome_of(verdict, is_final(verdict));
    policy_check_header(policy, &record->facts, verdict);
    return outcome_of(verdict, true);
}

void replay_examine(struct policy *policy, const struct record *record,
                    struct verdict *verdict)
{
    policy_check_envelope(policy, &record->facts, verdict);
    if (!record->at_mail)
        policy_check_header(policy, &record->facts, verdict);
}
