/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/apply.h"

#include <string.h>

#include "base/buf.h"
#include "base/escape.h"

/* Index 0 lies above the MTA's own Received, 1 directly below it. */
enum { BELOW_MTA_RECEIVED = 1 };

enum { REASON_ADDRESS_MAX = 128 };

unsigned long apply_actions(const struct policy *policy)
{
    const unsigned needs = policy_needs(policy);
    unsigned long actions = SMFIF_ADDHDRS;

    if ((needs & POLICY_CHANGES_FIELDS) != 0)
        actions |= SMFIF_CHGHDRS;
    if ((needs & POLICY_CHANGES_MAIL_FROM) != 0)
        actions |= SMFIF_CHGFROM;
    if ((needs & POLICY_QUARANTINES) != 0)
        actions |= SMFIF_QUARANTINE;
    return actions;
}

/* libmilter's prototypes take strings that they do not change. */
static int apply_texts(SMFICTX *ctx, const struct verdict_change *change, char *name,
                       char *value)
{
    switch (change->kind) {
    case CHANGE_ADD:
        return smfi_addheader(ctx, name, value);
    case CHANGE_INSERT:
        return smfi_insheader(ctx, BELOW_MTA_RECEIVED, name, value);
    case CHANGE_REPLACE:
        return smfi_chgheader(ctx, name, (int)change->nth, value);
    case CHANGE_DELETE:
        return smfi_chgheader(ctx, name, (int)change->nth, NULL);
    case CHANGE_MAIL_FROM:
        return smfi_chgfrom(ctx, value, NULL);
    }
    return MI_FAILURE;
}

static bool apply_change(SMFICTX *ctx, const struct verdict_change *change)
{
    struct buf name = BUF_INIT, value = BUF_INIT;
    const bool envelope = change->kind == CHANGE_MAIL_FROM;
    bool ok;

    buf_adds(&name, change->name != NULL ? change->name : "");
    buf_addf(&value, envelope ? "<%s>" : "%s",
             change->value != NULL ? change->value : "");
    ok = !name.failed && !value.failed &&
         (change->value != NULL || change->kind == CHANGE_DELETE) &&
         apply_texts(ctx, change, name.data, value.data) == MI_SUCCESS;
    buf_finish(&name);
    buf_finish(&value);
    return ok;
}

/* The reason that the MTA keeps and logs. */
static bool apply_quarantine(SMFICTX *ctx, const struct verdict *verdict)
{
    struct buf reason = BUF_INIT;
    bool ok;

    buf_adds(&reason, "sendas: ");
    if (verdict_violations_kept(verdict) != 0) {
        const struct violation *violation = &verdict->violations[0];

        buf_addf(&reason, "%s %s", reason_name(violation->reason),
                 names_name(place_names, (int)violation->place));
        if (violation->address != NULL) {
            buf_addc(&reason, ' ');
            escape_reply(&reason, violation->address, strlen(violation->address),
                         REASON_ADDRESS_MAX);
        }
    }
    ok = !reason.failed && smfi_quarantine(ctx, reason.data) == MI_SUCCESS;
    buf_finish(&reason);
    return ok;
}

bool apply_verdict(SMFICTX *ctx, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->change_count; i++) {
        if (!apply_change(ctx, &verdict->changes[i]))
            return false;
    }
    return verdict->action != ACTION_QUARANTINE || apply_quarantine(ctx, verdict);
}
