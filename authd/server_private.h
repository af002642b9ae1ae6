/* SPDX-License-Identifier: BSD-2-Clause */
/* server_private.h - the loop's own state, for the files that are the loop. */
#ifndef SENDAS_AUTHD_SERVER_PRIVATE_H
#define SENDAS_AUTHD_SERVER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authd/connection.h"
#include "authd/relay.h"
#include "authd/request.h"
#include "authd/server.h"
#include "authd/workers.h"

enum {
    SERVER_KEPT_MAX = 4, /* lookups that the loop answers by itself in one turn */
    SERVER_TICK_MS = 50  /* how exact deadlines and delays are */
};

/* One listening socket. */
struct door {
    enum watch watch;
    const struct server_socket *socket;
};

struct server {
    struct authd *authd;
    struct workers *lookups, *verifiers;
    struct relay *relay; /* who runs the loop */
    bool keep;           /* it may keep requests for itself: */
    struct request *kept[SERVER_KEPT_MAX];
    size_t kept_first, kept_count;
    int epoll_fd;
    struct returns returns;
    enum watch wake_watch;
    pthread_mutex_t stop_lock; /* held by who stops us, until it needs us no more */
    atomic_bool stop;
    bool stopping;
    struct door *doors;
    size_t door_count;
    struct connections all;  /* the one used last at the end */
    struct connections busy; /* those that the tick has to look at */
    struct connections dead; /* closed while their events may still be at hand */
    size_t count, max;
    int64_t timeout_ms; /* of the configuration in force */
    int64_t tick_due;   /* the next tick, while there is anything to look after */
    int64_t accept_due; /* when to accept again, 0: we do */
    int64_t stop_due;   /* when the end comes, whatever is left */
    unsigned beat_ms;   /* how often the service manager wants to hear from us */
    int64_t beat_due;
    int64_t refused_due; /* when the next refused peer is told */
    unsigned refused;
    unsigned char scratch[WIRE_MESSAGE_MAX + 2]; /* wiped after each use */
};

/* epoll_ctl(2); `what` begins with an enum watch. */
bool server_watch(struct server *server, int op, int fd, uint32_t events, void *what);

/* --- connections (server_connections.c) --- */

/* Has the tick look at the connection, or no more. */
void server_busy_add(struct server *server, struct connection *connection, int64_t now);
void server_busy_remove(struct server *server, struct connection *connection);

/* Closes the connection; server_bury() frees it when none of its events is at hand. */
void server_drop(struct server *server, struct connection *connection);
void server_bury(struct server *server);

/* Makes room by closing the lookup connection that was idle the longest: its process
 * connects anew when it has another question. false: there is none. */
bool server_evict(struct server *server);

/* Answers a saslauthd client that has not asked, and never will, and drops the
 * connection. */
void server_give_up(struct server *server, struct connection *connection);

/* Reads what there is, and begins what is asked. */
void server_read(struct server *server, struct connection *connection, int64_t now);

/* Has the connection no request, or one that is answered? */
bool server_answered(const struct connection *connection);

/* Its request is answered: what else has come? */
void server_resume(struct server *server, struct connection *connection, int64_t now);

/* Gives the request to the workers; refuses it when too many wait. */
void server_hand_on(struct workers *workers, struct request *request);

/* Answers that it is not to be had, unless it is answered. */
void server_refuse(struct request *request, const char *reason);

/* Drops the connections that were closed after their answer. */
void server_reap(struct server *server);

#endif
