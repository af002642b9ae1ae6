/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "authd/accept.h"
#include "authd/login.h"
#include "authd/lookup.h"
#include "authd/server_private.h"
#include "prog/log.h"
#include "prog/notify.h"

enum {
    EVENTS = 128,
    WAIT_MS = 5,            /* in a queue, after which a client may have left */
    STOP_ACCEPTS = 1024,    /* of a socket, in the end: no more than may have waited */
    FINISH_MS = 1000,       /* what the workers get beyond their last deadline */
    STUCK_FACTOR = 4,       /* deadlines without progress: the service is not alive */
    DESCRIPTORS_OWN = 32,   /* that are no connections */
    DESCRIPTORS_WORKER = 4, /* of a worker's database */
    CONNECTIONS_MIN = 8
};

/* --- time --- */

static void tick_request(struct server *server, struct connection *connection,
                         int64_t now)
{
    struct request *request = connection->request;

    switch (request_state(request)) {
    case REQUEST_OPEN:
        if (now >= request->deadline)
            server_refuse(request, "no answer was found in time");
        break;
    case REQUEST_HELD:
        if (now >= request->due || server->stopping)
            request_send_held(request);
        break;
    case REQUEST_CLAIMED:
        break;
    case REQUEST_DONE:
        server_resume(server, connection, now);
        break;
    }
}

static void tick_connection(struct server *server, struct connection *connection,
                            int64_t now)
{
    if (connection->request != NULL)
        tick_request(server, connection, now);
    if (connection->dropped || connection->request != NULL)
        return;
    if (connection->protocol == PROTOCOL_LOOKUP && connection->partial.len == 0)
        server_busy_remove(server, connection);
    else if (now - connection->began >= server->timeout_ms)
        server_give_up(server, connection);
}

static void timeout_update(struct server *server)
{
    struct snapshot_ref *ref = snapshot_acquire(server->authd->current);
    const struct runtime *runtime = snapshot_object(ref);

    server->timeout_ms = (int64_t)runtime->conf->request_timeout * 1000;
    snapshot_release(ref);
}

static void tick(struct server *server, int64_t now)
{
    struct connection *connection = TAILQ_FIRST(&server->busy);

    timeout_update(server);
    while (connection != NULL) {
        struct connection *next = TAILQ_NEXT(connection, in_busy);

        tick_connection(server, connection, now);
        connection = next;
    }
    if (server->accept_due != 0 && now >= server->accept_due && !server->stopping)
        accept_resume(server);
    server->tick_due = now + SERVER_TICK_MS;
}

/* The loop is alive, as it sends this; but are the workers? */
static void beat(struct server *server, int64_t now)
{
    const int64_t most = server->timeout_ms * STUCK_FACTOR;

    if (server->beat_ms == 0 || now < server->beat_due)
        return;
    server->beat_due = now + server->beat_ms;
    if (workers_stuck(server->lookups, now) < most &&
        workers_stuck(server->verifiers, now) < most)
        notify_watchdog();
    else
        log_line(EVENT_ERROR, NULL, "no worker makes progress");
}

/* How long epoll may wait. */
static int patience(const struct server *server, int64_t now)
{
    int64_t due = INT64_MAX;

    if (!TAILQ_EMPTY(&server->busy) || server->accept_due != 0 || server->stopping)
        due = server->tick_due;
    if (server->beat_ms != 0 && server->beat_due < due)
        due = server->beat_due;
    if (due == INT64_MAX)
        return -1;
    return due > now ? (int)(due - now) : 0;
}

/* --- the loop --- */

static void wake_clear(struct server *server)
{
    uint64_t count;

    (void)!read(server->returns.wake_fd, &count, sizeof count);
}

/* Takes in what has been sent already, and closes the doors. */
static void stop_begin(struct server *server, int64_t now)
{
    struct connection *connection, *next;

    server->stop_due = now + server->timeout_ms + FINISH_MS;
    for (size_t i = 0; i < server->door_count; i++) {
        const struct door *door = &server->doors[i];

        for (int j = 0; j < STOP_ACCEPTS && accept_next(server, door, now); j++)
            ;
        listen_close(door->socket->listener);
    }
    for (connection = TAILQ_FIRST(&server->all); connection != NULL;
         connection = next) {
        next = TAILQ_NEXT(connection, in_all);
        if (server_answered(connection))
            server_read(server, connection, now);
    }
    server->stopping = true;
    for (connection = TAILQ_FIRST(&server->all); connection != NULL;
         connection = next) {
        next = TAILQ_NEXT(connection, in_all);
        if (server_answered(connection))
            server_give_up(server, connection);
    }
    server->tick_due = now;
}

static void handle_connection(struct server *server, struct connection *connection,
                              uint32_t events, int64_t now)
{
    const bool once = connection->protocol == PROTOCOL_SASLAUTHD;

    /* Watched once: who has asked is no longer, and the descriptor not the loop's. */
    if (connection->dropped || (once && connection->request != NULL))
        return;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        server_drop(server, connection);
    else
        server_read(server, connection, now);
    if (once && !connection->dropped && connection->request == NULL)
        server_watch(server, EPOLL_CTL_MOD, connection->fd, EPOLLIN | EPOLLONESHOT,
                     connection);
}

static void handle(struct server *server, const struct epoll_event *event, int64_t now)
{
    enum watch *what = event->data.ptr;

    switch (*what) {
    case WATCH_WAKE:
        wake_clear(server);
        server->tick_due = now;
        break;
    case WATCH_LISTENER:
        if (!server->stopping)
            accept_next(server, event->data.ptr, now);
        break;
    case WATCH_CONNECTION:
        handle_connection(server, event->data.ptr, event->events, now);
        break;
    }
}

/* The next request that was kept. */
static struct request *kept_take(void *arg)
{
    struct server *server = arg;

    if (server->kept_first < server->kept_count)
        return server->kept[server->kept_first++];
    server->kept_first = server->kept_count = 0;
    return NULL;
}

/* The runner is stuck with one of those that were kept: the others must not wait. */
static void kept_hand_on(struct server *server)
{
    struct request *request;

    while ((request = kept_take(server)) != NULL) {
        server_hand_on(server->lookups, request);
        request_release(request);
    }
}

/* One turn of the loop. false: it has ended. */
static bool turn(void *arg, bool keep)
{
    struct server *server = arg;
    struct epoll_event events[EVENTS];
    int64_t now;
    int n;

    server->keep = keep;
    kept_hand_on(server);
    n = epoll_wait(server->epoll_fd, events, EVENTS, patience(server, request_now()));
    now = request_now();
    for (int i = 0; i < n; i++)
        handle(server, &events[i], now);
    if (atomic_load(&server->stop) && !server->stopping)
        stop_begin(server, now);
    if (now >= server->tick_due)
        tick(server, now);
    beat(server, now);
    server_reap(server);
    server_bury(server);
    return (!server->stopping || server->count > 0) &&
           !(server->stopping && now >= server->stop_due);
}

static void wake(void *arg)
{
    const struct server *server = arg;
    const uint64_t one = 1;

    (void)!write(server->returns.wake_fd, &one, sizeof one);
}

static const struct relay_loop loop = {
    .turn = turn,
    .take = kept_take,
    .wake = wake,
    .run = lookup_run,
};

void server_run(struct server *server)
{
    server->tick_due = server->beat_due = request_now();
    relay_run(server->relay);
}

void server_stop(struct server *server)
{
    pthread_mutex_lock(&server->stop_lock);
    atomic_store(&server->stop, true);
    wake(server);
    pthread_mutex_unlock(&server->stop_lock);
}

/* --- start and end --- */

/*
 * How many connections may be open, so that descriptors are left for the databases:
 * as many as are wanted, if the limit of descriptors can be raised that far.
 */
static size_t connections_max(const struct conf_authd *conf)
{
    const size_t threads = (size_t)conf->lookup_workers + runtime_verifiers(conf);
    const size_t spare = DESCRIPTORS_OWN + DESCRIPTORS_WORKER * threads;
    const size_t wanted = (size_t)conf->max_connections;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return wanted;
    if (limit.rlim_cur < wanted + spare) {
        limit.rlim_cur =
            wanted + spare < limit.rlim_max ? wanted + spare : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted + spare)
        return wanted;
    log_line(EVENT_WARNING, NULL,
             "the limit of %lu descriptors allows for fewer connections than "
             "max_connections",
             (unsigned long)limit.rlim_cur);
    return limit.rlim_cur > spare + CONNECTIONS_MIN ? (size_t)limit.rlim_cur - spare
                                                    : CONNECTIONS_MIN;
}

/* Those who left while their request waited must not hold up the others. Who waited
 * for no time at all is not worth the question. */
static bool in_vain(struct request *request)
{
    return request_now() - request->received >= WAIT_MS &&
           connection_left(request->connection);
}

/* STORE is a question that takes the time of a hash: both kinds of worker see both. */
static void run(struct request *request)
{
    if (request->connection->protocol != PROTOCOL_SASLAUTHD)
        lookup_run(request);
    else if (!in_vain(request))
        login_run(request);
    else if (request_claim(request))
        request_unavailable(request, "the client has left");
}

static bool workers_start(struct server *server, const struct conf_authd *conf,
                          struct buf *error_r)
{
    server->lookups =
        workers_create((size_t)conf->lookup_workers, (size_t)conf->queue, run, error_r);
    if (server->lookups == NULL)
        return false;
    server->verifiers =
        workers_create(runtime_verifiers(conf), (size_t)conf->queue, run, error_r);
    if (server->verifiers == NULL)
        return false;
    server->relay = relay_create(&loop, server, error_r);
    return server->relay != NULL;
}

static bool doors_open(struct server *server, const struct server_socket *sockets,
                       size_t count)
{
    server->doors = calloc(count, sizeof *server->doors);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->returns.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->wake_watch = WATCH_WAKE;
    if (server->doors == NULL || server->epoll_fd == -1 ||
        server->returns.wake_fd == -1 ||
        !server_watch(server, EPOLL_CTL_ADD, server->returns.wake_fd, EPOLLIN,
                      &server->wake_watch))
        return false;
    for (; server->door_count < count; server->door_count++) {
        struct door *door = &server->doors[server->door_count];

        *door = (struct door){WATCH_LISTENER, &sockets[server->door_count]};
        if (!server_watch(server, EPOLL_CTL_ADD, listen_fd(door->socket->listener),
                          EPOLLIN, door))
            return false;
    }
    return true;
}

struct server *server_create(struct authd *authd, const struct server_socket *sockets,
                             size_t socket_count, struct buf *error_r)
{
    struct server *server = calloc(1, sizeof *server);
    struct snapshot_ref *ref = snapshot_acquire(authd->current);
    const struct runtime *runtime = snapshot_object(ref);
    bool ok = server != NULL;

    if (ok) {
        server->authd = authd;
        server->epoll_fd = server->returns.wake_fd = -1;
        server->max = connections_max(runtime->conf);
        server->beat_ms = notify_watchdog_interval();
        pthread_mutex_init(&server->stop_lock, NULL);
        atomic_init(&server->stop, false);
        atomic_init(&server->returns.closed, NULL);
        TAILQ_INIT(&server->all);
        TAILQ_INIT(&server->busy);
        TAILQ_INIT(&server->dead);
        timeout_update(server);
        ok = doors_open(server, sockets, socket_count);
    }
    if (!ok)
        buf_addf(error_r, "cannot serve: %s", strerror(errno));
    ok = ok && workers_start(server, runtime->conf, error_r);
    snapshot_release(ref);
    if (ok)
        return server;
    server_destroy(server);
    return NULL;
}

bool server_destroy(struct server *server)
{
    struct connection *connection;

    if (server == NULL)
        return true;
    if (!relay_finish(server->relay, FINISH_MS))
        return false;
    server->relay = NULL;
    server->keep = false;
    kept_hand_on(server);
    while ((connection = TAILQ_FIRST(&server->all)) != NULL)
        server_drop(server, connection);
    server_bury(server);
    if (!workers_finish(server->lookups, FINISH_MS))
        return false;
    server->lookups = NULL;
    if (!workers_finish(server->verifiers, FINISH_MS))
        return false;
    server_reap(server);
    pthread_mutex_lock(&server->stop_lock);
    pthread_mutex_unlock(&server->stop_lock);
    pthread_mutex_destroy(&server->stop_lock);
    if (server->epoll_fd != -1)
        close(server->epoll_fd);
    if (server->returns.wake_fd != -1)
        close(server->returns.wake_fd);
    free(server->doors);
    free(server);
    return true;
}
