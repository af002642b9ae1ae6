/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/check.h"

#include <string.h>

bool check_has_enough(const struct check *check)
{
    return check->verdict->violation_count > VERDICT_VIOLATIONS_MAX;
}

const char *check_envelope_text(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    if (verdict->address_count == 0 || verdict->addresses[0].place != PLACE_MAIL_FROM)
        return NULL;
    return verdict->addresses[0].text;
}

void check_note_failure(struct check *check, const struct buf *error)
{
    struct verdict *verdict = check->verdict;

    if (verdict->lookup_error != NULL)
        return;
    verdict->lookup_error = arena_strdup(&verdict->arena, buf_str(error));
    if (verdict->lookup_error == NULL)
        verdict->lookup_error = "out of memory";
}

enum answer check_ask(struct check *check, enum right right,
                      const struct address *address, struct owner_trace *trace_r)
{
    struct verdict *verdict = check->verdict;
    struct buf error = BUF_INIT;
    enum answer answer = owner_check(check->owners, right, verdict->login, address,
                                     &verdict->arena, trace_r, &error);

    if (answer == ANSWER_UNKNOWN)
        check_note_failure(check, &error);
    buf_finish(&error);
    return answer;
}

/* The same address elsewhere in this message was looked up already. */
static const struct verdict_address *find_known(const struct verdict *verdict,
                                                const char *text)
{
    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *known = &verdict->addresses[i];

        if (known->looked_up && strcmp(known->text, text) == 0)
            return known;
    }
    return NULL;
}

/* Whether it is the login's own, by send-as. */
static enum answer ask_send_as(struct check *check, const struct address *address,
                               struct verdict_address *entry)
{
    const struct verdict_address *known = find_known(check->verdict, entry->text);
    struct owner_trace trace = {0};

    if (known != NULL) {
        entry->looked_up = true;
        entry->key = known->key;
        entry->map = known->map;
        entry->known = known->known;
        return entry->known.send_as;
    }
    entry->known.send_as = check_ask(check, RIGHT_SEND_AS, address, &trace);
    entry->looked_up = true;
    entry->key = trace.key;
    entry->map = trace.map;
    entry->known.denied = trace.denied;
    /* Whom a client vouches for is that address. */
    if (entry->known.send_as == ANSWER_NO && !trace.denied &&
        check->verdict->vouched != NULL &&
        strcmp(check->verdict->vouched, address->text) == 0)
        entry->known.send_as = ANSWER_YES;
    return entry->known.send_as;
}

static enum answer ask_on_behalf(struct check *check, const struct address *address,
                                 struct verdict_address *entry)
{
    struct owner_trace trace = {0};

    if (!entry->known.asked_behalf) {
        entry->known.asked_behalf = true;
        entry->known.on_behalf = check_ask(check, RIGHT_ON_BEHALF, address, &trace);
        entry->known.denied |= trace.denied;
        if (entry->known.on_behalf == ANSWER_YES) {
            entry->key = trace.key;
            entry->map = trace.map;
        }
    }
    return entry->known.on_behalf;
}

/* An address that is granted on-behalf may be the author, and with that the envelope
 * sender: programs use one address for both. */
static bool counts_on_behalf(enum place place)
{
    return place == PLACE_FROM || place == PLACE_MAIL_FROM || place == PLACE_REPLY_TO;
}

/* By which right may the login use the address here? */
static enum answer ask_all(struct check *check, enum place place,
                           const struct reading *reading, const struct address *address,
                           struct verdict_address *entry)
{
    enum answer answer = ask_send_as(check, address, entry);

    entry->right = answer == ANSWER_YES ? RIGHT_SEND_AS : RIGHT_NONE;
    if (answer == ANSWER_NO && !entry->known.denied && counts_on_behalf(place)) {
        answer = ask_on_behalf(check, address, entry);
        if (answer == ANSWER_YES)
            entry->right = RIGHT_ON_BEHALF;
    }
    if (answer == ANSWER_NO && !entry->known.denied) {
        answer = delegate_resend(check, reading);
        if (answer == ANSWER_YES)
            entry->right = RIGHT_RESEND;
    }
    return answer;
}

/* Whether the login may use an address that needs no grant: not if it is denied. */
static enum answer ask_denied(struct check *check, const struct address *address,
                              struct verdict_address *entry)
{
    struct verdict *verdict = check->verdict;
    struct owner_trace trace = {0};
    struct buf error = BUF_INIT;
    enum answer answer = owner_denied(check->owners, verdict->login, address,
                                      &verdict->arena, &trace, &error);

    if (answer == ANSWER_UNKNOWN)
        check_note_failure(check, &error);
    buf_finish(&error);
    if (answer == ANSWER_YES) {
        entry->looked_up = true;
        entry->owned = ANSWER_NO;
        entry->key = trace.key;
        entry->map = trace.map;
        entry->known.send_as = ANSWER_NO;
        entry->known.denied = true;
    }
    return answer;
}

/* from = domain: the address lies in the login's own domain. */
static bool is_same_domain(const struct check *check, const struct address *address)
{
    const char *at = strrchr(check->verdict->login, '@');
    const char *domain;

    if (at == NULL || address->unownable || address->literal_only)
        return false;
    domain = address_normalise_domain(at + 1, strlen(at + 1), &check->verdict->arena);
    return domain != NULL && strcmp(domain, address->domain) == 0;
}

enum reason check_address(struct check *check, enum place place,
                          const struct reading *reading, const struct address *address,
                          struct verdict_address *entry)
{
    const char *envelope = check_envelope_text(check);

    if (place == PLACE_FROM && check->conf->from == FROM_MAIL_FROM && envelope != NULL)
        return strcmp(address->text, envelope) == 0 ? REASON_NONE
                                                    : REASON_NOT_MAIL_FROM;
    if (place == PLACE_FROM && check->conf->from == FROM_DOMAIN &&
        is_same_domain(check, address))
        return ask_denied(check, address, entry) == ANSWER_YES ? REASON_NOT_OWNED
                                                               : REASON_NONE;
    entry->owned = ask_all(check, place, reading, address, entry);
    if (entry->owned != ANSWER_NO)
        return REASON_NONE;
    return place == PLACE_AUTH_PARAM ? REASON_AUTH_PARAM : REASON_NOT_OWNED;
}
