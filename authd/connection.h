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
struct connection;

/* Where the loop hears from those who answer. */
struct returns {
    int wake_fd; /* written to, it wakes the loop */
    /* Closed after their answer: the loop takes them in when it is up anyway. */
    _Atomic(struct connection *) closed;
};

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
    bool dropped;            /* the loop is through with it */
    bool busy;               /* in the loop's list of those to look after */
    TAILQ_ENTRY(connection) in_all;
    TAILQ_ENTRY(connection) in_busy;

    atomic_bool paused; /* the loop wants to know when the request is answered */
    struct returns *returns;
    struct connection *next_closed;
    atomic_uint holders;
    pthread_mutex_t lock;
    /* -1: closed, by the loop or with the last answer, under the lock. The loop may use
       it without, until it has handed on what is answered with the last. */
    int fd;
};

TAILQ_HEAD(connections, connection);

/* Takes over `fd`, also when it fails (NULL: out of memory). One holder. */
struct connection *connection_create(enum protocol protocol, int fd,
                                     const struct peer *peer, struct returns *returns,
                                     int64_t now);
struct connection *connection_hold(struct connection *connection);
void connection_release(struct connection *connection); /* any thread */

/* Closes the descriptor; for the loop only. */
void connection_close(struct connection *connection);

/*
 * Writes an answer, with the lock held. What cannot be written at once is dropped: the
 * other end does not read, and the loop will find the connection hung up. `last`:
 * nothing follows, and the descriptor is closed.
 */
void connection_send(struct connection *connection, const void *bytes, size_t len,
                     bool last);

/* Has the other end closed it? Not if it only sends no more. Any thread. */
bool connection_left(struct connection *connection);

/* Gives a connection that was closed by its last answer back to the loop; any thread.
 */
void connection_return(struct connection *connection);

/* For the loop: those that were given back since, by `next_closed`. Each is held. */
struct connection *connections_returned(struct returns *returns);

#endif
