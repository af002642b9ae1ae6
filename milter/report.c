/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/report.h"

#include <stdio.h>

#include "milter/counts.h"
#include "policy/record.h"
#include "prog/log.h"

/* The violations behind the first, "place/reason/address" by commas; NULL: none. */
static const char *more_text(struct verdict *verdict)
{
    const size_t count = verdict_violations_kept(verdict);
    struct buf out = BUF_INIT;
    const char *text;

    for (size_t i = 1; i < count && out.len <= EVENT_VALUE_MAX; i++) {
        const struct violation *violation = &verdict->violations[i];

        buf_addf(&out, "%s%s/%s", i > 1 ? "," : "",
                 names_name(place_names, (int)violation->place),
                 reason_name(violation->reason));
        if (violation->address != NULL)
            buf_addf(&out, "/%s", violation->address);
    }
    text = out.len != 0 ? arena_strdup(&verdict->arena, buf_str(&out)) : NULL;
    buf_finish(&out);
    return text;
}

/* What the decision says: the fields up to those of the facts. */
enum { REPORT_FIXED = 11, REPORT_MAX = REPORT_FIXED + 1 + RECORD_FIELDS_MAX };

static void fixed_fill(const struct session *session, struct verdict *verdict,
                       const struct record_texts *texts, const char *decision,
                       const char *count, struct event_field fields[REPORT_FIXED])
{
    const struct violation *first =
        verdict_violations_kept(verdict) != 0 ? &verdict->violations[0] : NULL;
    const char *reason = NULL, *detail = NULL;

    if (first != NULL) {
        reason = reason_name(first->reason);
        detail = first->expected;
    } else if (verdict->lookup_error != NULL) {
        reason = "lookup-failed";
    }
    if (verdict->lookup_error != NULL)
        detail = verdict->lookup_error;

    const struct event_field fixed[REPORT_FIXED] = {
        {"decision", decision},
        {"rule", verdict->rule},
        {"login", verdict->login != NULL ? verdict->login : session->facts.login},
        {"client", session->facts.client},
        {"place", first != NULL ? names_name(place_names, (int)first->place) : NULL},
        {"address", first != NULL ? first->address : NULL},
        {"reason", reason},
        {"mail_from", texts->mail_from},
        {"from", texts->from},
        {"violations", count},
        {"detail", detail},
    };

    for (size_t i = 0; i < REPORT_FIXED; i++)
        fields[i] = fixed[i];
}

void report_verdict(struct session *session)
{
    struct verdict *verdict = &session->verdict;
    bool remark = verdict->violation_count != 0 || verdict->lookup_error != NULL;
    struct event_field fields[REPORT_MAX];
    struct record_texts texts;
    char decision[RECORD_DECISION_MAX], count[24];

    counts_add(verdict);
    if (!remark && !session->runtime->conf->log_accepted)
        return;
    record_write(&session->facts, verdict, !session->header_seen, &verdict->arena,
                 &texts);
    snprintf(count, sizeof(count), "%zu", verdict->violation_count);
    record_decision(verdict->action, verdict->would, decision);
    fixed_fill(session, verdict, &texts, decision, count, fields);
    fields[REPORT_FIXED] = (struct event_field){"more", more_text(verdict)};
    for (size_t i = 0; i < texts.count; i++)
        fields[REPORT_FIXED + 1 + i] = texts.fields[i];

    const struct event event = {
        .level = verdict->lookup_error != NULL ? EVENT_WARNING : EVENT_INFO,
        .subject = session->queue_id != NULL ? session->queue_id : "NOQUEUE",
        .fields = fields,
        .field_count = REPORT_FIXED + 1 + texts.count,
        .optional = 1 + texts.count,
    };
    log_event(&event);
}
