/* SPDX-License-Identifier: BSD-2-Clause */
/* connection.h - one accepted socket: the loop reads it, whoever has an answer writes.
 */
#ifndef SENDAS_AUTHD_CONNECTION_H
#define SENDAS_AUTHD_CONNECTION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "authd/peers.h"
#include "base/buf.h"

/* What is spoken on a socket. */
enum protocol { PROTOCOL_LOOKUP, PROTOCOL_SASLAUTHD };

/* What epoll(7) tells the loop about; each begins with this. */
enum watch { WATCH_WAKE, WATCH_LISTENER, WATCH_CONNECTION };

struct request;

/*
 * The loop owns all of it but what the lock guards. A request holds the connection that
 * it came from, which may be closed long before its answer is found.
 */
struct connection {
    enum watch watch;
    enum protocol protocol;
    struct peer peer;
    struct buf partial;      /* of a request that has not come whole; a secret */
    int64_t began;           /* when that, or the connection, began */
    struct request *request; /* the last one, answered or not */
    bool half_closed;        /* the other end sends no more */
    bool busy;               /* in the loop's list of those to look after */
    TAILQ_ENTRY(connection) in_all;
    TAILQ_ENTRY(connection) in_busy;

    atomic_bool paused; /* the loop wants to know when the request is answered */
    int wake_fd;        /* how to tell it */
    atomic_uint holders;
    pthread_mutex_t lock;
    int fd; /* -1: closed. Written by the loop, under the lock */
};

TAILQ_HEAD(connections, connection);

/* Takes over `fd`, also when it fails (NULL: out of memory). One holder. */
struct connection *connection_create(enum protocol protocol, int fd,
                                     const struct peer *peer, int wake_fd, int64_t now);
struct connection *connection_hold(struct connection *connection);
void connection_release(struct connection *connection); /* any thread */

/* Closes the descriptor; for the loop only. */
void connection_close(struct connection *connection);

/*
 * Writes an answer, with the lock held. What cannot be written at once is dropped with
 * the connection: the other end does not read. `last`: nothing follows, and the loop
 * will find the connection hung up.
 */
void connection_send(struct connection *connection, const void *bytes, size_t len,
                     bool last);

#endif
