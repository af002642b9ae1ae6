/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/rules.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/hash.h"
#include "base/network.h"
#include "base/strlist.h"
#include "conf/conf_policy_checks.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"
#include "mail/address.h"
#include "mail/login.h"
#include "policy/owner.h"

enum {
    WORD_BITS = 64,
    WORDS_MAX = (CONF_TITLED_MAX + WORD_BITS - 1) / WORD_BITS,
    NAME_KEY_MAX = 256, /* bytes of a name, with its NUL */
    NETWORK_KEY_MAX = 40,
    PREFIXES_MAX = 2 * 129, /* lengths of networks, of each family */
    VALUE_SHOWN = 80,
    TLS_LEVELS = MIN_TLS_1_3 + 1
};

/* A set of rules: a bit for each, by its number in the file. */
typedef uint64_t bits;

/* One kind of condition: which rules hold for a value, and which do not ask. */
struct condition {
    struct hash values; /* text -> bits * */
    bits *indifferent;
    bool used; /* by any rule */
};

/* A group that rules name, and its number. */
struct group {
    const char *name;
    size_t number;
};

/* The groups that one rule names. */
struct rule_groups {
    const struct group **items;
    size_t count;
};

/* All networks of one length. */
struct prefix {
    bool v4;
    unsigned bits; /* as in struct network */
};

struct rules {
    struct arena arena;
    const struct conf *conf;
    size_t words; /* of a set */
    struct condition logins, login_domains, clients, client_names, daemons, mechanisms,
        cert_subjects;
    struct prefix prefixes[PREFIXES_MAX]; /* that the networks in `clients` have */
    size_t prefix_count;
    struct hash groups; /* name -> struct group * */
    size_t group_count;
    struct rule_groups *rule_groups; /* of each rule */
    bits *grouped;                   /* rules that name groups */
    bits *authenticated[2];          /* rules that may hold without and with a login */
    bits *tls[TLS_LEVELS]; /* rules that may hold for a connection of that level */
};

/* --- sets --- */

static bits *bits_create(struct rules *rules)
{
    return arena_alloc(&rules->arena, rules->words * sizeof(bits));
}

/* Memory may have run out; the arena knows. */
static void bits_set(bits *set, size_t n)
{
    if (set != NULL)
        set[n / WORD_BITS] |= (bits)1 << (n % WORD_BITS);
}

static bool bits_has(const bits *set, size_t n)
{
    return (set[n / WORD_BITS] >> (n % WORD_BITS) & 1) != 0;
}

static void bits_unite(const struct rules *rules, bits *set, const bits *other)
{
    for (size_t i = 0; other != NULL && i < rules->words; i++)
        set[i] |= other[i];
}

static void bits_meet(const struct rules *rules, bits *set, const bits *other)
{
    for (size_t i = 0; i < rules->words; i++)
        set[i] &= other[i];
}

/* --- keys --- */

/* In ASCII lower case, without a dot at the end. false: longer than any name. */
static bool name_key(const char *name, char key_r[NAME_KEY_MAX])
{
    size_t len = strlen(name);

    if (len != 0 && name[len - 1] == '.')
        len--;
    if (len == 0 || len >= NAME_KEY_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        key_r[i] = (char)tolower((unsigned char)name[i]);
    key_r[len] = '\0';
    return true;
}

/* The first address of the network of that length, and the length. */
static void network_key(const struct ip *ip, unsigned prefix,
                        char key_r[NETWORK_KEY_MAX])
{
    static const char digits[] = "0123456789abcdef";
    char *out = key_r;

    *out++ = ip->v4 ? '4' : '6';
    *out++ = (char)(1 + prefix); /* never NUL */
    for (unsigned i = 0; 8 * i < prefix; i++) {
        const unsigned left = prefix - 8 * i;
        const unsigned mask = left >= 8 ? 0xff : 0xff00u >> left & 0xff;

        *out++ = digits[(ip->bytes[i] & mask) >> 4];
        *out++ = digits[ip->bytes[i] & mask & 0xf];
    }
    *out = '\0';
}

/* "example.org", or ".example.org" for what is below, as it is compared. NULL: it does
 * not convert, or memory ran out. */
static const char *domain_key(const char *text, struct arena *arena)
{
    const size_t below = text[0] == '.';
    const char *domain =
        address_normalise_domain(text + below, strlen(text + below), arena);

    if (domain == NULL || below == 0)
        return domain;
    return arena_printf(arena, ".%s", domain);
}

/* --- making ready --- */

/* The rule that is made ready. */
struct making {
    struct rules *rules;
    const struct conf_rule *rule; /* NULL: the top level */
    size_t n;                     /* its number */
    struct buf *errors;
    bool ok;
};

static void making_complain(struct making *making, const char *name, const char *value,
                            const char *expected)
{
    const struct conf_head *head = &making->rules->conf->head;

    if (!making->ok)
        buf_addc(making->errors, '\n');
    making->ok = false;
    if (making->rule != NULL)
        conf_titled_where(head, making->rule, name, making->errors);
    else
        conf_where(head, NULL, name, making->errors);
    buf_addf(making->errors, "expected %s, found \"", expected);
    escape_text(making->errors, value, strlen(value), VALUE_SHOWN);
    buf_addc(making->errors, '"');
}

/* Notes that the rule holds for the value. */
static void value_add(struct making *making, struct condition *condition,
                      const char *value)
{
    struct rules *rules = making->rules;
    const char *key = arena_strdup(&rules->arena, value);
    void **slot = key != NULL ? hash_slot(&condition->values, key) : NULL;

    if (slot != NULL && *slot == NULL)
        *slot = bits_create(rules);
    if (slot == NULL || *slot == NULL)
        rules->arena.failed = true;
    else
        bits_set(*slot, making->n);
}

static void group_add(struct making *making, const char *name)
{
    struct rules *rules = making->rules;
    struct rule_groups *groups = &rules->rule_groups[making->n];
    void **slot = hash_slot(&rules->groups, name);
    struct group *group = slot != NULL ? *slot : NULL;

    if (slot != NULL && group == NULL)
        *slot = group = arena_alloc(&rules->arena, sizeof *group);
    if (groups->items == NULL)
        groups->items = arena_alloc(&rules->arena, making->rule->logins.count *
                                                       sizeof(*groups->items));
    if (group == NULL || groups->items == NULL) {
        rules->arena.failed = true;
        return;
    }
    if (group->name == NULL)
        *group = (struct group){name, rules->group_count++};
    groups->items[groups->count++] = group;
    bits_set(rules->grouped, making->n);
}

static void login_add(struct making *making, const char *text)
{
    struct rules *rules = making->rules;
    const char *group = owner_group_name(text, &rules->arena);
    const char *login;

    if (group != NULL) {
        group_add(making, group);
        return;
    }
    login =
        login_normalise(text, strlen(text), rules->conf->login_domain, &rules->arena);
    if (login != NULL)
        value_add(making, &rules->logins, login);
    else
        making_complain(making, "logins", text, "a login");
}

static void login_domain_add(struct making *making, const char *text)
{
    const char *key = domain_key(text, &making->rules->arena);

    if (key != NULL)
        value_add(making, &making->rules->login_domains, key);
    else
        making_complain(making, "login_domains", text, "a domain");
}

static void prefix_add(struct rules *rules, const struct network *network)
{
    for (size_t i = 0; i < rules->prefix_count; i++) {
        if (rules->prefixes[i].v4 == network->first.v4 &&
            rules->prefixes[i].bits == network->bits)
            return;
    }
    rules->prefixes[rules->prefix_count++] =
        (struct prefix){network->first.v4, network->bits};
}

static void client_add(struct making *making, const char *text)
{
    struct rules *rules = making->rules;
    struct network network;
    struct buf why = BUF_INIT;
    char key[NETWORK_KEY_MAX];

    if (strcmp(text, CLIENT_LOCAL) == 0) {
        value_add(making, &rules->clients, CLIENT_LOCAL);
    } else if (network_parse(text, &network, &why)) {
        prefix_add(rules, &network);
        network_key(&network.first, network.bits, key);
        value_add(making, &rules->clients, key);
    } else {
        making_complain(making, "clients", text, "an address or a network");
    }
    buf_finish(&why);
}

static void name_add(struct making *making, struct condition *condition,
                     const char *name, const char *text)
{
    char key[NAME_KEY_MAX];

    if (name_key(text, key))
        value_add(making, condition, key);
    else
        making_complain(making, name, text, "a name of at most 255 bytes");
}

static void client_name_add(struct making *making, const char *text)
{
    const char *key = domain_key(text, &making->rules->arena);

    if (key != NULL)
        value_add(making, &making->rules->client_names, key);
    else
        making_complain(making, "client_names", text, "the name of a host");
}

static void daemon_add(struct making *making, const char *text)
{
    name_add(making, &making->rules->daemons, "daemons", text);
}

static void mechanism_add(struct making *making, const char *text)
{
    name_add(making, &making->rules->mechanisms, "mechanisms", text);
}

static void cert_subject_add(struct making *making, const char *text)
{
    value_add(making, &making->rules->cert_subjects, text);
}

static void condition_make(struct making *making, struct condition *condition,
                           const struct strlist *values,
                           void (*add)(struct making *making, const char *text))
{
    condition->used = condition->used || values->count != 0;
    if (values->count == 0)
        bits_set(condition->indifferent, making->n);
    for (size_t i = 0; i < values->count; i++)
        add(making, values->items[i]);
}

/* What the policy puts into messages has to be what it says. */
static void policy_check(struct making *making, const struct conf_policy *policy)
{
    const struct conf *conf = making->rules->conf;
    const struct address_rules how = {conf->case_sensitive_local_part,
                                      conf->recipient_delimiter};
    struct address address;

    if (policy->own_address[0] == '\0' ||
        (address_parse(policy->own_address, strlen(policy->own_address), &how,
                       &making->rules->arena, &address, NULL) == REASON_NONE &&
         !address.unownable))
        return;
    if (making->rule == NULL ||
        conf_titled_line(&conf->head, making->rule, "own_address") != 0)
        making_complain(making, "own_address", policy->own_address, "an address");
}

static void identity_check(struct making *making)
{
    const char *identity = making->rule->identity;

    if (identity[0] != '\0' && login_normalise(identity, strlen(identity), NULL,
                                               &making->rules->arena) == NULL)
        making_complain(making, "identity", identity, "a login");
}

static void rule_make(struct making *making)
{
    struct rules *rules = making->rules;
    const struct conf_rule *rule = making->rule;

    condition_make(making, &rules->logins, &rule->logins, login_add);
    condition_make(making, &rules->login_domains, &rule->login_domains,
                   login_domain_add);
    condition_make(making, &rules->clients, &rule->clients, client_add);
    condition_make(making, &rules->client_names, &rule->client_names, client_name_add);
    condition_make(making, &rules->daemons, &rule->daemons, daemon_add);
    condition_make(making, &rules->mechanisms, &rule->mechanisms, mechanism_add);
    condition_make(making, &rules->cert_subjects, &rule->cert_subjects,
                   cert_subject_add);
    if (rule->authenticated != RULE_AUTHENTICATED_YES)
        bits_set(rules->authenticated[0], making->n);
    if (rule->authenticated != RULE_AUTHENTICATED_NO)
        bits_set(rules->authenticated[1], making->n);
    for (int level = rule->min_tls; level < TLS_LEVELS; level++)
        bits_set(rules->tls[level], making->n);
    policy_check(making, &rule->policy);
    identity_check(making);
}

static struct condition *const *rules_conditions(struct rules *rules,
                                                 struct condition *list_r[7])
{
    list_r[0] = &rules->logins;
    list_r[1] = &rules->login_domains;
    list_r[2] = &rules->clients;
    list_r[3] = &rules->client_names;
    list_r[4] = &rules->daemons;
    list_r[5] = &rules->mechanisms;
    list_r[6] = &rules->cert_subjects;
    return list_r;
}

static void sets_create(struct rules *rules)
{
    struct condition *list[7];

    rules_conditions(rules, list);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        list[i]->indifferent = bits_create(rules);
    for (size_t i = 0; i < 2; i++)
        rules->authenticated[i] = bits_create(rules);
    for (size_t i = 0; i < TLS_LEVELS; i++)
        rules->tls[i] = bits_create(rules);
    rules->grouped = bits_create(rules);
    rules->rule_groups = arena_alloc(&rules->arena, (rules->conf->rule_count + 1) *
                                                        sizeof *rules->rule_groups);
}

struct rules *rules_create(const struct conf *conf, struct buf *error_r)
{
    struct rules *rules = calloc(1, sizeof *rules);
    struct making making = {.rules = rules, .errors = error_r, .ok = true};

    buf_clear(error_r);
    if (rules != NULL) {
        rules->conf = conf;
        rules->words = conf->rule_count / WORD_BITS + 1;
        sets_create(rules);
        if (!rules->arena.failed) {
            policy_check(&making, &conf->policy);
            for (; making.n < conf->rule_count; making.n++) {
                making.rule = &conf->rules[making.n];
                rule_make(&making);
            }
        }
        if (making.ok && !rules->arena.failed)
            return rules;
    }
    if (making.ok)
        buf_adds(error_r, "the rules cannot be made ready: out of memory");
    rules_destroy(rules);
    return NULL;
}

void rules_destroy(struct rules *rules)
{
    struct condition *list[7];

    if (rules == NULL)
        return;
    rules_conditions(rules, list);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        hash_finish(&list[i]->values);
    hash_finish(&rules->groups);
    arena_finish(&rules->arena);
    free(rules);
}

/* --- choosing --- */

enum min_tls rules_tls(const char *version)
{
    if (version == NULL || version[0] == '\0')
        return MIN_TLS_NONE;
    if (strncmp(version, "TLSv", 4) != 0 || !isdigit((unsigned char)version[4]))
        return MIN_TLS_ANY; /* SSLv3, or what nobody knows yet */
    if (version[4] != '1')
        return version[4] == '0' ? MIN_TLS_ANY : MIN_TLS_1_3;
    if (version[5] == '\0')
        return MIN_TLS_1_0;
    if (version[5] != '.' || !isdigit((unsigned char)version[6]) || version[7] != '\0')
        return MIN_TLS_ANY;
    switch (version[6]) {
    case '0':
        return MIN_TLS_1_0;
    case '1':
        return MIN_TLS_1_1;
    case '2':
        return MIN_TLS_1_2;
    default:
        return MIN_TLS_1_3;
    }
}

/* One message for which a rule is looked for. */
struct choice {
    const struct rules *rules;
    const struct facts *facts;
    const char *login;
    struct arena *arena;
    bits open[WORDS_MAX];  /* rules whose conditions all hold so far */
    bits named[WORDS_MAX]; /* rules whose `logins` need no group for that */
};

/* Keeps of the open rules those that hold for `key` (NULL: for none) or do not ask. */
static void choice_keep(struct choice *choice, const struct condition *condition,
                        const char *key)
{
    bits holds[WORDS_MAX];

    if (!condition->used)
        return;
    memcpy(holds, condition->indifferent, choice->rules->words * sizeof *holds);
    if (key != NULL)
        bits_unite(choice->rules, holds, hash_find(&condition->values, key));
    bits_meet(choice->rules, choice->open, holds);
}

/* The same for a domain: for itself and for ".parent" of each of its parents. */
static void choice_keep_domain(struct choice *choice, const struct condition *condition,
                               const char *domain)
{
    bits holds[WORDS_MAX];

    memcpy(holds, condition->indifferent, choice->rules->words * sizeof *holds);
    if (domain != NULL)
        bits_unite(choice->rules, holds, hash_find(&condition->values, domain));
    while (domain != NULL && (domain = strchr(domain, '.')) != NULL) {
        bits_unite(choice->rules, holds, hash_find(&condition->values, domain));
        domain++;
    }
    bits_meet(choice->rules, choice->open, holds);
}

static void choice_keep_logins(struct choice *choice)
{
    const struct rules *rules = choice->rules;
    const char *at = choice->login != NULL ? strrchr(choice->login, '@') : NULL;

    memcpy(choice->named, rules->logins.indifferent,
           rules->words * sizeof *choice->named);
    if (choice->login != NULL)
        bits_unite(rules, choice->named,
                   hash_find(&rules->logins.values, choice->login));
    if (rules->logins.used) {
        bits holds[WORDS_MAX];

        memcpy(holds, choice->named, rules->words * sizeof *holds);
        if (choice->login != NULL)
            bits_unite(rules, holds, rules->grouped);
        bits_meet(rules, choice->open, holds);
    }
    if (rules->login_domains.used)
        choice_keep_domain(
            choice, &rules->login_domains,
            at != NULL ? address_normalise_domain(at + 1, strlen(at + 1), choice->arena)
                       : NULL);
}

static void choice_keep_clients(struct choice *choice)
{
    const struct rules *rules = choice->rules;
    const char *client = choice->facts->client;
    bits holds[WORDS_MAX];
    struct ip ip;

    if (!rules->clients.used)
        return;
    memcpy(holds, rules->clients.indifferent, rules->words * sizeof *holds);
    if (client == NULL)
        client = "";
    if (strcmp(client, FACTS_CLIENT_LOCAL) == 0) {
        bits_unite(rules, holds, hash_find(&rules->clients.values, CLIENT_LOCAL));
    } else if (ip_parse(client, &ip)) {
        for (size_t i = 0; i < rules->prefix_count; i++) {
            char key[NETWORK_KEY_MAX];

            if (rules->prefixes[i].v4 != ip.v4)
                continue;
            network_key(&ip, rules->prefixes[i].bits, key);
            bits_unite(rules, holds, hash_find(&rules->clients.values, key));
        }
    }
    bits_meet(rules, choice->open, holds);
}

/* Only what the MTA could verify; both say otherwise when it could not. */
static void choice_keep_client_names(struct choice *choice)
{
    const char *name = choice->facts->client_name;
    char key[NAME_KEY_MAX];

    if (!choice->rules->client_names.used)
        return;
    if (name == NULL || name[0] == '[' || name[0] == '.' ||
        strcasecmp(name, "unknown") == 0 || !name_key(name, key))
        choice_keep_domain(choice, &choice->rules->client_names, NULL);
    else
        choice_keep_domain(choice, &choice->rules->client_names, key);
}

static void choice_keep_name(struct choice *choice, const struct condition *condition,
                             const char *name)
{
    char key[NAME_KEY_MAX];

    choice_keep(choice, condition, name != NULL && name_key(name, key) ? key : NULL);
}

/* What is known of groups in this message; nothing at first. */
struct group_answers {
    const struct rules_groups *from;
    signed char *told; /* by the number of the group: 0, or 2 + answer */
};

enum { TOLD = 2 };

static void answer_set(struct group_answers *answers, size_t number, enum answer answer)
{
    answers->told[number] = (signed char)(TOLD + answer);
}

/* Makes room, and asks for all groups of the login at once where that is better. false:
 * that could not be done. */
static bool answers_begin(struct choice *choice, struct group_answers *answers,
                          struct buf *error_r)
{
    const struct rules *rules = choice->rules;
    struct strlist found = {0};
    enum answer answer = ANSWER_NO;

    answers->told = arena_alloc(choice->arena, rules->group_count);
    if (answers->told == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    if (rules->group_count > 1 && answers->from->all != NULL)
        answer = answers->from->all(answers->from->arg, choice->login, choice->arena,
                                    &found, error_r);
    for (size_t i = 0; i < rules->group_count && answer == ANSWER_YES; i++)
        answer_set(answers, i, ANSWER_NO);
    for (size_t i = 0; i < found.count && answer == ANSWER_YES; i++) {
        const struct group *group = hash_find(&rules->groups, found.items[i]);

        if (group != NULL)
            answer_set(answers, group->number, ANSWER_YES);
    }
    return answer != ANSWER_UNKNOWN;
}

static enum answer group_ask(struct choice *choice, const struct group *group,
                             struct group_answers *answers, struct buf *error_r)
{
    if (answers->told[group->number] == 0)
        answer_set(answers, group->number,
                   answers->from->has(answers->from->arg, group->name, choice->login,
                                      choice->arena, error_r));
    return (enum answer)(answers->told[group->number] - TOLD);
}

/* Is the login in one of the groups that the rule names? A yes of one is enough. */
static enum answer groups_ask(struct choice *choice, const struct rule_groups *groups,
                              struct group_answers *answers, struct buf *error_r)
{
    const size_t told = error_r->len;
    enum answer answer = ANSWER_NO;

    if (answers->told == NULL && !answers_begin(choice, answers, error_r))
        return ANSWER_UNKNOWN;
    for (size_t i = 0; i < groups->count; i++) {
        const size_t before = error_r->len;

        switch (group_ask(choice, groups->items[i], answers, error_r)) {
        case ANSWER_YES:
            buf_cut(error_r, told);
            return ANSWER_YES;
        case ANSWER_NO:
            break;
        case ANSWER_UNKNOWN:
            if (answer == ANSWER_UNKNOWN)
                buf_cut(error_r, before); /* the first line is enough */
            answer = ANSWER_UNKNOWN;
            break;
        }
    }
    if (answer == ANSWER_NO)
        buf_cut(error_r, told);
    return answer;
}

static void choice_narrow(struct choice *choice)
{
    const struct rules *rules = choice->rules;
    const struct facts *facts = choice->facts;

    memcpy(choice->open, rules->authenticated[facts->login != NULL],
           rules->words * sizeof *choice->open);
    bits_meet(rules, choice->open, rules->tls[rules_tls(facts->tls_version)]);
    choice_keep_logins(choice);
    choice_keep_clients(choice);
    choice_keep_client_names(choice);
    choice_keep_name(choice, &rules->daemons, facts->daemon);
    choice_keep_name(choice, &rules->mechanisms, facts->mechanism);
    choice_keep(choice, &rules->cert_subjects, facts->cert_subject);
}

enum answer rules_choose(const struct rules *rules, const struct facts *facts,
                         const char *login, const struct rules_groups *groups,
                         struct arena *arena, const struct conf_rule **rule_r,
                         struct buf *error_r)
{
    struct choice choice;
    struct group_answers answers = {groups, NULL};
    const size_t count = rules->conf->rule_count;

    *rule_r = NULL;
    if (count == 0)
        return ANSWER_NO;
    choice.rules = rules;
    choice.facts = facts;
    choice.login = facts->login != NULL ? login : NULL;
    choice.arena = arena;
    choice_narrow(&choice);
    for (size_t n = 0; n < count; n++) {
        enum answer answer = ANSWER_YES;

        if (!bits_has(choice.open, n))
            continue;
        if (!bits_has(choice.named, n))
            answer = groups_ask(&choice, &rules->rule_groups[n], &answers, error_r);
        if (answer == ANSWER_NO)
            continue;
        if (answer == ANSWER_YES)
            *rule_r = &rules->conf->rules[n];
        return answer;
    }
    return ANSWER_NO;
}
