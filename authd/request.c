/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"

int64_t request_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct request *request_create(struct authd *authd, struct connection *connection,
                               const void *bytes, size_t len, int64_t now)
{
    struct request *request = calloc(1, sizeof *request);

    if (request == NULL)
        return NULL;
    secret_add(&request->input, bytes, len);
    if (request->input.failed) {
        secret_finish(&request->input);
        free(request);
        return NULL;
    }
    if (connection->protocol == PROTOCOL_SASLAUTHD)
        saslauthd_read(request->input.data, len, &request->login);
    else
        wire_read(request->input.data, len, &request->message);
    atomic_init(&request->holders, 1);
    atomic_init(&request->state, REQUEST_OPEN);
    request->authd = authd;
    request->connection = connection_hold(connection);
    request->snapshot = snapshot_acquire(authd->current);
    request->runtime = snapshot_object(request->snapshot);
    request->received = now;
    request->deadline = now + (int64_t)request->runtime->conf->request_timeout * 1000;
    return request;
}

struct request *request_hold(struct request *request)
{
    atomic_fetch_add_explicit(&request->holders, 1, memory_order_relaxed);
    return request;
}

void request_release(struct request *request)
{
    if (request == NULL ||
        atomic_fetch_sub_explicit(&request->holders, 1, memory_order_acq_rel) != 1)
        return;
    secret_finish(&request->input);
    snapshot_release(request->snapshot);
    connection_release(request->connection);
    free(request);
}

enum request_state request_state(const struct request *request)
{
    return atomic_load(&request->state);
}

bool request_claim(struct request *request)
{
    enum request_state open = REQUEST_OPEN;

    return atomic_compare_exchange_strong(&request->state, &open, REQUEST_CLAIMED);
}

void request_send(struct request *request, const void *bytes, size_t len)
{
    struct connection *connection = request->connection;
    const bool last = connection->protocol == PROTOCOL_SASLAUTHD;
    const uint64_t one = 1;

    /*
     * Done before it is sent, so that the loop takes the next question of a client that
     * is quick; under the lock, so that its answer cannot overtake this one.
     */
    pthread_mutex_lock(&connection->lock);
    atomic_store(&request->state, REQUEST_DONE);
    connection_send(connection, bytes, len, last);
    pthread_mutex_unlock(&connection->lock);
    if (last)
        connection_return(connection);
    else if (atomic_load(&connection->paused))
        (void)!write(connection->returns->wake_fd, &one, sizeof one);
}

void request_verdict(struct request *request, enum answer answer, unsigned ms)
{
    request->held_len = saslauthd_write(answer, request->held);
    if (ms == 0) {
        request_send(request, request->held, request->held_len);
        return;
    }
    request->due = request_now() + ms;
    atomic_store(&request->state, REQUEST_HELD);
}

void request_unavailable(struct request *request, const char *text)
{
    const struct wire_message message = {
        .kind = WIRE_UNAVAIL, .count = 1, .fields = {{WIRE_TEXT, text, strlen(text)}}};
    unsigned char space[512];

    if (request->connection->protocol == PROTOCOL_SASLAUTHD)
        request_verdict(request, ANSWER_UNKNOWN, 0);
    else
        request_send(request, space, wire_write(&message, space, sizeof space));
}

void request_send_held(struct request *request)
{
    request_send(request, request->held, request->held_len);
}
