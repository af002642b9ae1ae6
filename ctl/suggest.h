/* SPDX-License-Identifier: BSD-2-Clause */
/* suggest.h - which grants and rules would make logged mail pass that would not. */
#ifndef SENDAS_CTL_SUGGEST_H
#define SENDAS_CTL_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/strlist.h"
#include "ctl/log_read.h"
#include "ctl/report.h"
#include "policy/policy.h"

/* What would help. */
enum wish_kind {
    WISH_GRANT,   /* a grant */
    WISH_SETTING, /* a rule that sets something else for the login */
    WISH_CLIENT,  /* a rule that knows a client that has not logged in */
    WISH_NOTHING  /* nothing that a program should suggest */
};

enum { WISH_SENDERS_MAX = 5 };

/* The same thing wrong with the same login, once or often. */
struct wish {
    struct wish *next;
    enum wish_kind kind;
    const char *login;   /* WISH_CLIENT: NULL */
    const char *client;  /* WISH_CLIENT: its address, NULL when it is not known */
    const char *address; /* WISH_GRANT: what is to be granted */
    enum right right;    /* WISH_GRANT */
    enum reason reason;
    unsigned places;  /* bits of enum place */
    const char *rule; /* that decides now */
    struct span span;
    uint64_t message; /* the last one that was counted */
    /* WISH_CLIENT: as whom it sends. */
    struct strlist senders;
    bool more_senders;
    /* After suggest_judge(): */
    const char *domain; /* of the address */
    const char *owner;  /* WISH_CLIENT: the one login whose it is, NULL: none */
    bool suspicious;
    const char *hint;     /* NULL: none */
    uint64_t login_count; /* messages behind all wishes of the login */
    /* Of the first of those for one login and domain, and of those for one address that
     * stand nowhere in the order but are linked: how many they are; 0 for the others.
     */
    size_t domain_count, address_count;
    struct wish *address_next, *address_last;
};

struct suggest {
    struct policy *policy;
    const char *login_domain;
    const char *login; /* just this one, NULL: all */
    struct arena arena;
    struct hash wishes_by_key, domains; /* domains: those of the site */
    struct hash wishes_by_address;
    struct wish *wishes; /* after suggest_judge(): in the order of the output */
    size_t wish_count;
    struct verdict verdict;
    struct span span;      /* of all messages */
    uint64_t wrong;        /* messages with something wrong */
    uint64_t incomplete;   /* messages whose facts are not all there */
    uint64_t untold;       /* messages about which a map could not tell */
    const char *map_error; /* the first such map's line */
    struct log_tally tally;
};

/* A zeroed struct with a policy is a valid empty one. */
void suggest_finish(struct suggest *suggest);

/* A log_visit whose `arg` is a struct suggest. */
log_visit suggest_take;

/* Says of each wish what speaks against it, and puts them in order. false: out of
 * memory. */
bool suggest_judge(struct suggest *suggest);

/*
 * What to set in a rule so that this reason is none any more, as "NAME = VALUE"; NULL:
 * there is no such setting, or it should not be suggested.
 */
const char *suggest_setting(enum reason reason);

/* Commands for sh(1), with all that is known about each in comments; or, with `rules`,
 * the rules alone. */
void suggest_print(struct suggest *suggest, bool rules);

/* One JSON object; false after a complaint. */
bool suggest_print_json(struct suggest *suggest);

/* The words of the command behind "sendasctl"; NULL: the wish is no grant. In the
 * arena. */
const struct strlist *suggest_command(struct suggest *suggest, const struct wish *wish);

/* Appends the text of the rule that would help. false: no rule helps, or it would hold
 * what nobody could read. */
bool suggest_rule(const struct wish *wish, struct buf *out);

/* Commands that stand for those of several wishes. */
struct alternative {
    const char *why;
    const struct strlist *commands[2]; /* NULL behind the last */
};

enum { ALTERNATIVE_MIN = 3 }; /* wishes that make one worth it */

/* @DOMAIN for the login of this wish, when it is the first of ALTERNATIVE_MIN or more
 * in one domain. false: it is not. */
bool suggest_domain(struct suggest *suggest, const struct wish *wish,
                    struct alternative *alternative_r);

/* A group for the address of this wish, when it is the first of as many with it. */
bool suggest_group(struct suggest *suggest, const struct wish *wish,
                   struct alternative *alternative_r);

#endif
