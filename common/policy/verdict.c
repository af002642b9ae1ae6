/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/verdict.h"

#include <string.h>

const struct name_row place_names[] = {
    {"mail_from", PLACE_MAIL_FROM},
    {"from", PLACE_FROM},
    {"sender", PLACE_SENDER},
    {"resent_from", PLACE_RESENT_FROM},
    {"resent_sender", PLACE_RESENT_SENDER},
    {"reply_to", PLACE_REPLY_TO},
    {"auth_param", PLACE_AUTH_PARAM},
    {NULL, 0},
};

const struct name_row place_titles[] = {
    {"MAIL FROM", PLACE_MAIL_FROM},
    {"From", PLACE_FROM},
    {"Sender", PLACE_SENDER},
    {"Resent-From", PLACE_RESENT_FROM},
    {"Resent-Sender", PLACE_RESENT_SENDER},
    {"Reply-To", PLACE_REPLY_TO},
    {"AUTH=", PLACE_AUTH_PARAM},
    {NULL, 0},
};

const struct name_row action_names[] = {
    {"accept", ACTION_ACCEPT},   {"log", ACTION_LOG},
    {"tag", ACTION_TAG},         {"add-sender", ACTION_ADD_SENDER},
    {"rewrite", ACTION_REWRITE}, {"quarantine", ACTION_QUARANTINE},
    {"discard", ACTION_DISCARD}, {"defer", ACTION_DEFER},
    {"reject", ACTION_REJECT},   {NULL, 0},
};

const struct name_row change_names[] = {
    {"add", CHANGE_ADD},
    {"insert", CHANGE_INSERT},
    {"replace", CHANGE_REPLACE},
    {"delete", CHANGE_DELETE},
    {"mail_from", CHANGE_MAIL_FROM},
    {NULL, 0},
};

void verdict_init(struct verdict *verdict)
{
    *verdict = (struct verdict){0};
}

void verdict_reset(struct verdict *verdict)
{
    struct arena arena = verdict->arena;

    arena_reset(&arena);
    *verdict = (struct verdict){.arena = arena};
}

void verdict_finish(struct verdict *verdict)
{
    arena_finish(&verdict->arena);
    *verdict = (struct verdict){0};
}

size_t verdict_violations_kept(const struct verdict *verdict)
{
    return verdict->violation_count < VERDICT_VIOLATIONS_MAX ? verdict->violation_count
                                                             : VERDICT_VIOLATIONS_MAX;
}

struct violation *verdict_add_violation(struct verdict *verdict, enum place place,
                                        enum reason reason, const char *address)
{
    size_t n = verdict->violation_count++;

    if (n >= VERDICT_VIOLATIONS_MAX)
        return NULL;
    if (verdict->violations == NULL)
        verdict->violations = arena_alloc(
            &verdict->arena, VERDICT_VIOLATIONS_MAX * sizeof(struct violation));
    if (verdict->violations == NULL) {
        verdict->violation_count = 0; /* arena.failed speaks for it */
        return NULL;
    }
    verdict->violations[n] =
        (struct violation){.place = place, .reason = reason, .address = address};
    return &verdict->violations[n];
}

struct verdict_address *verdict_add_address(struct verdict *verdict, enum place place,
                                            const char *text)
{
    if (verdict->address_count == verdict->address_cap) {
        size_t cap = verdict->address_cap != 0 ? 2 * verdict->address_cap : 4;
        struct verdict_address *addresses =
            arena_alloc(&verdict->arena, cap * sizeof(*addresses));

        if (addresses == NULL)
            return NULL;
        if (verdict->address_count != 0)
            memcpy(addresses, verdict->addresses,
                   verdict->address_count * sizeof(*addresses));
        verdict->addresses = addresses;
        verdict->address_cap = cap;
    }
    verdict->addresses[verdict->address_count] =
        (struct verdict_address){.place = place, .text = text};
    return &verdict->addresses[verdict->address_count++];
}

void verdict_add_change(struct verdict *verdict, enum change_kind kind,
                        const char *name, unsigned nth, const char *value)
{
    if (verdict->change_count == verdict->change_cap) {
        size_t cap = verdict->change_cap != 0 ? 2 * verdict->change_cap : 8;
        struct verdict_change *changes =
            arena_alloc(&verdict->arena, cap * sizeof(*changes));

        if (changes == NULL)
            return;
        if (verdict->change_count != 0)
            memcpy(changes, verdict->changes, verdict->change_count * sizeof(*changes));
        verdict->changes = changes;
        verdict->change_cap = cap;
    }
    verdict->changes[verdict->change_count++] =
        (struct verdict_change){kind, name, nth, value};
}
