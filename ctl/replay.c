/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/replay.h"

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
