/* SPDX-License-Identifier: BSD-2-Clause */
/* servers.h - which of several servers is asked next (pure: the clock is passed in). */
#ifndef SENDAS_LDAP_SERVERS_H
#define SENDAS_LDAP_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The servers are numbered in the order of preference. A server that failed is away
 * until it has answered again, and is tried again after a pause that doubles with each
 * failure. Who asks takes the first one that is not away; one that is away is asked
 * only when its pause is over: in the background where another one is there, or else by
 * the question itself. All times in milliseconds of one clock.
 */
enum { SERVERS_PAUSE_MS = 100, SERVERS_PAUSE_MAX_MS = 3200 };

enum { SERVERS_NONE = -1 };

struct server {
    bool away;
    unsigned failures; /* in a row */
    int64_t due;       /* when it is tried again */
};

struct servers {
    struct server *items;
    size_t count;
};

/* The first that is not away, of those that have not been `tried` (an array of count);
 * or else the first that is due; or else SERVERS_NONE. */
int servers_pick(const struct servers *servers, const bool *tried, int64_t now);

/* The first that is away and due, before the server `limit` in the order. */
int servers_due(const struct servers *servers, int limit, int64_t now);

/* How many may be picked beside the tried ones and this one. */
size_t servers_others(const struct servers *servers, const bool *tried, int picked,
                      int64_t now);

/* The server failed. true: that is news. */
bool servers_failed(struct servers *servers, int server, int64_t now);

/* The server answered. true: it had been away. */
bool servers_answered(struct servers *servers, int server);

#endif
