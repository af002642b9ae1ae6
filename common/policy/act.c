/* SPDX-License-Identifier: BSD-2-Clause */
/* act.c - from what was found to what is done. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "mail/compose.h"
#include "mail/results.h"
#include "policy/check.h"

enum {
    TAG_VIOLATIONS_MAX = 4, /* violations that the tag names */
    TAG_ADDRESS_MAX = 200
};

/* --- which action --- */

static bool has_reason(const struct verdict *verdict, enum reason reason)
{
    for (size_t i = 0; i < verdict_violations_kept(verdict); i++) {
        if (verdict->violations[i].reason == reason)
            return true;
    }
    return false;
}

static enum action on_lookup_failure(const struct conf_policy *conf)
{
    /* Where a violation would stop nothing, no answer could have stopped the message.
     */
    if (conf->on_violation == ON_VIOLATION_LOG)
        return ACTION_LOG;
    if (conf->on_violation == ON_VIOLATION_TAG)
        return ACTION_TAG;
    switch ((enum on_lookup_failure)conf->on_lookup_failure) {
    case ON_LOOKUP_FAILURE_ACCEPT:
        return ACTION_LOG;
    case ON_LOOKUP_FAILURE_REJECT:
        return ACTION_REJECT;
    case ON_LOOKUP_FAILURE_DEFER:
        break;
    }
    return ACTION_DEFER;
}

/* An action that changes the message, or reject where it cannot. What is not known may
 * be right: a message is not changed for that. */
static enum action mend(struct check *check, enum action action, bool at_end)
{
    const enum action unknown = on_lookup_failure(check->conf);
    const bool hopeless = check->verdict->login == NULL || check_has_no_address(check);
    bool done;

    if (check->verdict->lookup_error != NULL && unknown >= ACTION_DEFER)
        return unknown;
    if (hopeless)
        return ACTION_REJECT;
    if (!at_end)
        return action;
    done = action == ACTION_REWRITE ? rewrite_message(check) : rewrite_sender(check);
    return done ? action : ACTION_REJECT;
}

static enum action on_violation(struct check *check, bool at_end)
{
    /* There is nobody whose message it could be. */
    if (has_reason(check->verdict, REASON_LOGIN_REQUIRED))
        return ACTION_REJECT;
    switch ((enum on_violation)check->conf->on_violation) {
    case ON_VIOLATION_REJECT:
        break;
    case ON_VIOLATION_DEFER:
        return ACTION_DEFER;
    case ON_VIOLATION_QUARANTINE:
        return ACTION_QUARANTINE;
    case ON_VIOLATION_DISCARD:
        return ACTION_DISCARD;
    case ON_VIOLATION_REWRITE:
        return mend(check, ACTION_REWRITE, at_end);
    case ON_VIOLATION_ADD_SENDER:
        return mend(check, ACTION_ADD_SENDER, at_end);
    case ON_VIOLATION_TAG:
        return ACTION_TAG;
    case ON_VIOLATION_LOG:
        return ACTION_LOG;
    }
    return ACTION_REJECT;
}

/* --- trace fields --- */

/* The value of the tag: "REASON PLACE ADDRESS; ...". */
static const char *tag_text(struct check *check, const char *prefix, const char *field)
{
    struct verdict *verdict = check->verdict;
    const size_t count = verdict_violations_kept(verdict);
    struct buf text = BUF_INIT, value = BUF_INIT;
    const char *tag;

    buf_adds(&text, prefix);
    for (size_t i = 0; i < count && i < TAG_VIOLATIONS_MAX; i++) {
        const struct violation *violation = &verdict->violations[i];

        buf_addf(&text, "%s%s %s", i != 0 ? "; " : "", reason_name(violation->reason),
                 names_name(place_names, (int)violation->place));
        if (violation->address == NULL || violation->address[0] == '\0')
            continue;
        buf_addc(&text, ' ');
        escape_reply(&text, violation->address, strlen(violation->address),
                     TAG_ADDRESS_MAX);
    }
    if (count == 0)
        buf_adds(&text, "lookup-failed");
    compose_words(buf_str(&text), strlen(field) + 1, &value);
    tag = text.failed || value.failed ? NULL
                                      : arena_strdup(&verdict->arena, buf_str(&value));
    verdict->arena.failed |= text.failed || value.failed;
    buf_finish(&text);
    buf_finish(&value);
    return tag;
}

static void add_tag(struct check *check, const char *prefix)
{
    const char *field = check->site->tag_field;

    verdict_add_change(check->verdict, CHANGE_ADD, field, 0,
                       tag_text(check, prefix, field));
}

/* Must the trace field go, since it claims to come from here? */
static bool trace_is_forged(const struct check *check, const struct facts_field *field)
{
    const char *id = check->site->results.authserv_id;

    if (check->site->results.add && facts_name_resembles(field->name, RESULTS_FIELD)) {
        if (id == NULL || id[0] == '\0')
            id = check->facts->host;
        return id != NULL && results_claims(field->value, field->value_len, id);
    }
    return check->site->tag_field != NULL &&
           facts_name_resembles(field->name, check->site->tag_field);
}

/* How many fields of this exact name stand up to this one. */
static unsigned trace_number(const struct facts *facts, size_t index)
{
    unsigned number = 0;

    for (size_t i = 0; i <= index; i++)
        number += strcasecmp(facts->traces[i].name, facts->traces[index].name) == 0;
    return number;
}

static void delete_traces(struct check *check)
{
    const struct facts *facts = check->facts;

    for (size_t i = facts->trace_count; i-- > 0;) {
        if (trace_is_forged(check, &facts->traces[i]))
            verdict_add_change(check->verdict, CHANGE_DELETE, facts->traces[i].name,
                               trace_number(facts, i), NULL);
    }
}

/* --- the whole --- */

static enum action choose(struct check *check, bool at_end)
{
    struct verdict *verdict = check->verdict;

    if (verdict->violation_count != 0)
        return on_violation(check, at_end);
    if (verdict->lookup_error != NULL)
        return on_lookup_failure(check->conf);
    return ACTION_ACCEPT;
}

/* The changes of a message that goes through, behind those of its mending. */
static void change(struct check *check)
{
    struct verdict *verdict = check->verdict;
    const bool remark = verdict->violation_count != 0 || verdict->lookup_error != NULL;

    delete_traces(check);
    if (verdict->action != verdict->would) {
        if (check->site->monitor_field) {
            const char *prefix =
                arena_printf(&verdict->arena, "would-%s ",
                             names_name(action_names, (int)verdict->would));

            if (prefix != NULL)
                add_tag(check, prefix);
        }
        return;
    }
    if (verdict->action == ACTION_TAG)
        add_tag(check, "");
    if (!remark && verdict->login != NULL && check->conf->mode == MODE_ENFORCE)
        rewrite_complete(check);
}

void act(struct check *check, bool at_end)
{
    struct verdict *verdict = check->verdict;

    /* Without memory something may be missing that was there: no violation is certain.
     */
    if (verdict->arena.failed) {
        verdict->lookup_error = "out of memory";
        verdict->violation_count = 0;
    }
    verdict->change_count = 0;
    verdict->would = choose(check, at_end);
    if (check->facts->traces_dropped && at_end) {
        if (verdict->violation_count == 0)
            verdict_add_violation(verdict, PLACE_FROM, REASON_TOO_LONG, NULL);
        verdict->would = ACTION_REJECT;
    }
    verdict->action = verdict->would;
    if (check->conf->mode == MODE_MONITOR)
        verdict->action = ACTION_ACCEPT;
    if (verdict->action != verdict->would || verdict->action >= ACTION_DISCARD)
        verdict->change_count = 0;
    if (at_end && verdict->action < ACTION_DISCARD)
        change(check);
    if (verdict->arena.failed && verdict->change_count != 0) {
        /* Some of them may be missing. */
        verdict->change_count = 0;
        verdict->action = verdict->would = ACTION_DEFER;
        verdict->lookup_error = "out of memory";
    }
}
