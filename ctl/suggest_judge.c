/* SPDX-License-Identifier: BSD-2-Clause */
/* suggest_judge.c - what speaks against a grant or a rule, and what may stand for
 * several of them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/network.h"
#include "conf/conf_table.h"
#include "ctl/owners.h"
#include "ctl/shell.h"
#include "ctl/suggest.h"

/* --- whose an address is --- */

/* The owners of an address; none when a map cannot tell. */
static struct owners owners_of(struct suggest *suggest, const char *text)
{
    /* The maps that the policy has opened. */
    const struct site site = {.owners = policy_owners(suggest->policy)};
    struct owners owners = {0};
    struct address address;
    struct buf error = BUF_INIT;

    if (address_parse(text, strlen(text), &site.owners->site.rules, &suggest->arena,
                      &address, NULL) == REASON_NONE &&
        !address.unownable &&
        owners_find(&site, RIGHT_SEND_AS, &address, &suggest->arena, &owners, &error) !=
            ANSWER_YES)
        owners = (struct owners){0};
    buf_finish(&error);
    return owners;
}

/* Does anybody own anything in the domain, as far as the log and the maps tell? */
static bool domain_is_known(struct suggest *suggest, const char *domain)
{
    const char *any;

    if (hash_find(&suggest->domains, domain) != NULL ||
        strcmp(suggest->login_domain, domain) == 0)
        return true;
    any = arena_printf(&suggest->arena, "postmaster@%s", domain);
    return any != NULL && owners_of(suggest, any).logins.count != 0;
}

/* What lies below a domain of the site is the site's as well. */
static bool domain_is_ours(struct suggest *suggest, const char *domain)
{
    while (domain != NULL && domain[0] != '[') {
        if (domain_is_known(suggest, domain))
            return true;
        domain = strchr(domain, '.');
        domain = domain != NULL ? domain + 1 : NULL;
    }
    return false;
}

/* --- what speaks against it --- */

/* What `grant' would refuse. */
static const char *login_objection(const char *login)
{
    if (strpbrk(login, " \t,") != NULL)
        return "no grant can name this login, for it holds a blank or a comma";
    if (strcmp(login, "*") == 0 || strncmp(login, "group:", 6) == 0)
        return "no grant can name this login, for it would mean others";
    return NULL;
}

static void grant_judge(struct suggest *suggest, struct wish *wish)
{
    const char *at = strrchr(wish->address, '@');
    struct owners owners;

    wish->domain = at != NULL ? at + 1 : "";
    wish->hint = login_objection(wish->login);
    wish->suspicious = wish->hint != NULL;
    if (wish->suspicious || wish->right == RIGHT_RESEND)
        return; /* the address is the login's own */
    owners = owners_of(suggest, wish->address);
    if (owners.logins.count != 0) {
        /* Just that is what a forger would like. */
        wish->suspicious = true;
        wish->hint = arena_printf(&suggest->arena, "belongs to %s: shall both use it?",
                                  owners_shown(&owners, &suggest->arena));
    } else if (!domain_is_ours(suggest, wish->domain)) {
        wish->suspicious = true;
        wish->hint = arena_printf(
            &suggest->arena,
            "nobody here owns anything in %s: forged, or private mail?", wish->domain);
    }
}

/* Networks that nobody from outside sends from. */
static bool client_is_inside(const char *client)
{
    static const char *const networks[] = {
        "10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8",
        "169.254.0.0/16", "::1/128",       "fc00::/7",       "fe80::/10"};
    struct network network;
    struct ip ip;

    if (client == NULL)
        return false;
    if (strcmp(client, FACTS_CLIENT_LOCAL) == 0)
        return true;
    if (!ip_parse(client, &ip))
        return false;
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        struct buf why = BUF_INIT;
        bool has =
            network_parse(networks[i], &network, &why) && network_has(&network, &ip);

        buf_finish(&why);
        if (has)
            return true;
    }
    return false;
}

static void client_judge(struct suggest *suggest, struct wish *wish)
{
    bool ours = wish->senders.count != 0;

    for (size_t i = 0; i < wish->senders.count; i++) {
        const char *at = strrchr(wish->senders.items[i], '@');

        ours &= at != NULL && domain_is_ours(suggest, at + 1);
    }
    if (wish->client == NULL) {
        wish->suspicious = true;
        wish->hint = "its address is not known";
    } else if (!client_is_inside(wish->client)) {
        wish->suspicious = true;
        wish->hint = "it is on the Internet: forged, or a list or forwarder that needs "
                     "an exception?";
    } else if (!ours) {
        wish->suspicious = true;
        wish->hint = "it sends as addresses in which nobody here owns anything";
    }
    if (wish->senders.count == 1 && !wish->more_senders) {
        const struct owners owners = owners_of(suggest, wish->senders.items[0]);

        if (owners.logins.count == 1 && login_objection(owners.logins.items[0]) == NULL)
            wish->owner = owners.logins.items[0];
    }
}

/* Behind a rule that decides already, another would never be reached. */
static void rule_judge(struct wish *wish)
{
    wish->suspicious |= wish->rule != NULL && strcmp(wish->rule, "default") != 0;
}

static void wish_judge(struct suggest *suggest, struct wish *wish)
{
    switch (wish->kind) {
    case WISH_GRANT:
        grant_judge(suggest, wish);
        break;
    case WISH_CLIENT:
        client_judge(suggest, wish);
        rule_judge(wish);
        break;
    case WISH_SETTING:
        wish->suspicious = wish->reason == REASON_ADDRESS_IN_NAME;
        rule_judge(wish);
        break;
    case WISH_NOTHING:
        break;
    }
}

/* --- order --- */

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

/* By kind, by login, the one with the most first, what is suspicious last, then by
 * domain, then the most frequent.
 */
static int compare_wishes(const void *a, const void *b)
{
    const struct wish *one = *(struct wish *const *)a, *two = *(struct wish *const *)b;
    int order = (int)one->kind - (int)two->kind;

    if (order == 0 && one->login_count != two->login_count)
        return one->login_count < two->login_count ? 1 : -1;
    if (order == 0)
        order = compare_texts(one->login, two->login);
    if (order == 0)
        order = (int)one->suspicious - (int)two->suspicious;
    if (order == 0)
        order = (int)one->right - (int)two->right;
    if (order == 0)
        order = compare_texts(one->domain, two->domain);
    if (order == 0 && one->span.count != two->span.count)
        order = one->span.count < two->span.count ? 1 : -1;
    if (order == 0)
        order = compare_texts(one->address, two->address);
    if (order == 0)
        order = compare_texts(one->client, two->client);
    return order != 0 ? order : (int)one->reason - (int)two->reason;
}

static bool same_domain(const struct wish *one, const struct wish *two)
{
    return one->kind == WISH_GRANT && two->kind == WISH_GRANT &&
           one->right == two->right && one->suspicious == two->suspicious &&
           strcmp(one->login, two->login) == 0 && strcmp(one->domain, two->domain) == 0;
}

/* Those for one login and domain stand together. */
static void runs_count(struct suggest *suggest)
{
    struct wish *first = suggest->wishes;

    for (struct wish *wish = first; wish != NULL; wish = wish->next) {
        if (wish->kind != WISH_GRANT)
            continue;
        if (!same_domain(first, wish))
            first = wish;
        first->domain_count++;
    }
}

static void address_link(struct suggest *suggest, struct wish *wish)
{
    const char *key;
    struct wish *first;
    void **slot;

    if (wish->kind != WISH_GRANT)
        return;
    key = arena_printf(&suggest->arena, "%d %s", (int)wish->right, wish->address);
    slot = key != NULL ? hash_slot(&suggest->wishes_by_address, key) : NULL;
    if (slot == NULL) {
        suggest->arena.failed = true;
        return;
    }
    if (*slot == NULL)
        *slot = wish;
    else
        ((struct wish *)*slot)->address_last->address_next = wish;
    first = *slot;
    first->address_last = wish;
    first->address_count++;
}

/* How many messages all that a login wishes for would let pass. */
static void logins_count(struct suggest *suggest)
{
    struct hash counts = {NULL, 0, 0, 0};
    void **slot;

    for (struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next) {
        slot = hash_slot(&counts, wish->login != NULL ? wish->login : "");
        if (slot == NULL)
            suggest->arena.failed = true;
        else if (*slot == NULL)
            *slot = wish; /* it keeps the sum */
        if (slot != NULL)
            ((struct wish *)*slot)->login_count += wish->span.count;
    }
    for (struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next) {
        const struct wish *first =
            hash_find(&counts, wish->login != NULL ? wish->login : "");

        if (first != NULL)
            wish->login_count = first->login_count;
    }
    hash_finish(&counts);
}

bool suggest_judge(struct suggest *suggest)
{
    struct wish **list = malloc((suggest->wish_count + 1) * sizeof(struct wish *));
    struct wish **end = list;

    if (list == NULL)
        return false;
    logins_count(suggest);
    for (struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next) {
        wish_judge(suggest, wish);
        *end++ = wish;
    }
    qsort(list, (size_t)(end - list), sizeof(*list), compare_wishes);
    suggest->wishes = NULL;
    while (end-- > list) {
        (*end)->next = suggest->wishes;
        suggest->wishes = *end;
    }
    free(list);
    runs_count(suggest);
    for (struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next)
        address_link(suggest, wish);
    return !suggest->arena.failed;
}

/* --- commands --- */

static const char *right_option(enum right right)
{
    switch (right) {
    case RIGHT_ON_BEHALF:
        return "--on-behalf";
    case RIGHT_RESEND:
        return "--resend";
    default:
        return NULL;
    }
}

/* A word that looks like an option wants "--" before it. */
static void words_add(struct suggest *suggest, struct strlist *command,
                      const char *login, const char *address)
{
    if (login[0] == '-' || address[0] == '-')
        strlist_add(command, &suggest->arena, "--");
    strlist_add(command, &suggest->arena, login);
    strlist_add(command, &suggest->arena, address);
}

static const struct strlist *grant_make(struct suggest *suggest, enum right right,
                                        const char *login, const char *address)
{
    struct strlist *command = arena_alloc(&suggest->arena, sizeof(*command));

    if (command == NULL)
        return NULL;
    strlist_add(command, &suggest->arena, "grant");
    if (right_option(right) != NULL)
        strlist_add(command, &suggest->arena, right_option(right));
    words_add(suggest, command, login, address);
    return command;
}

const struct strlist *suggest_command(struct suggest *suggest, const struct wish *wish)
{
    if (wish->kind != WISH_GRANT)
        return NULL;
    return grant_make(suggest, wish->right, wish->login, wish->address);
}

/* --- alternatives --- */

bool suggest_domain(struct suggest *suggest, const struct wish *wish,
                    struct alternative *alternative_r)
{
    if (wish->domain_count < ALTERNATIVE_MIN || wish->suspicious ||
        wish->right == RIGHT_RESEND)
        return false;
    *alternative_r = (struct alternative){
        .why = arena_printf(&suggest->arena,
                            "or, for these %zu, all of the domain that has no owner of "
                            "its own:",
                            wish->domain_count),
        .commands = {grant_make(suggest, wish->right, wish->login,
                                arena_printf(&suggest->arena, "@%s", wish->domain))}};
    return true;
}

/* The logins that wish for the same address, as "group add NAME LOGIN...". */
bool suggest_group(struct suggest *suggest, const struct wish *wish,
                   struct alternative *alternative_r)
{
    struct arena *arena = &suggest->arena;
    struct strlist *add;
    const char *name;

    if (wish->address_count < ALTERNATIVE_MIN || wish->suspicious ||
        wish->right == RIGHT_RESEND)
        return false;
    name = arena_strndup(arena, wish->address, strcspn(wish->address, "@"));
    add = arena_alloc(arena, sizeof(*add));
    if (name == NULL || add == NULL)
        return false;
    strlist_add(add, arena, "group");
    strlist_add(add, arena, "add");
    if (name[0] == '-')
        strlist_add(add, arena, "--");
    strlist_add(add, arena, name);
    for (const struct wish *other = wish; other != NULL; other = other->address_next)
        strlist_add(add, arena, other->login);
    *alternative_r = (struct alternative){
        .why = arena_printf(
            arena, "or, for the %zu logins that use it, a group:", wish->address_count),
        .commands = {add,
                     grant_make(suggest, wish->right,
                                arena_printf(arena, "group:%s", name), wish->address)}};
    return true;
}

/* --- rules --- */

static void line_add(struct buf *out, const char *name, const char *value, bool list)
{
    buf_addf(out, "    %s = %s", name, list ? "{ " : "");
    conf_quoted_format(value, out);
    buf_adds(out, list ? " }\n" : "\n");
}

/* Can a person read it? */
static bool is_readable(const char *text)
{
    struct buf word = BUF_INIT;
    bool readable = shell_word_add(&word, text);

    buf_finish(&word);
    return readable;
}

static bool setting_rule(const struct wish *wish, struct buf *out)
{
    struct buf name = BUF_INIT;

    if (!is_readable(wish->login))
        return false;
    buf_addf(&name, "%s: %s", reason_name(wish->reason), wish->login);
    buf_adds(out, "rule ");
    conf_quoted_format(buf_str(&name), out);
    buf_adds(out, " {\n");
    line_add(out, "logins", wish->login, true);
    buf_addf(out, "    %s\n}\n", suggest_setting(wish->reason));
    out->failed |= name.failed;
    buf_finish(&name);
    return true;
}

/* One that always sends as one address is the owner of that; one that sends as many
 * knows its people itself. */
static bool client_rule(const struct wish *wish, struct buf *out)
{
    const char *identity = wish->senders.count == 1 && !wish->more_senders
                               ? wish->senders.items[0]
                               : "mail-from";
    struct buf name = BUF_INIT;

    if (wish->client == NULL || wish->senders.count == 0)
        return false;
    if (wish->owner != NULL)
        identity = wish->owner;
    if (!is_readable(wish->client) || !is_readable(identity))
        return false;
    buf_addf(&name, "client %s", wish->client);
    buf_adds(out, "rule ");
    conf_quoted_format(buf_str(&name), out);
    buf_adds(out, " {\n");
    line_add(out, "clients", wish->client, true);
    line_add(out, "identity", identity, false);
    buf_adds(out, "}\n");
    out->failed |= name.failed;
    buf_finish(&name);
    return true;
}

bool suggest_rule(const struct wish *wish, struct buf *out)
{
    switch (wish->kind) {
    case WISH_SETTING:
        return setting_rule(wish, out);
    case WISH_CLIENT:
        return client_rule(wish, out);
    default:
        return false;
    }
}
