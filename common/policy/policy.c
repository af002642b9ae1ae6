/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_policy_checks.h"
#include "mail/address.h"
#include "mail/login.h"
#include "policy/check.h"
#include "policy/owner_maps.h"
#include "policy/rules.h"

struct policy {
    const struct conf *conf;
    struct owner_set *owners;
    struct rules *rules;
    struct facts_wanted wanted;
    unsigned needs;
};

/* --- what a configuration can want --- */

static unsigned policy_changes(const struct conf_policy *conf)
{
    unsigned needs = 0;

    if (conf->mode == MODE_MONITOR)
        return 0;
    switch ((enum on_violation)conf->on_violation) {
    case ON_VIOLATION_QUARANTINE:
        needs |= POLICY_QUARANTINES;
        break;
    case ON_VIOLATION_REWRITE:
        needs |= POLICY_CHANGES_FIELDS | POLICY_CHANGES_MAIL_FROM;
        break;
    case ON_VIOLATION_ADD_SENDER:
        needs |= POLICY_CHANGES_FIELDS;
        break;
    default:
        break;
    }
    if (conf->missing_from == MISSING_FROM_ADD)
        needs |= POLICY_CHANGES_FIELDS; /* one that names nobody */
    return needs;
}

static bool policy_tags(const struct conf *conf, const struct conf_policy *policy)
{
    return policy->mode == MODE_MONITOR ? conf->monitor_field
                                        : policy->on_violation == ON_VIOLATION_TAG;
}

static void find_needs(struct policy *policy)
{
    const struct conf *conf = policy->conf;
    bool tags = policy_tags(conf, &conf->policy);

    policy->needs = policy_changes(&conf->policy);
    for (size_t i = 0; i < conf->rule_count; i++) {
        policy->needs |= policy_changes(&conf->rules[i].policy);
        tags |= policy_tags(conf, &conf->rules[i].policy);
    }
    policy->wanted.results = conf->results.add;
    policy->wanted.tag_field = tags ? conf->tag_field : NULL;
    if (tags || conf->results.add)
        policy->needs |= POLICY_CHANGES_FIELDS; /* forged ones are deleted */
}

struct policy *policy_create(const struct conf *conf, struct buf *error_r)
{
    struct policy *policy = calloc(1, sizeof(*policy));

    if (policy == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    policy->conf = conf;
    find_needs(policy);
    policy->owners = owner_set_create(conf, error_r);
    if (policy->owners != NULL)
        policy->rules = rules_create(conf, error_r);
    if (policy->rules != NULL)
        return policy;
    policy_destroy(policy);
    return NULL;
}

void policy_destroy(struct policy *policy)
{
    if (policy == NULL)
        return;
    rules_destroy(policy->rules);
    owner_set_destroy(policy->owners);
    free(policy);
}

struct owner_set *policy_owners(const struct policy *policy)
{
    return policy->owners;
}

unsigned policy_needs(const struct policy *policy)
{
    return policy->needs;
}

const struct facts_wanted *policy_wanted(const struct policy *policy)
{
    return &policy->wanted;
}

/* --- who it is, and which rule --- */

static enum answer in_group(void *arg, const char *group, const char *login,
                            struct arena *arena, struct buf *error_r)
{
    const struct check *check = arg;

    return owner_in_group(check->owners, group, login, arena, error_r);
}

static enum answer all_groups(void *arg, const char *login, struct arena *arena,
                              struct strlist *groups_r, struct buf *error_r)
{
    const struct check *check = arg;

    return owner_groups(check->owners, login, arena, groups_r, error_r);
}

/* Sets verdict->rule and policy, and what `check` decides by. NULL: the top level, or
 * (verdict->rule_unknown) nobody knows. */
static const struct conf_rule *choose_rule(const struct policy *policy,
                                           struct check *check)
{
    struct verdict *verdict = check->verdict;
    const struct conf_rule *rule = NULL;
    const struct rules_groups groups = {in_group, all_groups, check};
    struct buf error = BUF_INIT;

    verdict->rule = "default";
    verdict->policy = &policy->conf->policy;
    switch (rules_choose(policy->rules, check->facts, verdict->login, &groups,
                         &verdict->arena, &rule, &error)) {
    case ANSWER_YES:
        verdict->rule = rule->name;
        verdict->policy = &rule->policy;
        break;
    case ANSWER_NO:
        rule = NULL;
        break;
    case ANSWER_UNKNOWN:
        rule = NULL;
        verdict->rule_unknown = true;
        check_note_failure(check, &error);
        break;
    }
    buf_finish(&error);
    check->conf = verdict->policy;
    return rule;
}

/* Takes the identity that the rule gives to a client that has not logged in. */
static void take_identity(const struct check *check, const struct conf_rule *rule)
{
    struct verdict *verdict = check->verdict;
    const char *mail_from = check->facts->mail_from;
    struct address address;
    bool null;

    if (rule == NULL || rule->identity == NULL || rule->identity[0] == '\0')
        return;
    if (strcmp(rule->identity, IDENTITY_MAIL_FROM) != 0) {
        verdict->login = login_normalise(rule->identity, strlen(rule->identity),
                                         check->site->login_domain, &verdict->arena);
    } else if (mail_from != NULL &&
               address_parse_path(mail_from, &check->owners->rules, &verdict->arena,
                                  &address, &null) == REASON_NONE &&
               !null) {
        verdict->login =
            login_normalise(address.text, strlen(address.text), NULL, &verdict->arena);
        if (verdict->login != NULL)
            verdict->vouched = address.text;
    }
    verdict->identified = verdict->login != NULL;
}

static struct check check_begin(const struct policy *policy, const struct facts *facts,
                                struct verdict *verdict)
{
    return (struct check){.site = policy->conf,
                          .conf = verdict->policy,
                          .owners = &policy->owners->site,
                          .facts = facts,
                          .verdict = verdict};
}

void policy_check_envelope(struct policy *policy, const struct facts *facts,
                           struct verdict *verdict)
{
    struct check check = check_begin(policy, facts, verdict);
    const struct conf_rule *rule;

    verdict->client = facts->client;
    if (facts->login != NULL)
        verdict->login = login_normalise(facts->login, strlen(facts->login),
                                         policy->conf->login_domain, &verdict->arena);
    rule = choose_rule(policy, &check);
    if (verdict->rule_unknown) {
        act(&check, false);
        return;
    }
    if (facts->login == NULL)
        take_identity(&check, rule);
    if (verdict->login != NULL)
        check_envelope(&check);
    else if (facts->login != NULL)
        verdict_add_violation(verdict, PLACE_MAIL_FROM, REASON_BAD_LOGIN, NULL);
    else
        outside_check_envelope(&check);
    act(&check, false);
}

void policy_check_header(struct policy *policy, const struct facts *facts,
                         struct verdict *verdict)
{
    struct check check = check_begin(policy, facts, verdict);

    if (verdict->rule_unknown)
        readings_make(&check);
    else if (verdict->login != NULL)
        check_fields(&check);
    else if (facts->login == NULL)
        outside_check_fields(&check);
    act(&check, true);
}
