/* SPDX-License-Identifier: BSD-2-Clause */
/* throttle.h - counts wrong passwords by login and network, and says who must wait. */
#ifndef SENDAS_AUTHD_THROTTLE_H
#define SENDAS_AUTHD_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "conf/conf_authd.h"

/*
 * Knows logins by the text that is given, existing or not, so that it cannot tell one
 * from the other. Times are milliseconds of a clock that the caller reads and that
 * never goes back. Memory is bounded: when there are too many logins and networks, what
 * was seen last the longest ago is forgotten, and a network from which a login
 * succeeded after all others. Any thread may call.
 */
struct throttle;

/* A client's network; all zero: not known, or loopback. */
struct network {
    uint8_t family; /* 4, 6, or 0 */
    uint8_t prefix;
    uint8_t bytes[16];
};

/*
 * The network of an address in text, by the prefixes of `limits`. An IPv4 address that
 * is written as IPv6 is IPv4. What is no address gives no network.
 */
struct network network_of(const char *address, const struct conf_guessing *limits);

/* Appends "192.0.2.0/24", or nothing for no network. */
void network_format(const struct network *network, struct buf *out);

/* `entries`: how many logins, networks and pairs of them. NULL: out of memory. */
struct throttle *throttle_create(size_t entries);
void throttle_destroy(struct throttle *throttle); /* NULL is allowed */

/* May this login be tried from there now? false: *until_r is the end of the lock. */
bool throttle_ask(struct throttle *throttle, const char *login,
                  const struct network *network, int64_t now, int64_t *until_r);

/*
 * A password was wrong. Returns for how many milliseconds the answer must be held back.
 * *locked_r: this one brought about a lock.
 */
unsigned throttle_failed(struct throttle *throttle, const struct conf_guessing *limits,
                         const char *login, const struct network *network, int64_t now,
                         bool *locked_r);

/* A password was right: the login's failures from this network are forgotten. */
void throttle_succeeded(struct throttle *throttle, const char *login,
                        const struct network *network, int64_t now);

/*
 * A login whose outcome nobody will tell us is about to begin. As throttle_ask(), and
 * counts it against its own limit.
 */
bool throttle_challenge(struct throttle *throttle, const struct conf_guessing *limits,
                        const char *login, const struct network *network, int64_t now,
                        int64_t *until_r);

/*
 * Forgets the failures and ends the locks of a login, from wherever, and of networks
 * that hold `network`; the login may be NULL. Returns how many locks were ended.
 */
size_t throttle_unlock(struct throttle *throttle, const char *login,
                       const struct network *network, int64_t now);

/* Visits what is locked at this time; an empty login: the whole network, no network:
 * all of them. false from the visitor stops. It must not call back. */
typedef bool throttle_visit_one(const char *login, const struct network *network,
                                int64_t until, void *arg);
void throttle_visit(struct throttle *throttle, int64_t now, throttle_visit_one *visit,
                    void *arg);

/* How many entries are there, for tests. */
size_t throttle_count(struct throttle *throttle);

#endif
