/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.h - the socket below an LDAP session, which never waits beyond a deadline. */
#ifndef SENDAS_LDAP_STREAM_H
#define SENDAS_LDAP_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ldap.h>

#include "base/buf.h"
#include "ldap/patience.h"

/*
 * libldap has deadlines for connecting and for waiting between messages, none for a TLS
 * handshake that stalls, nor for half a message. So the socket is ours: libldap reads
 * and writes through it (a "sockbuf I/O layer"), TLS included.
 *
 * While it is patient, reads and writes wait until the patience ends, and fail then;
 * else they do not wait at all. One thread at a time, but where it says other.
 */
struct stream;

/* Connects to the server that the URL names. NULL: one line in *error_r. */
struct stream *stream_connect(const LDAPURLDesc *url, const struct patience *patience,
                              struct buf *error_r);

/* Closes and frees it, after the session above it has ended. NULL is allowed. */
void stream_destroy(struct stream *stream);

/* Begins an LDAP session on it; an LDAP error code. */
int stream_attach(struct stream *stream, const char *uri, LDAP **ld_r);

/* From now on it waits so long; NULL: not at all. */
void stream_set_patience(struct stream *stream, const struct patience *patience);

/* The descriptor, to poll. */
int stream_fd(const struct stream *stream);

/*
 * Takes in what the socket has, if anything, so that libldap finds it without asking
 * the kernel whether there is something. What goes wrong shows when libldap reads.
 */
void stream_fetch(struct stream *stream);

/* Whether bytes have come that were not yet taken, here or in the TLS above it; more
 * may wait in the socket. */
bool stream_ready(const struct stream *stream);

/* Changes whenever bytes have come from the server. Any thread. */
unsigned long stream_received(const struct stream *stream);

/* Appends why a read or a write failed: "the server closed the connection", "Connection
 * reset by peer", "no answer in time". false: none did. Any thread. */
bool stream_explain(const struct stream *stream, struct buf *error_r);

/* Whether one did for the end of its patience. */
bool stream_late(const struct stream *stream);

#endif
