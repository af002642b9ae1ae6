/* SPDX-License-Identifier: BSD-2-Clause */
/* rule_cover.h - what the conditions of rules leave to each other. */
#ifndef SENDAS_CTL_RULE_COVER_H
#define SENDAS_CTL_RULE_COVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/network.h"
#include "base/strlist.h"
#include "conf/conf.h"

/* The conditions of a rule in a form that can be compared with another's. */
struct rule_cover {
    const struct conf_rule *rule;
    struct strlist logins;                      /* normalised, or group:NAME */
    struct strlist login_domains, client_names; /* normalised, ".x" for what is below */
    struct network *networks;
    size_t network_count;
    bool local; /* a client without an address */
};

/* Fills *cover_r from a rule that rules_create() has let pass; memory is the arena's.
 */
void rule_cover_init(struct rule_cover *cover_r, const struct conf *conf,
                     const struct conf_rule *rule, struct arena *arena);

/* Does the rule hold for every message? */
bool rule_always(const struct conf_rule *rule);

/* Does it hold only for clients that have logged in? */
bool rule_needs_login(const struct conf_rule *rule);

/*
 * Does `wide` hold wherever `narrow` does? As far as can be seen from the conditions,
 * one by one: no for what takes two of them together, or the members of a group.
 */
bool rule_covers(const struct rule_cover *wide, const struct rule_cover *narrow);

/*
 * Why the rule can never hold, and which setting says so in *setting_r; NULL if it can.
 * Static text.
 */
const char *rule_never(const struct rule_cover *cover, const char **setting_r);

#endif
