/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/report.h"

#include <stdio.h>

#include "prog/log.h"

/* The word for what happens; in monitor mode, for what would have. */
static const char *report_decision(const struct verdict *verdict)
{
    if (verdict->action != verdict->would) {
        switch (verdict->would) {
        case ACTION_REJECT:
            return "would-reject";
        case ACTION_DEFER:
            return "would-defer";
        default:
            break;
        }
    }
    return names_name(action_names, (int)verdict->action);
}

static const char *report_address(const struct verdict *verdict, enum place place)
{
    for (size_t i = 0; i < verdict->address_count; i++) {
        if (verdict->addresses[i].place == place)
            return verdict->addresses[i].text;
    }
    return NULL;
}

void report_verdict(const struct session *session)
{
    const struct verdict *verdict = &session->verdict;
    const struct violation *first =
        verdict_violations_kept(verdict) != 0 ? &verdict->violations[0] : NULL;
    bool remark = verdict->violation_count != 0 || verdict->lookup_error != NULL;
    const char *reason = NULL, *detail = NULL;
    char count[24];

    if (!remark && !session->runtime->conf->log_accepted)
        return;
    if (first != NULL) {
        reason = reason_name(first->reason);
        detail = first->expected;
    } else if (verdict->lookup_error != NULL) {
        reason = "lookup-failed";
    }
    if (verdict->lookup_error != NULL)
        detail = verdict->lookup_error;
    snprintf(count, sizeof(count), "%zu", verdict->violation_count);

    const struct event_field fields[] = {
        {"decision", report_decision(verdict)},
        {"rule", verdict->rule},
        {"login", verdict->login != NULL ? verdict->login : session->facts.login},
        {"client", session->facts.client},
        {"place", first != NULL ? names_name(place_names, (int)first->place) : NULL},
        {"address", first != NULL ? first->address : NULL},
        {"reason", reason},
        {"mail_from", report_address(verdict, PLACE_MAIL_FROM)},
        {"from", report_address(verdict, PLACE_FROM)},
        {"violations", count},
        {"detail", detail},
    };
    const struct event event = {
        .level = verdict->lookup_error != NULL ? EVENT_WARNING : EVENT_INFO,
        .subject = session->queue_id != NULL ? session->queue_id : "NOQUEUE",
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
    };
    log_event(&event);
}
