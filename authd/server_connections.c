/* SPDX-License-Identifier: BSD-2-Clause */
/* server_connections.c - the connections of the loop: what comes on them becomes
 * requests, one after the other. */
#include "config.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "authd/login.h"
#include "authd/lookup.h"
#include "authd/server_private.h"
#include "base/secret.h"
#include "prog/log.h"

/* --- connections --- */

bool server_watch(struct server *server, int op, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data = {.ptr = what}};

    return epoll_ctl(server->epoll_fd, op, fd, &event) == 0;
}

void server_busy_add(struct server *server, struct connection *connection, int64_t now)
{
    if (connection->busy)
        return;
    if (TAILQ_EMPTY(&server->busy))
        server->tick_due = now + SERVER_TICK_MS;
    TAILQ_INSERT_TAIL(&server->busy, connection, in_busy);
    connection->busy = true;
}

void server_busy_remove(struct server *server, struct connection *connection)
{
    if (connection->busy)
        TAILQ_REMOVE(&server->busy, connection, in_busy);
    connection->busy = false;
}

void server_drop(struct server *server, struct connection *connection)
{
    if (connection->dropped)
        return;
    connection->dropped = true;
    connection_close(connection);
    server_busy_remove(server, connection);
    TAILQ_REMOVE(&server->all, connection, in_all);
    TAILQ_INSERT_TAIL(&server->dead, connection, in_all);
    server->count--;
    request_release(connection->request);
    connection->request = NULL;
}

void server_bury(struct server *server)
{
    struct connection *connection;

    while ((connection = TAILQ_FIRST(&server->dead)) != NULL) {
        TAILQ_REMOVE(&server->dead, connection, in_all);
        connection_release(connection);
    }
}

void server_reap(struct server *server)
{
    struct connection *connection = connections_returned(&server->returns);

    while (connection != NULL) {
        struct connection *next = connection->next_closed;

        server_drop(server, connection);
        connection_release(connection);
        connection = next;
    }
}

bool server_answered(const struct connection *connection)
{
    return connection->request == NULL ||
           request_state(connection->request) == REQUEST_DONE;
}

bool server_evict(struct server *server)
{
    struct connection *connection;

    TAILQ_FOREACH(connection, &server->all, in_all)
    {
        if (connection->protocol == PROTOCOL_LOOKUP && server_answered(connection) &&
            connection->partial.len == 0) {
            server_drop(server, connection);
            return true;
        }
    }
    return false;
}

void server_give_up(struct server *server, struct connection *connection)
{
    unsigned char reply[SASLAUTHD_REPLY_MAX];
    const size_t len = saslauthd_write(ANSWER_UNKNOWN, reply);

    if (connection->protocol == PROTOCOL_SASLAUTHD) {
        pthread_mutex_lock(&connection->lock);
        connection_send(connection, reply, len, true);
        pthread_mutex_unlock(&connection->lock);
    }
    server_drop(server, connection);
}

/* --- requests --- */

void server_refuse(struct request *request, const char *reason)
{
    if (!request_claim(request))
        return;
    login_report_unavailable(request, reason);
    request_unavailable(request, reason);
}

void server_hand_on(struct workers *workers, struct request *request)
{
    if (!workers_add(workers, request))
        server_refuse(request, "too many requests are waiting");
}

/* Has nobody else asked since the last tick? */
static bool alone(const struct server *server, const struct connection *connection)
{
    return TAILQ_FIRST(&server->busy) == connection &&
           TAILQ_NEXT(connection, in_busy) == NULL;
}

/*
 * Does the loop answer by itself? Where a directory is asked only as long as nobody
 * waits meanwhile: the answer is there before a worker would have been woken. Should
 * it not be, there is the guard.
 */
static bool keeps(const struct server *server, const struct connection *connection,
                  const struct request *request)
{
    return server->keep && server->kept_count < SERVER_KEPT_MAX &&
           (!cred_blocks(request->runtime->cred) || alone(server, connection));
}

static void dispatch(struct server *server, struct connection *connection,
                     const void *bytes, size_t len, int64_t now)
{
    struct request *request =
        request_create(server->authd, connection, bytes, len, now);

    if (request == NULL) {
        server_give_up(server, connection);
        return;
    }
    connection->request = request;
    TAILQ_REMOVE(&server->all, connection, in_all);
    TAILQ_INSERT_TAIL(&server->all, connection, in_all);
    server_busy_add(server, connection, now);
    if (connection->protocol == PROTOCOL_SASLAUTHD || lookup_is_slow(&request->message))
        server_hand_on(server->verifiers, request);
    else if (keeps(server, connection, request))
        server->kept[server->kept_count++] = request_hold(request);
    else
        server_hand_on(server->lookups, request);
}

static long protocol_read(enum protocol protocol, const void *bytes, size_t len)
{
    struct wire_message message;
    struct saslauthd_request login;

    return protocol == PROTOCOL_SASLAUTHD ? saslauthd_read(bytes, len, &login)
                                          : wire_read(bytes, len, &message);
}

/* Keeps what has come of the next request. */
static void partial_set(struct server *server, struct connection *connection,
                        const unsigned char *bytes, size_t len, int64_t now)
{
    struct buf rest = BUF_INIT;

    if (len > 0)
        secret_add(&rest, bytes, len);
    if (connection->partial.len == 0 && connection->protocol == PROTOCOL_LOOKUP)
        connection->began = now;
    secret_finish(&connection->partial);
    connection->partial = rest;
    if (rest.failed)
        server_drop(server, connection);
    else if (len > 0)
        server_busy_add(server, connection, now);
}

/* Reads no more until the request at hand is answered. */
static void pause_reading(struct server *server, struct connection *connection)
{
    if (!atomic_load(&connection->paused))
        server_watch(server, EPOLL_CTL_MOD, connection->fd, 0, connection);
    atomic_store(&connection->paused, true);
}

/* Takes what has come, all of it so far. */
static void feed(struct server *server, struct connection *connection,
                 const unsigned char *bytes, size_t len, int64_t now)
{
    const long taken = protocol_read(connection->protocol, bytes, len);

    if (taken < 0) {
        log_line(EVENT_WARNING, "peer",
                 "process %ld of user id %ld sent what is no request",
                 (long)connection->peer.pid, (long)connection->peer.uid);
        server_give_up(server, connection);
        return;
    }
    if (taken > 0 && connection->protocol == PROTOCOL_SASLAUTHD) {
        /* Nothing else of it is read, and whoever answers closes. */
        dispatch(server, connection, bytes, (size_t)taken, now);
        return;
    }
    if (taken > 0)
        dispatch(server, connection, bytes, (size_t)taken, now);
    if (!connection->dropped)
        partial_set(server, connection, bytes + taken, len - (size_t)taken, now);
    if (connection->request != NULL && connection->partial.len > 0) {
        pause_reading(server, connection);
        if (server_answered(connection)) /* nobody will wake us */
            server->tick_due = now;
    }
}

/* The request is answered: what else has come? */
void server_resume(struct server *server, struct connection *connection, int64_t now)
{
    request_release(connection->request);
    connection->request = NULL;
    if (connection->protocol == PROTOCOL_SASLAUTHD || server->stopping) {
        server_drop(server, connection);
        return;
    }
    if (connection->partial.len > 0) {
        struct buf bytes = connection->partial;

        connection->partial = (struct buf)BUF_INIT;
        feed(server, connection, (const unsigned char *)bytes.data, bytes.len, now);
        secret_finish(&bytes);
    }
    if (connection->dropped || !atomic_load(&connection->paused))
        return;
    if (connection->request == NULL) {
        atomic_store(&connection->paused, false);
        server_watch(server, EPOLL_CTL_MOD, connection->fd, EPOLLIN, connection);
    }
}

void server_read(struct server *server, struct connection *connection, int64_t now)
{
    const unsigned char *bytes = server->scratch;
    size_t len;
    ssize_t n;

    if (!server_answered(connection)) {
        pause_reading(server, connection);
        /* If it was answered meanwhile nobody will wake us. */
        if (!server_answered(connection))
            return;
    }
    if (connection->request != NULL) {
        server_resume(server, connection, now);
        if (connection->dropped || connection->request != NULL)
            return;
    }
    n = recv(connection->fd, server->scratch, sizeof server->scratch, MSG_DONTWAIT);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        server_drop(server, connection);
        return;
    }
    len = (size_t)n;
    if (connection->partial.len > 0) {
        struct buf whole = connection->partial;

        connection->partial = (struct buf)BUF_INIT;
        secret_add(&whole, server->scratch, len);
        if (whole.failed) {
            server_drop(server, connection);
        } else {
            const int64_t began = connection->began;

            feed(server, connection, (const unsigned char *)whole.data, whole.len, now);
            /* The time of a request that comes bit by bit is that of its first. */
            if (connection->request == NULL)
                connection->began = began;
        }
        secret_finish(&whole);
    } else {
        feed(server, connection, bytes, len, now);
    }
    secret_wipe(server->scratch, len);
}
