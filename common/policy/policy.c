/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "mail/address.h"
#include "mail/display_name.h"
#include "mail/login.h"
#include "mail/mailbox_list.h"
#include "policy/owner.h"
#include "policy/owner_maps.h"

struct policy {
    const struct conf *conf;
    struct owner_set *owners;
};

/* One message's way through the policy. */
struct check {
    const struct policy *policy;
    const struct conf_policy *conf;
    const struct facts *facts;
    struct verdict *verdict;
};

struct policy *policy_create(const struct conf *conf, struct buf *error_r)
{
    struct policy *policy = calloc(1, sizeof(*policy));

    if (policy == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    policy->conf = conf;
    policy->owners = owner_set_create(conf, error_r);
    if (policy->owners != NULL)
        return policy;
    policy_destroy(policy);
    return NULL;
}

void policy_destroy(struct policy *policy)
{
    if (policy == NULL)
        return;
    owner_set_destroy(policy->owners);
    free(policy);
}

struct owner_set *policy_owners(const struct policy *policy)
{
    return policy->owners;
}

/* --- one address --- */

/* The same address elsewhere in this message was looked up already. */
static const struct verdict_address *check_find_answer(const struct verdict *verdict,
                                                       const char *text)
{
    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *known = &verdict->addresses[i];

        if (known->looked_up && strcmp(known->text, text) == 0)
            return known;
    }
    return NULL;
}

static void check_look_up(struct check *check, const struct address *address,
                          struct verdict_address *entry)
{
    struct verdict *verdict = check->verdict;
    const struct policy *policy = check->policy;
    const struct verdict_address *known = check_find_answer(verdict, entry->text);
    struct buf error = BUF_INIT;
    struct owner_trace trace;

    entry->looked_up = true;
    if (known != NULL) {
        entry->owned = known->owned;
        entry->key = known->key;
        entry->map = known->map;
        return;
    }
    entry->owned = owner_check(&policy->owners->site, RIGHT_SEND_AS, verdict->login,
                               address, &verdict->arena, &trace, &error);
    entry->key = trace.key;
    entry->map = trace.map;
    if (entry->owned == ANSWER_UNKNOWN && verdict->lookup_error == NULL) {
        verdict->lookup_error = arena_strdup(&verdict->arena, buf_str(&error));
        if (verdict->lookup_error == NULL)
            verdict->lookup_error = "out of memory";
    }
    buf_finish(&error);
}

/* The address must be the login's. */
static enum reason check_owned(struct check *check, const struct address *address,
                               struct verdict_address *entry)
{
    check_look_up(check, address, entry);
    return entry->owned == ANSWER_NO ? REASON_NOT_OWNED : REASON_NONE;
}

/* --- the envelope sender --- */

/* A path that cannot be read, as it is told of: without the brackets around it, which
 * the MTA adds and a reply has of its own. */
static const char *path_shown(const char *path, struct arena *arena)
{
    size_t len = strlen(path);

    if (len >= 2 && path[0] == '<' && path[len - 1] == '>')
        return arena_strndup(arena, path + 1, len - 2);
    return arena_strdup(arena, path);
}

static void check_path(struct check *check, const char *path)
{
    struct verdict *verdict = check->verdict;
    struct verdict_address *entry;
    struct address address;
    enum reason reason;
    bool null;

    reason = address_parse_path(path, &check->policy->owners->site.rules,
                                &verdict->arena, &address, &null);
    if (reason != REASON_NONE) {
        verdict_add_violation(verdict, PLACE_MAIL_FROM, reason,
                              path_shown(path, &verdict->arena));
        return;
    }
    if (null) {
        if (check->conf->null_sender == NULL_SENDER_REJECT &&
            verdict->violation_count == 0)
            verdict_add_violation(verdict, PLACE_MAIL_FROM, REASON_NULL_SENDER, "");
        return;
    }
    if (verdict->address_count != 0 &&
        strcmp(verdict->addresses[0].text, address.text) == 0)
        return; /* typed and resolved are the same address */
    entry = verdict_add_address(verdict, PLACE_MAIL_FROM, address.text);
    if (entry == NULL || check->conf->mail_from == MAIL_FROM_ANY)
        return; /* check_conclude() sees memory that ran out */
    reason = check_owned(check, &address, entry);
    if (reason != REASON_NONE)
        verdict_add_violation(verdict, PLACE_MAIL_FROM, reason, address.text);
}

/* --- the header --- */

static int check_setting(const struct check *check, enum place place)
{
    switch (place) {
    case PLACE_SENDER:
        return check->conf->sender == CHECK_OWNED;
    case PLACE_RESENT_FROM:
    case PLACE_RESENT_SENDER:
        return check->conf->resent == CHECK_OWNED;
    default:
        return check->conf->from != FROM_ANY;
    }
}

/* The envelope sender as typed, NULL when it was empty or unreadable. */
static const char *check_envelope_text(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    if (verdict->address_count == 0 || verdict->addresses[0].place != PLACE_MAIL_FROM)
        return NULL;
    return verdict->addresses[0].text;
}

/* from = domain: the address lies in the login's own domain. */
static bool check_same_domain(const struct check *check, const struct address *address)
{
    const char *at = strrchr(check->verdict->login, '@');
    const char *domain;

    if (at == NULL || address->unownable || address->literal_only)
        return false;
    domain = address_normalise_domain(at + 1, strlen(at + 1), &check->verdict->arena);
    return domain != NULL && strcmp(domain, address->domain) == 0;
}

/* May the login use the address in this place? What the lookup said is noted in *entry.
 */
static enum reason check_address(struct check *check, enum place place,
                                 const struct address *address,
                                 struct verdict_address *entry)
{
    const char *envelope = check_envelope_text(check);

    if (place == PLACE_FROM && check->conf->from == FROM_MAIL_FROM && envelope != NULL)
        return strcmp(address->text, envelope) == 0 ? REASON_NONE
                                                    : REASON_NOT_MAIL_FROM;
    if (place == PLACE_FROM && check->conf->from == FROM_DOMAIN &&
        check_same_domain(check, address))
        return REASON_NONE;
    return check_owned(check, address, entry);
}

/* Enough is enough: a thousand foreign addresses need no thousand lookups. One more
 * than is kept is counted, which tells that there are more. */
static bool check_has_enough(const struct check *check)
{
    return check->verdict->violation_count > VERDICT_VIOLATIONS_MAX;
}

/* display_name = no-foreign-address: every address that a name shows is permitted. */
static void check_name(struct check *check, enum place place, const char *name,
                       size_t len)
{
    struct verdict *verdict = check->verdict;
    struct name_addresses found;
    enum reason reason;

    if (len == 0)
        return;
    reason = display_name_find(name, len, &check->policy->owners->site.rules,
                               &verdict->arena, &found);
    if (reason != REASON_NONE) {
        verdict_add_violation(verdict, place, reason, NULL);
        return;
    }
    for (size_t i = 0; i < found.count && !check_has_enough(check); i++) {
        const struct name_address *item = &found.items[i];
        struct verdict_address entry = {.place = place, .text = item->text};

        if (!item->parsed ||
            check_address(check, place, &item->address, &entry) != REASON_NONE)
            verdict_add_violation(verdict, place, REASON_ADDRESS_IN_NAME, item->text);
    }
}

static void check_mailbox(struct check *check, enum place place,
                          const struct mailbox *mailbox)
{
    struct verdict *verdict = check->verdict;
    const char *text = mailbox->address.text;
    struct verdict_address *entry = verdict_add_address(verdict, place, text);
    enum reason reason;

    if (entry == NULL)
        return;
    reason = check_address(check, place, &mailbox->address, entry);
    if (reason != REASON_NONE)
        verdict_add_violation(verdict, place, reason, text);
    if (check->conf->display_name == DISPLAY_NAME_NO_FOREIGN) {
        check_name(check, place, mailbox->name, mailbox->name_len);
        check_name(check, place, mailbox->comment, mailbox->comment_len);
    }
}

/* Reads one field and judges every mailbox in it. Returns how many authors it names. */
static size_t check_field(struct check *check, enum place place,
                          const struct facts_field *field)
{
    struct verdict *verdict = check->verdict;
    struct mailbox_list list;
    size_t authors = 0;

    mailbox_list_parse(field->value, field->value_len,
                       &check->policy->owners->site.rules, &verdict->arena, &list);
    if (list.reason != REASON_NONE) {
        struct violation *violation =
            verdict_add_violation(verdict, place, list.reason, NULL);

        if (violation != NULL) {
            violation->field = field->value;
            violation->field_len = field->value_len;
            violation->error_at = list.error_at;
            violation->expected = list.expected;
        }
        return 1; /* somebody, whoever it is */
    }
    for (size_t i = 0; i < list.count && !check_has_enough(check); i++) {
        check_mailbox(check, place, &list.mailboxes[i]);
        authors += !list.mailboxes[i].in_name;
    }
    return authors;
}

/* The sender fields of a message, counted. */
struct field_counts {
    size_t from;    /* From fields */
    size_t nobody;  /* of these, fields that name nobody */
    size_t authors; /* mailboxes in them */
    size_t senders; /* Sender fields that name somebody */
};

/* More than one From field is a violation whatever stands in them, and named first. */
static void check_from_is_one(struct check *check)
{
    const struct facts *facts = check->facts;
    size_t count = 0;

    if (check->conf->from == FROM_ANY)
        return;
    for (size_t i = 0; i < facts->field_count; i++) {
        enum place place;
        bool plain;

        count += facts_field_place(facts->fields[i].name, &place, &plain) &&
                 place == PLACE_FROM && plain;
    }
    if (count > 1)
        verdict_add_violation(check->verdict, PLACE_FROM, REASON_SEVERAL_FROM, NULL);
}

/* A message without an author. */
static void check_from_names(struct check *check, const struct field_counts *counts)
{
    struct verdict *verdict = check->verdict;

    if (check->conf->from != FROM_ANY && (counts->from == 0 || counts->nobody != 0) &&
        check->conf->missing_from == MISSING_FROM_REJECT)
        verdict_add_violation(verdict, PLACE_FROM, REASON_MISSING_FROM, NULL);
}

/* RFC 5322 3.6.2: several authors need a Sender. All of them are the login's; the
 * envelope sender is the one that it sends as, the first author stands in for an empty
 * one. */
static void check_add_sender(struct check *check, const struct field_counts *counts)
{
    struct verdict *verdict = check->verdict;
    const char *first = NULL;

    if (counts->authors < 2 || counts->senders != 0 || verdict->violation_count != 0)
        return;
    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *entry = &verdict->addresses[i];

        if (entry->place == PLACE_MAIL_FROM && entry->looked_up) {
            first = entry->text;
            break;
        }
        if (entry->place == PLACE_FROM && first == NULL)
            first = entry->text;
    }
    verdict->add_sender = first;
}

static void check_fields(struct check *check)
{
    const struct facts *facts = check->facts;
    struct field_counts counts = {0};

    check_from_is_one(check);
    for (size_t i = 0; i < facts->field_count && !check_has_enough(check); i++) {
        const struct facts_field *field = &facts->fields[i];
        enum place place;
        size_t authors;
        bool plain;

        if (!facts_field_place(field->name, &place, &plain))
            continue;
        /* Counted also where it is not checked, so that none is added to it. */
        counts.senders += place == PLACE_SENDER;
        if (!check_setting(check, place))
            continue;
        if (!plain) {
            verdict_add_violation(check->verdict, place, REASON_ODD_FIELD_NAME, NULL);
            continue;
        }
        authors = check_field(check, place, field);
        if (place == PLACE_FROM) {
            counts.from++;
            counts.nobody += authors == 0;
            counts.authors += authors;
        } else if (place == PLACE_SENDER && authors == 0) {
            counts.senders--;
        }
    }
    if (facts->fields_dropped)
        verdict_add_violation(check->verdict, PLACE_FROM, REASON_TOO_LONG, NULL);
    else if (!check_has_enough(check))
        check_from_names(check, &counts);
    check_add_sender(check, &counts);
}

/* --- what follows --- */

static enum action action_on_violation(const struct conf_policy *conf)
{
    switch ((enum on_violation)conf->on_violation) {
    case ON_VIOLATION_LOG:
        return ACTION_LOG;
    case ON_VIOLATION_DEFER:
        return ACTION_DEFER;
    default:
        break;
    }
    return ACTION_REJECT;
}

static enum action action_on_lookup_failure(const struct conf_policy *conf)
{
    /* Where a violation would only be logged, no answer could have stopped the message.
     */
    if (conf->on_violation == ON_VIOLATION_LOG)
        return ACTION_LOG;
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

static void check_conclude(struct check *check)
{
    struct verdict *verdict = check->verdict;

    /* Without memory something may be missing that was there: no violation is certain.
     */
    if (verdict->arena.failed) {
        verdict->lookup_error = "out of memory";
        verdict->violation_count = 0;
    }
    if (verdict->violation_count != 0)
        verdict->would = action_on_violation(check->conf);
    else if (verdict->lookup_error != NULL)
        verdict->would = action_on_lookup_failure(check->conf);
    else
        verdict->would = ACTION_ACCEPT;
    verdict->action = verdict->would;
    if (check->conf->mode == MODE_MONITOR) {
        verdict->action = ACTION_ACCEPT;
        verdict->add_sender = NULL;
    }
}

void policy_check_envelope(struct policy *policy, const struct facts *facts,
                           struct verdict *verdict)
{
    struct check check = {policy, &policy->conf->policy, facts, verdict};

    verdict->rule = "default";
    if (facts->login == NULL)
        return; /* nobody logged in: nothing to check */
    verdict->login = login_normalise(facts->login, strlen(facts->login),
                                     policy->conf->login_domain, &verdict->arena);
    if (verdict->login == NULL)
        verdict_add_violation(verdict, PLACE_MAIL_FROM, REASON_BAD_LOGIN, NULL);
    else {
        check_path(&check, facts->mail_from != NULL ? facts->mail_from : "");
        if (facts->mail_addr != NULL && facts->mail_addr[0] != '\0')
            check_path(&check, facts->mail_addr);
    }
    check_conclude(&check);
}

void policy_check_header(struct policy *policy, const struct facts *facts,
                         struct verdict *verdict)
{
    struct check check = {policy, &policy->conf->policy, facts, verdict};

    if (verdict->login == NULL)
        return; /* not authenticated, or refused for its login already */
    check_fields(&check);
    check_conclude(&check);
}
