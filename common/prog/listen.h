/* SPDX-License-Identifier: BSD-2-Clause */
/* listen.h - owning the path or port on which we, or a library for us, will listen. */
#ifndef SENDAS_PROG_LISTEN_H
#define SENDAS_PROG_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "conf/endpoint.h"
#include "prog/identity.h"

struct listener;

/*
 * Makes the place ready, before the library opens its socket. For a Unix socket: makes
 * the directory when only the last part of its path is missing (mode 0755, owned by
 * `owner` when the process is root), removes a socket that nobody listens on any more,
 * refuses one that answers ("another process is listening there"), never removes
 * anything that is no socket, and sets a umask under which the new socket is nobody
 * else's. That umask lasts until listen_opened() or listen_destroy(). `endpoint` is
 * copied. Before there are threads. NULL: one line in *error_r.
 */
struct listener *listen_prepare(const struct endpoint *endpoint,
                                const struct identity *owner, struct buf *error_r);

/*
 * To be called when the library has opened its socket and still before
 * identity_assume(): finds the listening descriptor; gives a Unix socket its owner
 * (root only), group
 * (`group` (gid_t)-1: the owner's own) and `mode`, in this order; sets TCP_NODELAY on
 * an inet one, which the connections accepted from it inherit. Puts the umask back.
 * false: one line in *error_r.
 */
bool listen_opened(struct listener *listener, mode_t mode, gid_t group,
                   struct buf *error_r);

/*
 * All of it for a Unix socket of our own: prepares the path, opens a non-blocking
 * socket and listens. The descriptor belongs to the listener. NULL: one line in
 * *error_r.
 */
struct listener *listen_open(const struct endpoint *endpoint,
                             const struct identity *owner, int backlog, mode_t mode,
                             gid_t group, struct buf *error_r);

/* The listening descriptor (never the caller's to close), -1 before listen_opened(). */
int listen_fd(const struct listener *listener);

/*
 * Wakes whoever waits in poll or accept for the listening socket, by shutting it down:
 * nobody can connect from now on. Safe from any thread and in a signal handler.
 */
void listen_wake(const struct listener *listener);

/* Takes no more connections (listen_open() only); the path stays until the end. */
void listen_close(struct listener *listener);

/*
 * At the end: puts the umask back if that is still to do, and removes the Unix socket
 * if the path is still the one that was opened. NULL is allowed.
 */
void listen_destroy(struct listener *listener);

/*
 * Our descriptor that listens (SO_ACCEPTCONN) on the endpoint, -1 if there is none.
 * What listen_opened() uses; by itself for tests.
 */
int listen_find_fd(const struct endpoint *endpoint);

#endif
