/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h - what belongs to one connection, and to the message that is under way. */
#ifndef SENDAS_MILTER_SESSION_H
#define SENDAS_MILTER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "milter/runtime.h"
#include "policy/facts.h"
#include "policy/header.h"
#include "policy/verdict.h"
#include "prog/snapshot.h"

/* One connection from the MTA. Its callbacks come one after the other, but on any
 * thread.
 */
struct session {
    /* The connection. */
    char client_name[256]; /* "" when not known */
    char client_addr[64];  /* without brackets; "" when not known */
    char helo[256];
    bool local;          /* a local program gave the mail to the MTA */
    bool macros_granted; /* the MTA sends the macros that we asked for */

    /* The message; all zero between messages. */
    bool in_message;
    bool header_seen; /* the message got to its end: all of its header is known */
    struct snapshot_ref *ref;      /* holds `runtime` */
    const struct runtime *runtime; /* what was in force when the message began */
    struct verdict verdict;        /* its arena holds every string of the message */
    struct facts facts;
    struct header header;
    const char *tls_cipher; /* this and the next NULL when not known */
    const char *queue_id;
    bool esmtp;
};

/* NULL: out of memory. */
struct session *session_create(void);
void session_destroy(struct session *session);

/* Notes who connected. `addr` NULL: not known. */
void session_set_client(struct session *session, const char *name,
                        const struct sockaddr *addr);
void session_set_helo(struct session *session, const char *helo);

/*
 * Ends the message under way, if any, and begins one with what is in force now. false:
 * nothing can begin (the service drains, or memory ran out).
 */
bool session_begin_message(struct session *session);
void session_end_message(struct session *session);

/* Keeps a copy of a field for the decision, if it counts. */
void session_add_field(struct session *session, const char *name, const char *value);

#endif
