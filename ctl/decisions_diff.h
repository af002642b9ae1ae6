/* SPDX-License-Identifier: BSD-2-Clause */
/* decisions_diff.h - logged messages, decided by two configurations. */
#ifndef SENDAS_CTL_DECISIONS_DIFF_H
#define SENDAS_CTL_DECISIONS_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/hash.h"
#include "ctl/log_read.h"
#include "ctl/report.h"
#include "policy/policy.h"

/* Messages that are decided differently in the same way. */
struct decision_diff {
    struct decision_diff *next;
    const char *before, *after; /* decisions, as in the log */
    const char *login;          /* NULL: nobody logged in */
    /* The first thing that is wrong: in the decision that is sterner. NULL: none. */
    const char *place, *reason, *address;
    const char *rule; /* that decides afterwards */
    const char *id;   /* of the first such message */
    struct span span;
};

struct decisions_diff {
    struct policy *before, *after;
    struct arena arena;
    struct hash by_key;
    struct decision_diff *first; /* after decisions_sort(): the most frequent */
    size_t count;
    struct verdict verdicts[2];
    uint64_t messages, same, different;
    uint64_t incomplete;    /* what was logged does not tell */
    uint64_t untold;        /* a map does not tell */
    uint64_t not_as_logged; /* before decides otherwise than the milter did */
    const char *map_error;  /* the first map's line */
    struct log_tally tally;
};

/* A log_visit whose `arg` is a struct decisions_diff with two policies. */
log_visit decisions_take;

/* Puts what is most frequent first. false: out of memory. */
bool decisions_sort(struct decisions_diff *diff);
void decisions_finish(struct decisions_diff *diff);

/* For a person. */
void decisions_print(const struct decisions_diff *diff);

/* One object for a script; a new reference, NULL when memory ran out. */
json_t *decisions_json(const struct decisions_diff *diff);

#endif
