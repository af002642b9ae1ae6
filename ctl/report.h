/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - what a log says of each login: how much it sent, and what was wrong. */
#ifndef SENDAS_CTL_REPORT_H
#define SENDAS_CTL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/hash.h"
#include "ctl/log_read.h"

enum { SPAN_CLIENTS_MAX = 5 }; /* clients that are named */

/* How often something happened, when, and from where. */
struct span {
    uint64_t count;
    bool timed; /* of at least one the time is known: */
    int64_t first, last;
    const char *clients[SPAN_CLIENTS_MAX];
    size_t client_count;
    bool more_clients;
};

/* Counts one more; a client that is new is copied to the arena. NULL: none. */
void span_add(struct span *span, const struct log_entry *entry, const char *client,
              struct arena *arena);

/* Appends the clients, "a, b and more"; nothing if there are none. */
void span_clients_format(const struct span *span, struct buf *out);

/* It as a JSON object: count, first, last, clients, more_clients. */
json_t *span_json(const struct span *span);

/* A moment for a table, "2026-11-26 10:50" in local time; "-" when not timed. */
enum { MOMENT_MAX = 32 };
void moment_format(bool timed, int64_t seconds, char out[MOMENT_MAX]);

/* One thing that was wrong in the same way once or often. */
struct problem {
    struct problem *next;
    const char *decision; /* "reject", "would-reject" */
    const char *place;    /* NULL: none */
    const char *reason;
    const char *address; /* NULL: it could not be read */
    const char *rule;
    const char *id; /* of the first such message */
    struct span span;
};

/* A login, or a client that did not log in. */
struct sender {
    struct sender *next;
    const char *name; /* a client: "" when it is not known */
    bool login;
    struct span span;
    uint64_t remarked; /* messages with something wrong */
    struct problem *problems;
    size_t problem_count;
};

/* How many messages were decided in one way. */
struct decision_count {
    struct decision_count *next;
    const char *decision;
    uint64_t count;
};

struct report {
    const char *login; /* just this one; "": those who did not log in; NULL: all */
    struct arena arena;
    struct hash senders_by_name, problems_by_key, decisions_by_name;
    struct sender *senders; /* after report_sort(): the most remarked first */
    size_t sender_count;
    struct decision_count *decisions;
    struct span span; /* of all messages; no clients */
    struct log_tally tally;
};

/* A zeroed struct is a valid empty one. */
void report_finish(struct report *report);

/* A log_visit whose `arg` is a struct report. */
log_visit report_take;

/* Puts what is most frequent first. false: out of memory. */
bool report_sort(struct report *report);

/* For a person. */
void report_print(struct report *report);

/* One JSON object; false after a complaint. */
bool report_print_json(const struct report *report);

#endif
