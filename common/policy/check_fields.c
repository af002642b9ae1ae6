/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "mail/display_name.h"
#include "policy/check.h"

/* --- readings --- */

void readings_make(struct check *check)
{
    const struct facts *facts = check->facts;
    unsigned counts[PLACE_COUNT] = {0};

    check->readings = arena_alloc(&check->verdict->arena,
                                  (facts->field_count + 1) * sizeof(struct reading));
    for (size_t i = 0; check->readings != NULL && i < facts->field_count; i++) {
        struct reading *reading = &check->readings[check->reading_count];

        if (!facts_field_place(facts->fields[i].name, &reading->place, &reading->plain))
            continue;
        reading->field = &facts->fields[i];
        if (reading->field->known == REASON_ODD_FIELD_NAME)
            reading->plain = false;
        if (reading->plain)
            reading->nth = ++counts[reading->place];
        check->reading_count++;
    }
    check->from_count = counts[PLACE_FROM];
}

enum reason reading_parse(struct check *check, struct reading *reading)
{
    const struct facts_field *field = reading->field;

    if (reading->parsed)
        return reading->list.reason;
    reading->parsed = true;
    if (field->known != REASON_NONE)
        reading->list.reason = field->known;
    else
        mailbox_list_parse(field->value, field->value_len, &check->owners->rules,
                           &check->verdict->arena, &reading->list);
    return reading->list.reason;
}

void reading_complain(struct check *check, const struct reading *reading)
{
    struct violation *violation;

    if (!reading->plain) {
        verdict_add_violation(check->verdict, reading->place, REASON_ODD_FIELD_NAME,
                              NULL);
        return;
    }
    violation = verdict_add_violation(check->verdict, reading->place,
                                      reading->list.reason, NULL);
    if (violation == NULL || reading->field->known != REASON_NONE)
        return;
    violation->field = reading->field->value;
    violation->field_len = reading->field->value_len;
    violation->error_at = reading->list.error_at;
    violation->expected = reading->list.expected;
}

/* --- one field --- */

static bool place_is_checked(const struct check *check, enum place place)
{
    switch (place) {
    case PLACE_SENDER:
        return check->conf->sender == CHECK_OWNED;
    case PLACE_RESENT_FROM:
    case PLACE_RESENT_SENDER:
        return check->conf->resent == CHECK_OWNED;
    case PLACE_REPLY_TO:
        return check->conf->reply_to == CHECK_OWNED;
    default:
        return check->conf->from != FROM_ANY;
    }
}

/* display_name = no-foreign-address: every address that a name shows is permitted, or
 * is the one that the name belongs to. */
static void check_name(struct check *check, const struct reading *reading,
                       const struct mailbox *mailbox, const char *name, size_t len)
{
    struct verdict *verdict = check->verdict;
    const enum place place = reading->place;
    struct name_addresses found;
    enum reason reason;

    if (len == 0)
        return;
    reason =
        display_name_find(name, len, &check->owners->rules, &verdict->arena, &found);
    if (reason != REASON_NONE) {
        verdict_add_violation(verdict, place, reason, NULL);
        return;
    }
    for (size_t i = 0; i < found.count && !check_has_enough(check); i++) {
        const struct name_address *item = &found.items[i];
        struct verdict_address entry = {.place = place, .text = item->text};

        if (item->parsed && strcmp(item->text, mailbox->address.text) == 0)
            continue;
        if (!item->parsed ||
            check_address(check, place, reading, &item->address, &entry) != REASON_NONE)
            verdict_add_violation(verdict, place, REASON_ADDRESS_IN_NAME, item->text);
    }
}

static void check_mailbox(struct check *check, const struct reading *reading,
                          const struct mailbox *mailbox)
{
    struct verdict *verdict = check->verdict;
    const char *text = mailbox->address.text;
    struct verdict_address *entry = verdict_add_address(verdict, reading->place, text);
    enum reason reason;

    if (entry == NULL)
        return;
    reason = check_address(check, reading->place, reading, &mailbox->address, entry);
    if (reason != REASON_NONE)
        verdict_add_violation(verdict, reading->place, reason, text);
    if (check->conf->display_name == DISPLAY_NAME_NO_FOREIGN) {
        check_name(check, reading, mailbox, mailbox->name, mailbox->name_len);
        check_name(check, reading, mailbox, mailbox->comment, mailbox->comment_len);
    }
}

/* Judges every mailbox in the field. Returns how many people it names. */
static size_t check_mailboxes(struct check *check, struct reading *reading)
{
    size_t people = 0;

    if (!reading->plain || reading_parse(check, reading) != REASON_NONE) {
        reading_complain(check, reading);
        return 1; /* somebody, whoever it is */
    }
    for (size_t i = 0; i < reading->list.count && !check_has_enough(check); i++) {
        check_mailbox(check, reading, &reading->list.mailboxes[i]);
        people += !reading->list.mailboxes[i].in_name;
    }
    return people;
}

/* Could all lookups since the address number `first` be answered? */
static bool all_known(const struct verdict *verdict, size_t first)
{
    for (size_t i = first; i < verdict->address_count; i++) {
        if (verdict->addresses[i].owned == ANSWER_UNKNOWN)
            return false;
    }
    return true;
}

static void check_reading(struct check *check, struct reading *reading)
{
    const struct verdict *verdict = check->verdict;
    const size_t violations = verdict->violation_count;
    const size_t addresses = verdict->address_count;
    size_t people = check_mailboxes(check, reading);

    reading->keep = verdict->violation_count == violations &&
                    !check_has_enough(check) && all_known(verdict, addresses);
    if (reading->place == PLACE_FROM && reading->plain) {
        check->from_nobody += people == 0;
        check->authors += people;
    } else if (reading->place == PLACE_SENDER && people == 0) {
        check->sender_count--;
    }
}

/* --- the header --- */

/* The fields of the place, or of all but that. */
static void check_readings(struct check *check, enum place place, bool others)
{
    for (size_t i = 0; i < check->reading_count && !check_has_enough(check); i++) {
        struct reading *reading = &check->readings[i];

        if ((reading->place == place) == others)
            continue;
        /* Counted also where it is not checked, so that none is added to it. */
        check->sender_count += reading->place == PLACE_SENDER;
        if (place_is_checked(check, reading->place))
            check_reading(check, reading);
        else
            reading->keep = true;
    }
}

/* A message without an author. */
static void check_from_is_there(struct check *check)
{
    if (check->conf->from == FROM_ANY ||
        (check->from_count != 0 && check->from_nobody == 0) ||
        check->conf->missing_from == MISSING_FROM_ALLOW)
        return;
    if (check->conf->missing_from == MISSING_FROM_REJECT || check_has_no_address(check))
        verdict_add_violation(check->verdict, PLACE_FROM, REASON_MISSING_FROM, NULL);
}

/* Are there authors, each of them the login itself? */
static bool authors_are_own(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    for (size_t i = 0; i < verdict->address_count; i++) {
        if (verdict->addresses[i].place == PLACE_FROM &&
            verdict->addresses[i].right != RIGHT_SEND_AS)
            return false;
    }
    return check->authors != 0;
}

/* Does the message go out in the name of somebody else? */
static bool is_on_behalf(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *entry = &verdict->addresses[i];

        /* From may be any address that equals the envelope sender (from = mail-from),
         * and some MTAs make a missing one of it. */
        if (entry->right == RIGHT_ON_BEHALF &&
            (entry->place == PLACE_FROM ||
             (entry->place == PLACE_MAIL_FROM && !authors_are_own(check))))
            return true;
    }
    return false;
}

/*
 * Who bears another's name needs a Sender of the login's own (RFC 6409 8.1), whatever
 * the setting `sender` says; several authors do, too (RFC 5322 3.6.2).
 */
static void check_sender_is_there(struct check *check)
{
    const bool on_behalf = is_on_behalf(check);

    for (size_t i = 0; on_behalf && i < check->reading_count; i++) {
        struct reading *reading = &check->readings[i];

        if (reading->place == PLACE_SENDER && !place_is_checked(check, PLACE_SENDER))
            check_reading(check, reading);
    }
    check->on_behalf = on_behalf;
    check->needs_sender = on_behalf || check->authors > 1;
    if (on_behalf && check->sender_count == 0 && check_has_no_address(check))
        verdict_add_violation(check->verdict, PLACE_SENDER, REASON_SENDER_NEEDED, NULL);
}

void check_fields(struct check *check)
{
    struct verdict *verdict = check->verdict;

    readings_make(check);
    /* A violation whatever stands in them, and named first. */
    if (check->from_count > 1 && check->conf->from != FROM_ANY)
        verdict_add_violation(verdict, PLACE_FROM, REASON_SEVERAL_FROM, NULL);
    check_readings(check, PLACE_FROM, false);
    check_readings(check, PLACE_FROM, true);
    if (check->facts->fields_dropped)
        verdict_add_violation(verdict, PLACE_FROM, REASON_TOO_LONG, NULL);
    else if (!check_has_enough(check))
        check_from_is_there(check);
    check_sender_is_there(check);
}
