/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h - one question: whoever is first answers it, and it is always answered. */
#ifndef SENDAS_AUTHD_REQUEST_H
#define SENDAS_AUTHD_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authd/connection.h"
#include "authd/peers.h"
#include "authd/runtime.h"
#include "authd/saslauthd.h"
#include "authd/throttle.h"
#include "base/answer.h"
#include "prog/snapshot.h"
#include "wire/wire.h"

/* What lasts as long as the daemon, for whoever answers. */
struct authd {
    struct snapshot *current; /* of struct runtime */
    struct throttle *throttle;
    struct peers *peers;
};

enum request_state {
    REQUEST_OPEN,    /* nobody has an answer */
    REQUEST_CLAIMED, /* somebody has, and nobody else may */
    REQUEST_HELD,    /* the answer is to be sent when it is due */
    REQUEST_DONE     /* answered */
};

struct request {
    atomic_uint holders;
    _Atomic(enum request_state) state;
    struct authd *authd;
    struct connection *connection;
    struct snapshot_ref *snapshot;
    const struct runtime *runtime; /* what is in force for this request */
    int64_t received, deadline;    /* request_now() */
    int64_t due;                   /* of an answer that is held back */
    unsigned char held[SASLAUTHD_REPLY_MAX];
    size_t held_len;
    struct buf input;               /* a secret; the next two point into it */
    struct saslauthd_request login; /* PROTOCOL_SASLAUTHD */
    struct wire_message message;    /* PROTOCOL_LOOKUP */
};

/* Milliseconds of a clock that nobody sets. */
int64_t request_now(void);

/*
 * A request of `len` bytes, which the protocol's read function has found whole. One
 * holder. NULL: out of memory.
 */
struct request *request_create(struct authd *authd, struct connection *connection,
                               const void *bytes, size_t len, int64_t now);
struct request *request_hold(struct request *request);
void request_release(struct request *request); /* NULL is allowed; any thread */

enum request_state request_state(const struct request *request);

/* Is it ours to answer? To be called before each of the below, by any thread. */
bool request_claim(struct request *request);

/* Sends the answer to a claimed request. */
void request_send(struct request *request, const void *bytes, size_t len);

/* Sends the verdict of the saslauthd protocol, or has the loop send it `ms` later. */
void request_verdict(struct request *request, enum answer answer, unsigned ms);

/* Sends what says "could not tell" in the request's protocol. */
void request_unavailable(struct request *request, const char *text);

/* For the loop: sends an answer that was held back. */
void request_send_held(struct request *request);

#endif
