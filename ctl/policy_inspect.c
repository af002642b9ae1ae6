/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/policy_inspect.h"

#include <string.h>

#include "conf/conf_policy_checks.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"
#include "conf/reply_text.h"
#include "ctl/rule_cover.h"

/* The settings of a rule, or (rule NULL) of the top level. */
struct block {
    const struct conf *conf;
    const struct conf_rule *rule;
    const struct conf_policy *policy; /* in force there */
};

/* Does the setting stand in this very block? */
static bool given(const struct block *block, const char *setting)
{
    const struct conf_head *head = &block->conf->head;
    const struct conf_row *row;

    if (block->rule != NULL)
        return conf_titled_line(head, block->rule, setting) != 0;
    row = conf_row_find(head->kind, NULL, setting);
    return row != NULL && head->lines[row - head->kind->rows] != 0;
}

static void blame(const struct block *block, const char *setting, const char *why,
                  struct buf *problems)
{
    if (block->rule != NULL)
        conf_titled_where(&block->conf->head, block->rule, setting, problems);
    else
        conf_where(&block->conf->head, NULL, setting, problems);
    buf_addf(problems, "%s\n", why);
}

/* --- settings that undo each other --- */

static bool reply_names(const struct conf_policy *policy, enum reply_word word)
{
    const char *text = policy->reply;
    struct buf why = BUF_INIT;
    struct reply_part part;
    bool found = false;

    while (!found && reply_part_next(&text, &part, &why))
        found = part.bytes == NULL && part.word == word;
    buf_finish(&why);
    return found;
}

static bool identity_unused(const struct block *block)
{
    return rule_needs_login(block->rule);
}

/* Anybody on the network could be it. */
static bool identity_open(const struct block *block)
{
    const struct conf_rule *rule = block->rule;

    return rule->clients.count == 0 && rule->client_names.count == 0 &&
           rule->daemons.count == 0 && rule->cert_subjects.count == 0 &&
           !identity_unused(block);
}

static bool unauthenticated_unused(const struct block *block)
{
    return block->rule != NULL && rule_needs_login(block->rule);
}

static bool unauthenticated_identified(const struct block *block)
{
    return block->rule != NULL && !rule_needs_login(block->rule) &&
           block->rule->identity[0] != '\0' &&
           strcmp(block->rule->identity, IDENTITY_MAIL_FROM) != 0 &&
           block->policy->unauthenticated != UNAUTHENTICATED_PASS;
}

static bool sender_added_and_any(const struct block *block)
{
    return block->policy->on_violation == ON_VIOLATION_ADD_SENDER &&
           block->policy->sender == CHECK_ANY;
}

/* Nobody is there whose address could be put in. */
static bool changed_for_nobody(const struct block *block)
{
    return (block->policy->on_violation == ON_VIOLATION_ADD_SENDER ||
            block->policy->on_violation == ON_VIOLATION_REWRITE) &&
           block->rule->authenticated == RULE_AUTHENTICATED_NO &&
           block->rule->identity[0] == '\0' &&
           block->policy->unauthenticated != UNAUTHENTICATED_PASS;
}

static bool from_added_to_any(const struct block *block)
{
    return block->policy->missing_from == MISSING_FROM_ADD &&
           block->policy->from == FROM_ANY;
}

static bool help_unnamed(const struct block *block)
{
    const struct conf_policy *policy = block->policy;

    return policy->reply[0] != '\0' && policy->help_url[0] != '\0' &&
           given(block, "reply") && !reply_names(policy, REPLY_HELP_URL);
}

static bool help_missing(const struct block *block)
{
    return block->policy->help_url[0] == '\0' &&
           reply_names(block->policy, REPLY_HELP_URL);
}

/* What is wrong where both of two settings, or one, stand in a block. */
static const struct lint {
    const char *setting; /* that is blamed, if it stands there; */
    const char *other;   /* else this one; may be NULL */
    bool of_rules;       /* not of the top level */
    bool (*found)(const struct block *block);
    const char *why;
} lints[] = {
    {"identity", NULL, true, identity_unused,
     "has no effect, as it is for clients that have not logged in and the rule holds "
     "for others only"},
    {"identity", NULL, true, identity_open,
     "whoever does not log in would count as this one; expected clients, client_names, "
     "daemons or cert_subjects beside it"},
    {"unauthenticated", NULL, true, unauthenticated_unused,
     "has no effect, as the rule holds only for clients that have logged in"},
    {"unauthenticated", NULL, true, unauthenticated_identified,
     "has no effect, as the identity of the rule stands for a login"},
    {"on_violation", "sender", false, sender_added_and_any,
     "add-sender puts the login's own address into Sender, and sender = any lets "
     "another stand there; expected sender = owned with it"},
    {"on_violation", NULL, true, changed_for_nobody,
     "rejects, as clients that have not logged in have no address to put in; expected "
     "reject, or an identity in the rule"},
    {"missing_from", "from", false, from_added_to_any,
     "nothing is added to a message without From where from = any; expected another "
     "from with missing_from = add"},
    {"help_url", NULL, false, help_unnamed,
     "is not told, as the reply has no {help_url}; expected it in reply"},
    {"reply", NULL, false, help_missing,
     "has {help_url}, which is empty; expected the setting help_url"},
};

static void lints_run(const struct block *block, struct buf *problems)
{
    for (size_t i = 0; i < sizeof lints / sizeof *lints; i++) {
        const struct lint *lint = &lints[i];
        const char *setting = given(block, lint->setting) ? lint->setting
                              : lint->other != NULL && given(block, lint->other)
                                  ? lint->other
                                  : NULL;

        if (setting != NULL && (!lint->of_rules || block->rule != NULL) &&
            lint->found(block))
            blame(block, setting, lint->why, problems);
    }
}

/* Settings of a rule whose messages are not judged at all. */
static void unjudged_inspect(const struct block *block, struct buf *problems)
{
    const struct conf_kind *kind = block->conf->head.kind;
    const struct conf_rule *rule = block->rule;

    if (rule->authenticated != RULE_AUTHENTICATED_NO || rule->identity[0] != '\0' ||
        block->policy->unauthenticated != UNAUTHENTICATED_PASS)
        return;
    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        if (conf_row_shared(kind, row) && strcmp(row->name, "unauthenticated") != 0 &&
            given(block, row->name))
            blame(block, row->name,
                  "has no effect, as unauthenticated = pass lets all pass that the "
                  "rule holds for",
                  problems);
    }
}

/* --- rules that are never reached --- */

static void never_inspect(const struct block *block, const struct rule_cover *cover,
                          struct buf *problems)
{
    const char *setting;
    const char *why = rule_never(cover, &setting);

    if (why != NULL)
        blame(block, setting, why, problems);
}

/* The first rule before the nth that holds wherever that one does, or NULL. */
static const struct conf_rule *covering(const struct rule_cover *covers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        /* Told of at that rule, for all behind it. */
        if (!rule_always(covers[i].rule) && rule_covers(&covers[i], &covers[n]))
            return covers[i].rule;
    }
    return NULL;
}

static void order_inspect(const struct block *block, const struct rule_cover *covers,
                          size_t n, struct buf *problems)
{
    const struct conf_rule *before = covering(covers, n);
    struct buf why = BUF_INIT;

    if (before != NULL) {
        buf_adds(&why, "is never reached, as ");
        conf_titled_name(&block->conf->head, before, &why);
        buf_addf(&why,
                 " on line %d holds wherever this one does; expected it behind this",
                 before->line);
        blame(block, NULL, buf_str(&why), problems);
    } else if (rule_always(block->rule) && n + 1 < block->conf->rule_count) {
        blame(block, NULL,
              "has no condition, so that no rule behind it is ever reached; expected "
              "it to be the last",
              problems);
    }
    buf_finish(&why);
}

void policy_inspect(const struct conf *conf, struct buf *problems)
{
    struct arena arena = {0};
    struct block block = {conf, NULL, &conf->policy};
    struct rule_cover *covers =
        arena_alloc(&arena, (conf->rule_count + 1) * sizeof *covers);

    lints_run(&block, problems);
    for (size_t n = 0; n < conf->rule_count && covers != NULL; n++) {
        block.rule = &conf->rules[n];
        block.policy = &block.rule->policy;
        rule_cover_init(&covers[n], conf, block.rule, &arena);
        never_inspect(&block, &covers[n], problems);
        order_inspect(&block, covers, n, problems);
        lints_run(&block, problems);
        unjudged_inspect(&block, problems);
    }
    if (arena.failed)
        buf_adds(problems, "out of memory\n");
    arena_finish(&arena);
}
