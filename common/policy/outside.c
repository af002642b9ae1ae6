/* SPDX-License-Identifier: BSD-2-Clause */
/* outside.c - mail of a client that has not logged in and has no identity. */
#include "config.h"

#include <string.h>

#include "mail/address.h"
#include "mail/display_name.h"
#include "policy/check.h"

/* Is the address somebody's here? Noted as what it means: `owned` says whether this
 * client may use it. */
static enum answer ask_protected(struct check *check, enum place place,
                                 const struct address *address)
{
    struct verdict *verdict = check->verdict;
    struct verdict_address *entry = verdict_add_address(verdict, place, address->text);
    struct owner_trace trace = {0};
    struct buf error = BUF_INIT;
    enum answer answer =
        owner_any(check->owners, address, &verdict->arena, &trace, &error);

    if (answer == ANSWER_UNKNOWN)
        check_note_failure(check, &error);
    buf_finish(&error);
    if (entry != NULL) {
        entry->looked_up = true;
        entry->key = trace.key;
        entry->map = trace.map;
        entry->owned = answer == ANSWER_YES  ? ANSWER_NO
                       : answer == ANSWER_NO ? ANSWER_YES
                                             : ANSWER_UNKNOWN;
    }
    return answer;
}

static void check_protected(struct check *check, enum place place,
                            const struct address *address, enum reason reason)
{
    if (ask_protected(check, place, address) == ANSWER_YES)
        verdict_add_violation(check->verdict, place, reason, address->text);
}

/* --- the envelope sender --- */

static void check_path(struct check *check, const char *path)
{
    struct verdict *verdict = check->verdict;
    struct address address;
    bool null;

    if (path == NULL || path[0] == '\0' ||
        address_parse_path(path, &check->owners->rules, &verdict->arena, &address,
                           &null) != REASON_NONE ||
        null)
        return; /* whatever it is, it is nobody's address */
    if (verdict->address_count == 0 ||
        strcmp(verdict->addresses[0].text, address.text) != 0)
        check_protected(check, PLACE_MAIL_FROM, &address, REASON_PROTECTED);
}

void outside_check_envelope(struct check *check)
{
    switch ((enum unauthenticated)check->conf->unauthenticated) {
    case UNAUTHENTICATED_PASS:
        return;
    case UNAUTHENTICATED_REJECT:
        verdict_add_violation(check->verdict, PLACE_MAIL_FROM, REASON_LOGIN_REQUIRED,
                              NULL);
        return;
    case UNAUTHENTICATED_PROTECT_OWNED:
        break;
    }
    if (check->conf->mail_from == MAIL_FROM_ANY)
        return;
    check_path(check, check->facts->mail_from);
    check_path(check, check->facts->mail_addr);
}

/* --- the header --- */

/* Every address that somebody may see in the text. */
static void check_text(struct check *check, enum place place, const char *text,
                       size_t len, enum reason found_reason)
{
    struct verdict *verdict = check->verdict;
    struct name_addresses found;
    enum reason reason =
        display_name_find(text, len, &check->owners->rules, &verdict->arena, &found);

    if (reason != REASON_NONE) {
        verdict_add_violation(verdict, place, reason, NULL);
        return;
    }
    for (size_t i = 0; i < found.count && !check_has_enough(check); i++) {
        if (found.items[i].parsed)
            check_protected(check, place, &found.items[i].address, found_reason);
    }
}

/* The bytes that some readers drop from an address: blanks, controls, backslashes and
 * comments. */
static size_t squeeze(const char *bytes, size_t len, char *out)
{
    size_t depth = 0, n = 0;

    for (size_t i = 0; i < len; i++) {
        const char c = bytes[i];

        if (c == '(')
            depth++;
        else if (c == ')' && depth != 0)
            depth--;
        else if (depth == 0 && (unsigned char)c > ' ' && c != 0x7f && c != '\\')
            out[n++] = c;
    }
    return n;
}

/*
 * A field that programs read in different ways. From outside such mail is everyday, and
 * mostly harmless: it is refused only when an address of ours could be seen in it.
 */
static void check_unreadable(struct check *check, const struct reading *reading)
{
    const struct facts_field *field = reading->field;
    const size_t violations = check->verdict->violation_count;
    char *squeezed;

    if (field->known != REASON_NONE)
        return;
    check_text(check, reading->place, field->value, field->value_len, REASON_PROTECTED);
    if (check->verdict->violation_count != violations)
        return;
    squeezed = arena_alloc(&check->verdict->arena, field->value_len + 1);
    if (squeezed != NULL)
        check_text(check, reading->place, squeezed,
                   squeeze(field->value, field->value_len, squeezed), REASON_PROTECTED);
}

static void check_reading(struct check *check, struct reading *reading)
{
    if (!reading->plain || reading_parse(check, reading) != REASON_NONE) {
        check_unreadable(check, reading);
        return;
    }
    for (size_t i = 0; i < reading->list.count && !check_has_enough(check); i++) {
        const struct mailbox *mailbox = &reading->list.mailboxes[i];

        check_protected(check, reading->place, &mailbox->address, REASON_PROTECTED);
        if (check->conf->display_name == DISPLAY_NAME_ANY)
            continue;
        check_text(check, reading->place, mailbox->name, mailbox->name_len,
                   REASON_ADDRESS_IN_NAME);
        check_text(check, reading->place, mailbox->comment, mailbox->comment_len,
                   REASON_ADDRESS_IN_NAME);
    }
}

void outside_check_fields(struct check *check)
{
    readings_make(check);
    if (check->conf->unauthenticated != UNAUTHENTICATED_PROTECT_OWNED)
        return;
    for (size_t i = 0; i < check->reading_count && !check_has_enough(check); i++) {
        struct reading *reading = &check->readings[i];

        if ((reading->place == PLACE_FROM && check->conf->from != FROM_ANY) ||
            (reading->place == PLACE_SENDER && check->conf->sender != CHECK_ANY))
            check_reading(check, reading);
    }
    if (check->facts->fields_dropped)
        verdict_add_violation(check->verdict, PLACE_FROM, REASON_TOO_LONG, NULL);
}
