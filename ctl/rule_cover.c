/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/rule_cover.h"

#include <string.h>
#include <strings.h>

#include "conf/conf_policy_checks.h"
#include "mail/address.h"
#include "mail/login.h"
#include "policy/owner.h"

/* --- in a form that can be compared --- */

static void login_add(struct rule_cover *cover, const struct conf *conf,
                      const char *text, struct arena *arena)
{
    const char *group = owner_group_name(text, arena);
    const char *login =
        group != NULL ? arena_printf(arena, GROUP_PREFIX "%s", group)
                      : login_normalise(text, strlen(text), conf->login_domain, arena);

    if (login != NULL)
        strlist_add(&cover->logins, arena, login);
}

static void domains_add(struct strlist *out, const struct strlist *domains,
                        struct arena *arena)
{
    for (size_t i = 0; i < domains->count; i++) {
        const char *text = domains->items[i];
        const size_t below = text[0] == '.';
        const char *domain =
            address_normalise_domain(text + below, strlen(text + below), arena);

        if (domain != NULL && below != 0)
            domain = arena_printf(arena, ".%s", domain);
        if (domain != NULL)
            strlist_add(out, arena, domain);
    }
}

static void networks_add(struct rule_cover *cover, const struct strlist *clients,
                         struct arena *arena)
{
    struct buf why = BUF_INIT;

    cover->networks = arena_alloc(arena, (clients->count + 1) * sizeof(struct network));
    for (size_t i = 0; i < clients->count && cover->networks != NULL; i++) {
        if (strcmp(clients->items[i], CLIENT_LOCAL) == 0)
            cover->local = true;
        else if (network_parse(clients->items[i],
                               &cover->networks[cover->network_count], &why))
            cover->network_count++;
    }
    buf_finish(&why);
}

void rule_cover_init(struct rule_cover *cover_r, const struct conf *conf,
                     const struct conf_rule *rule, struct arena *arena)
{
    *cover_r = (struct rule_cover){.rule = rule};
    for (size_t i = 0; i < rule->logins.count; i++)
        login_add(cover_r, conf, rule->logins.items[i], arena);
    domains_add(&cover_r->login_domains, &rule->login_domains, arena);
    domains_add(&cover_r->client_names, &rule->client_names, arena);
    networks_add(cover_r, &rule->clients, arena);
}

/* --- one rule --- */

bool rule_needs_login(const struct conf_rule *rule)
{
    return rule->authenticated == RULE_AUTHENTICATED_YES || rule->logins.count != 0 ||
           rule->login_domains.count != 0 || rule->mechanisms.count != 0;
}

bool rule_always(const struct conf_rule *rule)
{
    return rule->authenticated == RULE_AUTHENTICATED_ANY && !rule_needs_login(rule) &&
           rule->clients.count == 0 && rule->client_names.count == 0 &&
           rule->daemons.count == 0 && rule->cert_subjects.count == 0 &&
           rule->min_tls == MIN_TLS_NONE;
}

/* What the rule asks of the connection: a certificate comes with TLS only. */
static int rule_tls(const struct conf_rule *rule)
{
    return rule->min_tls == MIN_TLS_NONE && rule->cert_subjects.count != 0
               ? MIN_TLS_ANY
               : rule->min_tls;
}

/* Is the domain, or everything below it, among these? */
static bool domain_within(const char *domain, const struct strlist *domains)
{
    if (strlist_has(domains, domain))
        return true;
    for (const char *dot = strchr(domain + 1, '.'); dot != NULL;
         dot = strchr(dot + 1, '.')) {
        if (strlist_has(domains, dot))
            return true;
    }
    return false;
}

/* Is the domain of a login among these? No for a group: who knows its members. */
static bool login_within(const char *login, const struct strlist *domains)
{
    const char *at = strrchr(login, '@');
    struct arena arena = {0};
    const char *domain =
        at != NULL && strncmp(login, GROUP_PREFIX, strlen(GROUP_PREFIX)) != 0
            ? address_normalise_domain(at + 1, strlen(at + 1), &arena)
            : NULL;
    const bool within = domain != NULL && domain_within(domain, domains);

    arena_finish(&arena);
    return within;
}

/* Are logins named, no group among them, and none of them in login_domains? */
static bool logins_outside(const struct rule_cover *cover)
{
    for (size_t i = 0; i < cover->logins.count; i++) {
        const char *login = cover->logins.items[i];

        if (strncmp(login, GROUP_PREFIX, strlen(GROUP_PREFIX)) == 0 ||
            login_within(login, &cover->login_domains))
            return false;
    }
    return cover->logins.count != 0 && cover->login_domains.count != 0;
}

const char *rule_never(const struct rule_cover *cover, const char **setting_r)
{
    const struct conf_rule *rule = cover->rule;

    *setting_r = "authenticated";
    if (rule->authenticated == RULE_AUTHENTICATED_NO && rule_needs_login(rule))
        return "the rule never holds, as another of its conditions asks for a login; "
               "expected one of the two";
    *setting_r = "login_domains";
    if (logins_outside(cover))
        return "the rule never holds, as none of its logins is in these domains";
    *setting_r = "clients";
    if (cover->local && cover->network_count == 0 && rule_tls(rule) != MIN_TLS_NONE)
        return "the rule never holds, as local programs have no TLS";
    *setting_r = "clients";
    if (cover->local && cover->network_count == 0 && rule_needs_login(rule))
        return "the rule never holds, as local programs do not log in";
    return NULL;
}

/* --- two rules --- */

static bool strings_cover(const struct strlist *wide, const struct strlist *narrow,
                          int (*compare)(const char *, const char *))
{
    if (wide->count == 0)
        return true;
    for (size_t i = 0; i < narrow->count; i++) {
        size_t j = 0;

        while (j < wide->count && compare(wide->items[j], narrow->items[i]) != 0)
            j++;
        if (j == wide->count)
            return false;
    }
    return narrow->count != 0;
}

static bool domains_cover(const struct strlist *wide, const struct strlist *narrow)
{
    if (wide->count == 0)
        return true;
    for (size_t i = 0; i < narrow->count; i++) {
        if (!domain_within(narrow->items[i], wide))
            return false;
    }
    return narrow->count != 0;
}

/* By the domains of `narrow`, or else by those of the logins that it names. */
static bool login_domains_cover(const struct rule_cover *wide,
                                const struct rule_cover *narrow)
{
    if (domains_cover(&wide->login_domains, &narrow->login_domains))
        return true;
    for (size_t i = 0; i < narrow->logins.count; i++) {
        if (!login_within(narrow->logins.items[i], &wide->login_domains))
            return false;
    }
    return narrow->logins.count != 0;
}

static bool network_covered(const struct rule_cover *wide, const struct network *inner)
{
    for (size_t i = 0; i < wide->network_count; i++) {
        if (network_within(inner, &wide->networks[i]))
            return true;
    }
    return false;
}

static bool clients_cover(const struct rule_cover *wide,
                          const struct rule_cover *narrow)
{
    if (wide->rule->clients.count == 0)
        return true;
    if (narrow->local && !wide->local)
        return false;
    for (size_t i = 0; i < narrow->network_count; i++) {
        if (!network_covered(wide, &narrow->networks[i]))
            return false;
    }
    return narrow->rule->clients.count != 0;
}

static bool authenticated_covers(const struct conf_rule *wide,
                                 const struct conf_rule *narrow)
{
    switch ((enum rule_authenticated)wide->authenticated) {
    case RULE_AUTHENTICATED_YES:
        return rule_needs_login(narrow);
    case RULE_AUTHENTICATED_NO:
        return narrow->authenticated == RULE_AUTHENTICATED_NO;
    case RULE_AUTHENTICATED_ANY:
        break;
    }
    return true;
}

bool rule_covers(const struct rule_cover *wide, const struct rule_cover *narrow)
{
    const struct conf_rule *w = wide->rule, *n = narrow->rule;

    return authenticated_covers(w, n) && w->min_tls <= rule_tls(n) &&
           clients_cover(wide, narrow) &&
           strings_cover(&w->daemons, &n->daemons, strcasecmp) &&
           strings_cover(&w->mechanisms, &n->mechanisms, strcasecmp) &&
           strings_cover(&w->cert_subjects, &n->cert_subjects, strcmp) &&
           domains_cover(&wide->client_names, &narrow->client_names) &&
           strings_cover(&wide->logins, &narrow->logins, strcmp) &&
           login_domains_cover(wide, narrow);
}
