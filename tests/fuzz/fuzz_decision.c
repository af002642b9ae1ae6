/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole decision: whoever is accepted used no address but his own, or one that he
 * may use on behalf, with a Sender of his own; one more field with somebody else's
 * address is never accepted, and every refusal has a proper reply. What rewrite makes
 * of a message is accepted, however broken it was: the changes are carried out here as
 * an MTA does, and the result is decided anew. With protect-owned, nobody from outside
 * shows an address that is somebody's.
 *
 * An input is a byte of settings, then lines: MAIL FROM as typed, as resolved, and
 * fields, "Name:value", folded lines joined to the one before.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "policy/policy.h"

#define ME "alice@x.test"
#define VICTIM "ceo@x.test"

#define BOSS "boss@x.test"

/* Rewriting adds some. */
enum { FIELDS_MAX = 8, ROOM = 4 * FIELDS_MAX + 8 };

/* One message, cut out of an input. */
struct message {
    const char *lines[2]; /* MAIL FROM as typed and as resolved; NULL: not there */
    struct facts_field fields[ROOM];
    size_t field_count;
};

static struct policy *make_policy(struct conf *conf)
{
    static const char *map = "inline:{ alice@x.test = alice, info@x.test = alice bob, "
                             "ceo@x.test = ceo, boss@x.test = boss }";
    static const char *behalf = "inline:{ boss@x.test = alice }";
    static const char *resend = "inline:{ info@x.test = alice }";
    struct buf error = BUF_INIT;
    struct policy *policy;

    conf->send_as.items = &map;
    conf->send_as.count = 1;
    conf->send_as.cap = 1;
    conf->on_behalf = (struct strlist){&behalf, 1, 1};
    conf->resend = (struct strlist){&resend, 1, 1};
    conf->store = "";
    conf->tag_field = "X-Sendas";
    conf->policy.own_address = conf->policy.reply = conf->policy.help_url = "";
    conf->login_domain = "x.test";
    conf->recipient_delimiter = "+";
    policy = policy_create(conf, &error);
    if (policy == NULL)
        fprintf(stderr, "%s\n", buf_str(&error));
    MUST(policy != NULL);
    buf_finish(&error);
    return policy;
}

/* The end of the line at `at`: a line feed without a blank behind it. */
static size_t line_end(const char *text, size_t at, size_t len)
{
    for (; at < len; at++) {
        if (text[at] == '\n' &&
            (at + 1 == len || (text[at + 1] != ' ' && text[at + 1] != '\t')))
            break;
    }
    return at;
}

static void add_field(struct message *message, const char *line, size_t len,
                      struct arena *arena)
{
    const char *colon = memchr(line, ':', len);
    struct facts_field *field = &message->fields[message->field_count];

    if (colon == NULL || message->field_count == FIELDS_MAX)
        return;
    field->name = arena_strndup(arena, line, (size_t)(colon - line));
    field->value_len = len - (size_t)(colon + 1 - line);
    field->value = arena_strndup(arena, colon + 1, field->value_len);
    MUST(field->name != NULL && field->value != NULL);
    if (facts_kind(&(struct facts_wanted){0}, field->name) == FACTS_SENDER)
        message->field_count++;
}

static void cut(const char *text, size_t len, struct message *message,
                struct arena *arena)
{
    size_t number = 0;

    for (size_t at = 0; at < len; number++) {
        size_t end = line_end(text, at, len);

        if (number < 2)
            message->lines[number] = arena_strndup(arena, text + at, end - at);
        else
            add_field(message, text + at, end - at, arena);
        at = end + 1;
    }
}

static void decide_for(struct policy *policy, const char *login,
                       const struct message *message, struct verdict *verdict)
{
    struct facts facts = {.login = login,
                          .client = "192.0.2.7",
                          .mail_from = message->lines[0],
                          .mail_addr = message->lines[1],
                          .fields = message->fields,
                          .field_count = message->field_count};

    verdict_reset(verdict);
    policy_check_envelope(policy, &facts, verdict);
    policy_check_header(policy, &facts, verdict);
    MUST(!verdict->arena.failed);
}

static void decide(struct policy *policy, const struct message *message,
                   struct verdict *verdict)
{
    decide_for(policy, "alice", message, verdict);
}

static bool is_mine(const char *text)
{
    static const char *const mine[] = {ME, "info@x.test"};
    const char *plus = strchr(text, '+');

    for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++) {
        size_t local = strcspn(mine[i], "@");

        if (strcmp(text, mine[i]) == 0 ||
            (plus != NULL && (size_t)(plus - text) == local &&
             strncmp(text, mine[i], local) == 0 &&
             strcmp(strrchr(text, '@'), mine[i] + local) == 0))
            return true;
    }
    return false;
}

static void check_reply(const struct verdict *verdict)
{
    struct buf text = BUF_INIT;
    const char *code, *enhanced;

    if (verdict->action != ACTION_REJECT && verdict->action != ACTION_DEFER)
        return;
    verdict_reply(verdict, &code, &enhanced, &text);
    MUST(code[0] == enhanced[0] && (code[0] == '4' || code[0] == '5'));
    MUST(text.len != 0 && text.len <= 400);
    for (size_t i = 0; i < text.len; i++)
        MUST(text.data[i] >= ' ' && text.data[i] < 0x7f);
    buf_finish(&text);
}

/* --- what rewriting makes of it --- */

/* The nth field of a name, counted as it was before any change. */
static size_t find_nth(const struct message *message, size_t count, const char *name,
                       unsigned nth)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(message->fields[i].name, name) == 0 && --nth == 0)
            return i;
    }
    MUST(false);
    return 0;
}

static void set_field(struct facts_field *field, const char *name, const char *value)
{
    *field = (struct facts_field){name, value, strlen(value), REASON_NONE};
}

/* Makes the changes of the verdict, and copies what lives in it. */
static void change(struct message *message, const struct verdict *verdict,
                   struct arena *arena)
{
    const size_t count = message->field_count; /* what was there at first */
    bool deleted[ROOM] = {false};
    size_t kept = 0;

    for (size_t i = 0; i < verdict->change_count; i++) {
        const struct verdict_change *change = &verdict->changes[i];
        const char *name = arena_strdup(arena, change->name);
        const char *value = arena_strdup(arena, change->value);

        switch (change->kind) {
        case CHANGE_ADD:
            /* A value that is a line of its own is one that nobody meant. */
            for (const char *p = value; (p = strchr(p, '\n')) != NULL; p++)
                MUST(p[1] == ' ' || p[1] == '\t');
            MUST(message->field_count < ROOM);
            set_field(&message->fields[message->field_count++], name, value);
            break;
        case CHANGE_REPLACE:
            set_field(&message->fields[find_nth(message, count, name, change->nth)],
                      name, value);
            break;
        case CHANGE_DELETE:
            deleted[find_nth(message, count, name, change->nth)] = true;
            break;
        case CHANGE_MAIL_FROM:
            message->lines[0] = value;
            message->lines[1] = value;
            break;
        case CHANGE_INSERT:
            MUST(false);
        }
    }
    for (size_t i = 0; i < message->field_count; i++) {
        enum place place;
        bool plain;

        if (!deleted[i] && facts_field_place(message->fields[i].name, &place, &plain))
            message->fields[kept++] = message->fields[i];
    }
    message->field_count = kept;
}

/* The mended message is accepted, and then needs nothing more. */
static void check_rewritten(struct policy *policy, const struct message *message,
                            struct verdict *verdict)
{
    struct message mended = *message;
    struct arena arena = {0};

    change(&mended, verdict, &arena);
    decide(policy, &mended, verdict);
    if (verdict->action != ACTION_ACCEPT)
        fprintf(stderr, "%s\n", reason_name(verdict->violations[0].reason));
    MUST(verdict->action == ACTION_ACCEPT);
    MUST(verdict->change_count == 0);
    arena_finish(&arena);
}

static void check_rewriting(struct conf *conf, const struct message *message,
                            struct verdict *verdict)
{
    static const enum on_violation kinds[] = {ON_VIOLATION_REWRITE,
                                              ON_VIOLATION_ADD_SENDER};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct policy *policy;

        conf->policy.on_violation = (int)kinds[i];
        policy = make_policy(conf);
        decide(policy, message, verdict);
        check_reply(verdict);
        MUST(verdict->action != ACTION_DEFER);
        if (verdict->action == ACTION_REWRITE || verdict->action == ACTION_ACCEPT)
            check_rewritten(policy, message, verdict);
        policy_destroy(policy);
    }
}

/* --- what is accepted as it is --- */

/* One more field, and the message is the victim's as well. */
static void check_more(struct policy *policy, struct message *message, const char *name,
                       const char *value, struct verdict *verdict)
{
    struct facts_field *field = &message->fields[message->field_count++];

    set_field(field, name, value);
    decide(policy, message, verdict);
    MUST(verdict->would == ACTION_REJECT);
    check_reply(verdict);
    message->field_count--;
}

/* Every address is his own, but what the rights beside send-as let stand there. */
static void check_addresses(const struct verdict *verdict, bool resent)
{
    bool on_behalf = false, sender = verdict->change_count != 0;

    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *entry = &verdict->addresses[i];

        if (entry->right == RIGHT_ON_BEHALF) {
            MUST(strncmp(entry->text, "boss", 4) == 0);
            MUST(entry->place == PLACE_FROM || entry->place == PLACE_MAIL_FROM ||
                 entry->place == PLACE_REPLY_TO);
            on_behalf |= entry->place == PLACE_FROM;
        } else if (entry->right == RIGHT_RESEND) {
            MUST(resent);
            MUST(entry->place != PLACE_MAIL_FROM && entry->place != PLACE_REPLY_TO);
        } else if (entry->right == RIGHT_SEND_AS) {
            MUST(is_mine(entry->text));
            sender |= entry->place == PLACE_SENDER;
        }
        sender |= entry->place == PLACE_SENDER && entry->right == RIGHT_RESEND;
    }
    MUST(!on_behalf || sender);
}

static bool is_resent(const struct message *message)
{
    for (size_t i = 0; i < message->field_count; i++) {
        if (strcasecmp(message->fields[i].name, "Resent-From") == 0)
            return true;
    }
    return false;
}

static void check_message(struct policy *policy, struct message *message,
                          struct verdict *verdict)
{
    const bool resent = is_resent(message);

    decide(policy, message, verdict);
    check_reply(verdict);
    MUST(verdict->lookup_error == NULL);
    if (verdict->action != ACTION_ACCEPT) {
        MUST(verdict->violation_count != 0 && verdict->change_count == 0);
        return;
    }
    MUST(verdict->violation_count == 0);
    check_addresses(verdict, resent);
    check_more(policy, message, "From ", ME, verdict);
    if (resent)
        return; /* more may stand below it */
    check_more(policy, message, "From", VICTIM, verdict);
    check_more(policy, message, "from", "\"A\" <" VICTIM ">", verdict);
    check_more(policy, message, "Sender", VICTIM, verdict);
    check_more(policy, message, "Sender", BOSS, verdict);
    check_more(policy, message, "Resent-From", "A <" ME ">, " VICTIM, verdict);
    check_more(policy, message, "Resent-Sender", VICTIM, verdict);
}

/* --- from outside --- */

/* Mail of a client that has not logged in shows no address that is somebody's. */
static void check_outside(struct conf *conf, struct message *message,
                          struct verdict *verdict)
{
    static const char *const values[] = {VICTIM, ("x@y.test, \"A\" <" VICTIM ">"),
                                         ("<" VICTIM "> x@y.test"), "ceo @ x . test",
                                         ("\"" VICTIM)};
    struct facts_field *field = &message->fields[message->field_count];
    struct policy *policy;

    conf->policy.on_violation = ON_VIOLATION_REJECT;
    conf->policy.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED;
    policy = make_policy(conf);
    decide_for(policy, NULL, message, verdict);
    check_reply(verdict);
    if (verdict->action == ACTION_ACCEPT) {
        MUST(verdict->change_count == 0 && verdict->login == NULL);
        message->field_count++;
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            set_field(field, i % 2 == 0 ? "From" : "sender", values[i]);
            decide_for(policy, NULL, message, verdict);
            MUST(verdict->action == ACTION_REJECT);
        }
        message->field_count--;
    }
    policy_destroy(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf conf = {0};
    struct arena arena = {0};
    struct message message = {0};
    struct verdict verdict;
    struct policy *policy;

    if (size == 0)
        return 0;
    conf.policy.display_name = data[0] & 1;
    conf.policy.null_sender = data[0] >> 1 & 1;
    conf.policy.missing_from = data[0] >> 2 & 1 ? MISSING_FROM_ALLOW : 0;
    conf.policy.reply_to = data[0] >> 3 & 1;
    conf.policy.from = data[0] >> 6 & 1 ? FROM_MAIL_FROM : FROM_OWNED;
    policy = make_policy(&conf);
    cut((const char *)data + 1, size - 1, &message, &arena);
    verdict_init(&verdict);
    check_message(policy, &message, &verdict);
    check_rewriting(&conf, &message, &verdict);
    check_outside(&conf, &message, &verdict);
    verdict_finish(&verdict);
    arena_finish(&arena);
    policy_destroy(policy);
    return 0;
}
