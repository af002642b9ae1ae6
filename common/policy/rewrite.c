/* SPDX-License-Identifier: BSD-2-Clause */
/* rewrite.c - the changes that make a message the login's own. */
#include "config.h"

#include <string.h>

#include "mail/compose.h"
#include "mail/display_name.h"
#include "policy/check.h"

enum {
    KEPT_MAX = 4096,     /* bytes of an old field that are kept in another */
    KEPT_FIELDS_MAX = 10 /* old fields of which that is done */
};

/* The value that a buf holds, in the arena; NULL when memory ran out. */
static const char *take(struct check *check, struct buf *value)
{
    struct arena *arena = &check->verdict->arena;
    const char *text = value->failed ? NULL : arena_strdup(arena, buf_str(value));

    arena->failed |= value->failed;
    buf_finish(value);
    return text;
}

static void add_change(struct check *check, enum change_kind kind, const char *name,
                       unsigned nth, const char *value)
{
    verdict_add_change(check->verdict, kind, name, nth, value);
}

/* `Name <own address>` for a field of this name. */
static const char *own_mailbox(struct check *check, const char *field, const char *name)
{
    struct buf value = BUF_INIT;

    compose_mailbox(name, check_own_address(check), check->facts->smtputf8,
                    strlen(field) + 1, &value);
    return take(check, &value);
}

/* --- what stays of an old field --- */

/* The old value where it may stand as it is: it can be read in one way only. */
static const char *readable_value(struct check *check, struct reading *reading)
{
    const struct facts_field *field = reading->field;

    if (!reading->plain || field->known != REASON_NONE || field->value_len > KEPT_MAX ||
        reading_parse(check, reading) != REASON_NONE || reading->list.count == 0)
        return NULL;
    return field->value;
}

/* The old value under another name: nobody can take it for anything else. */
static void keep_old(struct check *check, struct reading *reading, const char *name)
{
    const struct facts_field *field = reading->field;
    const char *value = readable_value(check, reading);
    struct buf encoded = BUF_INIT;

    if (value == NULL && field->known == REASON_NONE) {
        compose_encoded(field->value,
                        field->value_len < KEPT_MAX ? field->value_len : KEPT_MAX,
                        strlen(name) + 1, &encoded);
        value = take(check, &encoded);
    }
    if (value != NULL && value[0] != '\0')
        add_change(check, CHANGE_ADD, name, 0, value);
}

/* The display name of the one author, where it shows no address; else "". */
static const char *author_name(struct check *check, struct reading *reading)
{
    const struct mailbox *mailbox;
    struct buf text = BUF_INIT;
    const char *name;
    size_t len;

    if (readable_value(check, reading) == NULL || reading->list.count != 1)
        return "";
    mailbox = &reading->list.mailboxes[0];
    if (mailbox->name_len != 0
            ? !display_name_text(mailbox->name, mailbox->name_len, &text)
            : !display_name_text(mailbox->comment, mailbox->comment_len, &text))
        buf_clear(&text);
    name = take(check, &text);
    if (name == NULL)
        return "";
    name += strspn(name, " ");
    len = strlen(name);
    while (len != 0 && name[len - 1] == ' ')
        len--;
    /* A comment as the name: Alice (in old mail, "alice@example.org (Alice)"). */
    if (mailbox->name_len == 0 && len > 2 && name[0] == '(' && name[len - 1] == ')') {
        name++;
        len -= 2;
    }
    name = arena_strndup(&check->verdict->arena, name, len);
    return name != NULL ? name : "";
}

/* --- From --- */

static struct reading *find_field(struct check *check, enum place place)
{
    for (size_t i = 0; i < check->reading_count; i++) {
        if (check->readings[i].place == place)
            return &check->readings[i];
    }
    return NULL;
}

/* May From stay as it is? */
static bool from_is_kept(struct check *check)
{
    struct reading *from = find_field(check, PLACE_FROM);

    if (check->conf->from == FROM_ANY)
        return true;
    if (from == NULL)
        return check->conf->missing_from == MISSING_FROM_ALLOW;
    return check->from_count == 1 && from->keep && check->from_nobody == 0;
}

/* Deletes fields of a place from the last to the first, so that the number of each is
 * right whether deleted ones still count or not. `all`: those too that may be kept. */
static void delete_fields(struct check *check, enum place place, bool all,
                          unsigned from_nth)
{
    for (size_t i = check->reading_count; i-- > 0;) {
        const struct reading *reading = &check->readings[i];

        if (reading->place == place && reading->plain && reading->nth >= from_nth &&
            (all || !reading->keep))
            add_change(check, CHANGE_DELETE, reading->field->name, reading->nth, NULL);
    }
}

/* With from = mail-from a new From is the envelope sender, where that is owned and
 * stays. */
static void follow_envelope(struct check *check)
{
    const char *envelope = check_envelope_text(check);

    if (check->conf->from == FROM_MAIL_FROM && envelope != NULL &&
        check->verdict->addresses[0].right == RIGHT_SEND_AS &&
        check_own_address(check) != NULL)
        check->own = envelope;
}

/* Is this the one address that the field names? */
static bool names_only(const struct reading *reading, const char *address)
{
    return reading->list.count == 1 &&
           strcmp(reading->list.mailboxes[0].address.text, address) == 0;
}

static void rewrite_from(struct check *check)
{
    struct reading *from = find_field(check, PLACE_FROM);
    const char *reply_to;
    size_t kept = 0;

    if (from == NULL) {
        add_change(check, CHANGE_ADD, "From", 0, own_mailbox(check, "From", ""));
        return;
    }
    add_change(check, CHANGE_REPLACE, from->field->name, 1,
               own_mailbox(check, "From",
                           check->from_count == 1 ? author_name(check, from) : ""));
    delete_fields(check, PLACE_FROM, true, 2);
    reply_to = check->from_count == 1 ? readable_value(check, from) : NULL;
    if (reply_to != NULL && !names_only(from, check->own) &&
        find_field(check, PLACE_REPLY_TO) == NULL && check->conf->reply_to == CHECK_ANY)
        add_change(check, CHANGE_ADD, "Reply-To", 0, reply_to);
    for (size_t i = 0; i < check->reading_count && kept < KEPT_FIELDS_MAX; i++) {
        if (check->readings[i].place != PLACE_FROM)
            continue;
        keep_old(check, &check->readings[i], "X-Original-From");
        kept++;
    }
}

/* --- the other fields --- */

static void rewrite_resent(struct check *check, enum place place, const char *name)
{
    size_t kept = 0;

    delete_fields(check, place, false, 1);
    for (size_t i = 0; i < check->reading_count && kept < KEPT_FIELDS_MAX; i++) {
        struct reading *reading = &check->readings[i];

        if (reading->place != place || reading->keep)
            continue;
        keep_old(check, reading, name);
        kept++;
    }
}

static bool is_resent(const struct reading *reading)
{
    return reading->place == PLACE_RESENT_FROM || reading->place == PLACE_RESENT_SENDER;
}

/* When one Resent field goes, so do all older blocks: which block is the topmost, and
 * what belongs to it, must not change for those that stay. */
static void drop_history(struct check *check)
{
    bool any = false;

    for (size_t i = 0; i < check->reading_count; i++)
        any |= is_resent(&check->readings[i]) && !check->readings[i].keep;
    for (size_t i = 0; any && i < check->reading_count; i++) {
        struct reading *reading = &check->readings[i];

        if (is_resent(reading) && delegate_is_history(check, reading))
            reading->keep = false;
    }
}

/* Does a Sender field stay that names somebody? */
static bool sender_stays(struct check *check)
{
    for (size_t i = 0; i < check->reading_count; i++) {
        struct reading *reading = &check->readings[i];

        if (reading->place == PLACE_SENDER && reading->keep &&
            (check->conf->sender == CHECK_ANY || reading->list.count != 0))
            return true;
    }
    return false;
}

/* Is there a violation that no change of the message mends? */
static bool has_hopeless(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    if (check->facts->fields_dropped)
        return true;
    for (size_t i = 0; i < check->reading_count; i++) {
        /* Such a field cannot be told from others when it is to be deleted. */
        if (!check->readings[i].plain && !check->readings[i].keep)
            return true;
    }
    for (size_t i = 0; i < verdict_violations_kept(verdict); i++) {
        switch (verdict->violations[i].reason) {
        case REASON_BAD_LOGIN:
        case REASON_LOGIN_REQUIRED:
        case REASON_PROTECTED:
            return true;
        default:
            break;
        }
        if (verdict->violations[i].place == PLACE_AUTH_PARAM)
            return true;
    }
    return false;
}

/* Is something wrong with the envelope sender? */
static bool envelope_is_wrong(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    for (size_t i = 0; i < verdict_violations_kept(verdict); i++) {
        if (verdict->violations[i].place == PLACE_MAIL_FROM)
            return true;
    }
    for (size_t i = 0; i < verdict->address_count; i++) {
        if (verdict->addresses[i].place == PLACE_MAIL_FROM &&
            verdict->addresses[i].owned == ANSWER_UNKNOWN)
            return true;
    }
    return false;
}

/* With from = mail-from: is the envelope sender an address that is not the login's own,
 * so that the new From cannot be that? */
static bool envelope_must_follow(const struct check *check)
{
    return check->conf->from == FROM_MAIL_FROM && check_envelope_text(check) != NULL &&
           check->verdict->addresses[0].right != RIGHT_SEND_AS;
}

static void add_sender(struct check *check, const char *address)
{
    struct buf value = BUF_INIT;

    compose_mailbox("", address, check->facts->smtputf8, strlen("Sender:"), &value);
    add_change(check, CHANGE_ADD, "Sender", 0, take(check, &value));
}

bool rewrite_message(struct check *check)
{
    const bool envelope_changes = envelope_is_wrong(check);
    /* With from = mail-from, From goes with the envelope. */
    const bool from_stays = from_is_kept(check) &&
                            !(envelope_changes && check->conf->from == FROM_MAIL_FROM);
    const char *own;

    if (check_own_address(check) == NULL || has_hopeless(check))
        return false;
    if (!envelope_changes)
        follow_envelope(check);
    own = check->own;
    if (envelope_changes || (!from_stays && envelope_must_follow(check)))
        add_change(check, CHANGE_MAIL_FROM, NULL, 0, own);
    if (!from_stays)
        rewrite_from(check);
    delete_fields(check, PLACE_SENDER, false, 1);
    delete_fields(check, PLACE_REPLY_TO, false, 1);
    drop_history(check);
    rewrite_resent(check, PLACE_RESENT_FROM, "X-Original-Resent-From");
    rewrite_resent(check, PLACE_RESENT_SENDER, "X-Original-Resent-Sender");
    if (from_stays && check->needs_sender && !sender_stays(check))
        add_sender(check, own);
    return true;
}

/* --- add-sender --- */

/* Only who the author is, and who the sender, may be wrong. */
static bool sender_mends(const struct violation *violation)
{
    if (violation->place == PLACE_SENDER)
        return violation->reason != REASON_ODD_FIELD_NAME;
    return violation->place == PLACE_FROM &&
           (violation->reason == REASON_NOT_OWNED ||
            violation->reason == REASON_NOT_MAIL_FROM);
}

bool rewrite_sender(struct check *check)
{
    const struct verdict *verdict = check->verdict;
    const char *own = check_own_address(check);
    const struct reading *sender = find_field(check, PLACE_SENDER);
    bool stays = check->conf->sender == CHECK_OWNED; /* else nobody knows whose it is */

    if (own == NULL || check_has_enough(check) || check->facts->fields_dropped)
        return false;
    for (size_t i = 0; i < verdict_violations_kept(verdict); i++) {
        if (!sender_mends(&verdict->violations[i]))
            return false;
    }
    for (size_t i = 0; i < check->reading_count; i++) {
        if (check->readings[i].place == PLACE_SENDER)
            stays &= check->readings[i].keep;
    }
    if (sender == NULL) {
        add_sender(check, own);
    } else if (!stays || !sender_stays(check)) {
        add_change(check, CHANGE_REPLACE, sender->field->name, 1,
                   own_mailbox(check, "Sender", ""));
        delete_fields(check, PLACE_SENDER, true, 2);
    }
    return true;
}

/* --- what an accepted message lacks --- */

/* RFC 5322 3.6.2: several authors, all of them the login's. The envelope sender is the
 * one that it sends as, the first author stands in for an empty one. */
static const char *first_author(const struct verdict *verdict)
{
    const char *first = NULL;

    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *entry = &verdict->addresses[i];

        if (entry->place == PLACE_MAIL_FROM && entry->right == RIGHT_SEND_AS)
            return entry->text;
        if (entry->place == PLACE_FROM && first == NULL)
            first = entry->text;
    }
    return first;
}

void rewrite_complete(struct check *check)
{
    struct reading *from = find_field(check, PLACE_FROM);
    const char *sender;

    if (check->conf->from != FROM_ANY &&
        check->conf->missing_from == MISSING_FROM_ADD &&
        (from == NULL || check->from_nobody != 0)) {
        const char *own;

        follow_envelope(check);
        own = own_mailbox(check, "From", "");
        if (from == NULL)
            add_change(check, CHANGE_ADD, "From", 0, own);
        else
            add_change(check, CHANGE_REPLACE, from->field->name, 1, own);
        return;
    }
    if (!check->needs_sender || check->sender_count != 0)
        return;
    sender = check->on_behalf ? check_own_address(check) : first_author(check->verdict);
    if (sender != NULL)
        add_sender(check, sender);
}
