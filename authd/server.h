/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h - the loop: accepts, reads, hands on to the workers, watches the time. */
#ifndef SENDAS_AUTHD_SERVER_H
#define SENDAS_AUTHD_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "authd/request.h"
#include "base/buf.h"
#include "prog/listen.h"

struct server;

/* A socket to serve. */
struct server_socket {
    enum protocol protocol;
    struct listener *listener; /* the caller's */
};

/*
 * Starts the workers for the configuration in force; `sockets` and `authd` must last as
 * long as the server. After daemon_start(), and with the signals blocked that are not
 * for any thread. NULL: one line in *error_r.
 */
struct server *server_create(struct authd *authd, const struct server_socket *sockets,
                             size_t socket_count, struct buf *error_r);

/*
 * Serves until server_stop(); then takes nothing new, answers what was asked before
 * within the time that a request has, and closes all.
 */
void server_run(struct server *server);

/* From any thread. */
void server_stop(struct server *server);

/* After server_run(). false: a worker is stuck, and nothing can be freed any more. */
bool server_destroy(struct server *server);

#endif
