/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/accept.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authd/server_private.h"
#include "prog/log.h"

enum {
    ACCEPT_PAUSE_MS = 200, /* when there are no descriptors left */
    SAY_EVERY_MS = 10000   /* refused peers */
};

static void accept_pause(struct server *server, int64_t now)
{
    for (size_t i = 0; i < server->door_count; i++)
        server_watch(server, EPOLL_CTL_MOD,
                     listen_fd(server->doors[i].socket->listener), 0,
                     &server->doors[i]);
    server->accept_due = now + ACCEPT_PAUSE_MS;
    log_line(EVENT_WARNING, "peer", "no more connections for the moment: %s",
             strerror(errno));
}

void accept_resume(struct server *server)
{
    for (size_t i = 0; i < server->door_count; i++)
        server_watch(server, EPOLL_CTL_MOD,
                     listen_fd(server->doors[i].socket->listener), EPOLLIN,
                     &server->doors[i]);
    server->accept_due = 0;
}

static void refused_tell(struct server *server, const struct peer *peer, int64_t now)
{
    server->refused++;
    if (now < server->refused_due)
        return;
    log_line(EVENT_WARNING, "peer",
             "refused process %ld of user id %ld, who is not among peers (%u in all)",
             (long)peer->pid, (long)peer->uid, server->refused);
    server->refused_due = now + SAY_EVERY_MS;
}

static bool allowed(struct server *server, const struct peer *peer)
{
    struct snapshot_ref *ref = snapshot_acquire(server->authd->current);
    const bool ok = peer_allowed(peer, snapshot_object(ref));

    snapshot_release(ref);
    return ok;
}

static void admit(struct server *server, enum protocol protocol, int fd, int64_t now)
{
    uint32_t events = EPOLLIN;
    struct connection *connection;
    struct peer peer = {.uid = (uid_t)-1}; /* whom the kernel does not name is nobody */

    if (!peer_of(fd, &peer) || !allowed(server, &peer)) {
        refused_tell(server, &peer, now);
        close(fd);
        return;
    }
    connection = connection_create(protocol, fd, &peer, &server->returns, now);
    if (connection == NULL)
        return;
    TAILQ_INSERT_TAIL(&server->all, connection, in_all);
    server->count++;
    if (server->count > server->max)
        server_reap(server);
    if (server->count > server->max && !server_evict(server)) {
        server_give_up(server, connection);
        return;
    }
    if (connection->dropped) /* it was itself the one to go */
        return;
    if (protocol == PROTOCOL_SASLAUTHD) {
        events |= EPOLLONESHOT; /* it asks but once */
        server_busy_add(server, connection, now);
        /* It writes as soon as it is connected, and no more than that. */
        server_read(server, connection, now);
        if (connection->dropped || connection->request != NULL)
            return;
    }
    if (!server_watch(server, EPOLL_CTL_ADD, fd, events, connection))
        server_give_up(server, connection);
}

bool accept_next(struct server *server, const struct door *door, int64_t now)
{
    const int fd = accept4(listen_fd(door->socket->listener), NULL, NULL,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd != -1) {
        admit(server, door->socket->protocol, fd, now);
        return true;
    }
    if (errno == EINTR || errno == ECONNABORTED)
        return true;
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
        return false;
    if (server_evict(server))
        return true;
    accept_pause(server, now);
    return false;
}
