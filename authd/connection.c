/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"

struct connection *connection_create(enum protocol protocol, int fd,
                                     const struct peer *peer, struct returns *returns,
                                     int64_t now)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL || pthread_mutex_init(&connection->lock, NULL) != 0) {
        free(connection);
        close(fd);
        return NULL;
    }
    connection->watch = WATCH_CONNECTION;
    connection->protocol = protocol;
    connection->peer = *peer;
    connection->began = now;
    connection->returns = returns;
    connection->fd = fd;
    atomic_init(&connection->paused, false);
    atomic_init(&connection->holders, 1);
    return connection;
}

struct connection *connection_hold(struct connection *connection)
{
    atomic_fetch_add_explicit(&connection->holders, 1, memory_order_relaxed);
    return connection;
}

void connection_release(struct connection *connection)
{
    if (atomic_fetch_sub_explicit(&connection->holders, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&connection->lock);
    free(connection);
}

void connection_close(struct connection *connection)
{
    secret_finish(&connection->partial);
    pthread_mutex_lock(&connection->lock);
    if (connection->fd != -1)
        close(connection->fd);
    connection->fd = -1;
    pthread_mutex_unlock(&connection->lock);
}

void connection_send(struct connection *connection, const void *bytes, size_t len,
                     bool last)
{
    ssize_t sent;

    if (connection->fd == -1)
        return;
    do
        sent = send(connection->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent == -1 && errno == EINTR);
    if (last) {
        close(connection->fd);
        connection->fd = -1;
    } else if (sent != (ssize_t)len) {
        shutdown(connection->fd, SHUT_RDWR);
    }
}

bool connection_left(struct connection *connection)
{
    struct pollfd poll_fd = {.events = 0};
    bool left;

    pthread_mutex_lock(&connection->lock);
    poll_fd.fd = connection->fd;
    left = poll_fd.fd == -1 ||
           (poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLERR)) != 0);
    pthread_mutex_unlock(&connection->lock);
    return left;
}

void connection_return(struct connection *connection)
{
    _Atomic(struct connection *) *closed = &connection->returns->closed;

    connection_hold(connection);
    connection->next_closed = atomic_load_explicit(closed, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(closed, &connection->next_closed,
                                                  connection, memory_order_release,
                                                  memory_order_relaxed))
        ;
}

struct connection *connections_returned(struct returns *returns)
{
    /* Most often there is none. */
    if (atomic_load_explicit(&returns->closed, memory_order_relaxed) == NULL)
        return NULL;
    return atomic_exchange_explicit(&returns->closed, NULL, memory_order_acquire);
}
