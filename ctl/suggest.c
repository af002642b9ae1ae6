/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/suggest.h"

#include <string.h>

#include "base/buf.h"
#include "ctl/replay.h"

void suggest_finish(struct suggest *suggest)
{
    hash_finish(&suggest->wishes_by_key);
    hash_finish(&suggest->domains);
    hash_finish(&suggest->wishes_by_address);
    verdict_finish(&suggest->verdict);
    arena_finish(&suggest->arena);
}

/* --- what the site has --- */

/* Whoever may use an address of a domain makes it one of the site's. */
static void domain_learn(struct suggest *suggest, const char *address)
{
    const char *at = address != NULL ? strrchr(address, '@') : NULL;
    void **slot;

    if (at == NULL || at[1] == '\0' || hash_find(&suggest->domains, at + 1) != NULL)
        return;
    slot = hash_slot(&suggest->domains, arena_strdup(&suggest->arena, at + 1));
    if (slot != NULL)
        *slot = suggest;
    else
        suggest->arena.failed = true;
}

static void domains_learn(struct suggest *suggest)
{
    const struct verdict *verdict = &suggest->verdict;

    domain_learn(suggest, verdict->login);
    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *address = &verdict->addresses[i];

        if (address->looked_up && address->owned == ANSWER_YES)
            domain_learn(suggest, address->text);
    }
}

/* --- wishes --- */

const char *suggest_setting(enum reason reason)
{
    static const struct {
        enum reason reason;
        const char *setting;
    } settings[] = {
        {REASON_MISSING_FROM, "missing_from = \"add\""},
        {REASON_NULL_SENDER, "null_sender = \"allow\""},
        {REASON_ADDRESS_IN_NAME, "display_name = \"any\""},
        {REASON_NOT_MAIL_FROM, "from = \"owned\""},
        {REASON_AUTH_PARAM, "auth_param = \"ignore\""},
    };

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (settings[i].reason == reason)
            return settings[i].setting;
    }
    return NULL;
}

/* The first address of a place that the login may use as its own, NULL: none. */
static const char *own_at(const struct verdict *verdict, enum place place)
{
    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *address = &verdict->addresses[i];

        if (address->place == place && address->looked_up &&
            address->owned == ANSWER_YES)
            return address->text;
    }
    return NULL;
}

/* What would help against an address that the login may not use, by the traces that an
 * honest client leaves: a Sender or a Resent-From of its own. */
static void grant_choose(const struct verdict *verdict,
                         const struct violation *violation, struct wish *like)
{
    const char *resent = own_at(verdict, PLACE_RESENT_FROM);

    like->kind = WISH_GRANT;
    like->right = RIGHT_SEND_AS;
    like->address = violation->address;
    if (violation->place != PLACE_FROM && violation->place != PLACE_SENDER)
        return;
    if (resent != NULL) {
        like->right = RIGHT_RESEND;
        like->address = resent;
    } else if (violation->place == PLACE_FROM &&
               own_at(verdict, PLACE_SENDER) != NULL) {
        like->right = RIGHT_ON_BEHALF;
    }
}

static struct wish wish_choose(const struct verdict *verdict,
                               const struct record *record,
                               const struct violation *violation)
{
    struct wish like = {.kind = WISH_NOTHING,
                        .login = verdict->login,
                        .reason = violation->reason,
                        .rule = verdict->rule};

    if (verdict->login == NULL && record->facts.login == NULL) {
        like.kind = WISH_CLIENT;
        like.client = record->facts.client;
    } else if (verdict->login == NULL) {
        like.login = record->facts.login;
    } else if (violation->reason == REASON_NOT_OWNED && violation->address != NULL) {
        grant_choose(verdict, violation, &like);
    } else if (suggest_setting(violation->reason) != NULL) {
        like.kind = WISH_SETTING;
        like.address = violation->address;
    }
    return like;
}

static void key_add(struct buf *key, const char *part)
{
    if (part == NULL)
        buf_adds(key, "-");
    else
        buf_addf(key, "%zu %s", strlen(part), part);
}

/* Of a grant the reason is always the same; of the others the address matters not, but
 * for what a name shows. */
static void wish_key(const struct wish *like, struct buf *key)
{
    buf_addf(key, "%d %d %d ", (int)like->kind, (int)like->right, (int)like->reason);
    key_add(key, like->login);
    key_add(key, like->client);
    key_add(key, like->kind == WISH_GRANT ? like->address : NULL);
    key_add(key, like->kind == WISH_SETTING ? like->rule : NULL);
}

static struct wish *wish_make(struct suggest *suggest, const struct wish *like)
{
    struct arena *arena = &suggest->arena;
    struct wish *wish = arena_alloc(arena, sizeof(*wish));

    if (wish == NULL)
        return NULL;
    *wish = (struct wish){.kind = like->kind,
                          .login = arena_strdup(arena, like->login),
                          .client = arena_strdup(arena, like->client),
                          .address = arena_strdup(arena, like->address),
                          .right = like->right,
                          .reason = like->reason,
                          .rule = arena_strdup(arena, like->rule),
                          .next = suggest->wishes};
    suggest->wishes = wish;
    suggest->wish_count++;
    return wish;
}

static struct wish *wish_find(struct suggest *suggest, const struct wish *like)
{
    struct buf key = BUF_INIT;
    struct wish *wish = NULL;
    const char *copy;
    void **slot;

    wish_key(like, &key);
    if (!key.failed)
        wish = hash_find(&suggest->wishes_by_key, buf_str(&key));
    if (wish == NULL && !key.failed) {
        copy = arena_strdup(&suggest->arena, buf_str(&key));
        slot = copy != NULL ? hash_slot(&suggest->wishes_by_key, copy) : NULL;
        wish = slot != NULL ? wish_make(suggest, like) : NULL;
        if (slot != NULL)
            *slot = wish;
    }
    suggest->arena.failed |= wish == NULL;
    buf_finish(&key);
    return wish;
}

/* As whom a client sends that has not logged in. */
static void sender_note(struct suggest *suggest, struct wish *wish, const char *address)
{
    if (address == NULL || strlist_has(&wish->senders, address))
        return;
    if (wish->senders.count == WISH_SENDERS_MAX)
        wish->more_senders = true;
    else
        strlist_add(&wish->senders, &suggest->arena, address);
}

static void senders_note(struct suggest *suggest, struct wish *wish,
                         const struct record *record)
{
    const struct facts *facts = &record->facts;
    struct arena *arena = &suggest->verdict.arena;
    const struct address_rules *rules = &policy_owners(suggest->policy)->site.rules;
    struct address address;
    bool null;

    if (address_parse_path(facts->mail_from, rules, arena, &address, &null) ==
            REASON_NONE &&
        !null)
        sender_note(suggest, wish, address.text);
    for (size_t i = 0; i < suggest->verdict.address_count; i++)
        sender_note(suggest, wish, suggest->verdict.addresses[i].text);
}

static void violation_take(struct suggest *suggest, const struct log_entry *entry,
                           const struct record *record,
                           const struct violation *violation)
{
    const struct wish like = wish_choose(&suggest->verdict, record, violation);
    struct wish *wish = wish_find(suggest, &like);

    if (wish == NULL)
        return;
    wish->places |= 1U << violation->place;
    if (wish->message == suggest->span.count)
        return;
    wish->message = suggest->span.count;
    span_add(&wish->span, entry, record->facts.client, &suggest->arena);
    if (wish->kind == WISH_CLIENT)
        senders_note(suggest, wish, record);
}

static bool login_wanted(const struct suggest *suggest)
{
    const char *login = suggest->verdict.login;

    return suggest->login == NULL ||
           strcmp(suggest->login, login != NULL ? login : "") == 0;
}

bool suggest_take(const struct log_entry *entry, struct arena *arena, void *arg)
{
    struct suggest *suggest = arg;
    struct verdict *verdict = &suggest->verdict;
    struct record record;

    span_add(&suggest->span, entry, NULL, &suggest->arena);
    if (!replay_read(entry, arena, &record)) {
        suggest->incomplete++;
        return !arena->failed;
    }
    verdict_reset(verdict);
    replay_examine(suggest->policy, &record, verdict);
    if (verdict->arena.failed)
        return false;
    domains_learn(suggest);
    if (verdict->lookup_error != NULL) {
        suggest->untold++;
        if (suggest->map_error == NULL)
            suggest->map_error = arena_strdup(&suggest->arena, verdict->lookup_error);
    }
    if (!login_wanted(suggest))
        return true;
    suggest->wrong += verdict->violation_count != 0;
    for (size_t i = 0; i < verdict_violations_kept(verdict); i++)
        violation_take(suggest, entry, &record, &verdict->violations[i]);
    return !suggest->arena.failed;
}
