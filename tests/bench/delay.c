/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * delay - a network in between: a proxy for TCP connections on 127.0.0.1 that passes on
 * what comes, both ways, so many microseconds later.
 *
 *   delay PORT TARGET-PORT MICROSECONDS
 *
 * Runs until it is ended. There is no bandwidth to be used up, and no loss.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIPES_MAX = 256, CHUNK = 65536, NS_PER_US = 1000, NS_PER_S = 1000000000 };

struct chunk {
    STAILQ_ENTRY(chunk) next;
    int64_t due;
    size_t len;
    char bytes[];
};

/* One direction of a connection; the other one is next to it. */
struct pipe {
    int from, to;
    bool ended; /* nothing more comes */
    STAILQ_HEAD(, chunk) waiting;
};

static struct pipe pipes[PIPES_MAX];
static size_t pipe_count;
static int64_t delay_ns;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct sockaddr_in address_of(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)atoi(port))};
}

static int listen_at(const char *port)
{
    const struct sockaddr_in address = address_of(port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == -1 ||
        listen(fd, SOMAXCONN) == -1) {
        perror("delay");
        exit(1);
    }
    return fd;
}

static void pipe_add(int from, int to)
{
    struct pipe *pipe = &pipes[pipe_count++];
    const int on = 1;

    setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *pipe = (struct pipe){.from = from, .to = to};
    STAILQ_INIT(&pipe->waiting);
}

static void take_client(int listener, const char *target)
{
    const struct sockaddr_in address = address_of(target);
    const int client = accept(listener, NULL, NULL);
    const int server = socket(AF_INET, SOCK_STREAM, 0);

    if (client == -1 || pipe_count + 2 > PIPES_MAX ||
        connect(server, (const struct sockaddr *)&address, sizeof address) == -1) {
        perror("delay");
        exit(1);
    }
    pipe_add(client, server);
    pipe_add(server, client);
}

/* An empty chunk is the end. */
static void take_bytes(struct pipe *pipe)
{
    struct chunk *chunk = malloc(sizeof *chunk + CHUNK);
    const ssize_t got = chunk != NULL ? read(pipe->from, chunk->bytes, CHUNK) : 0;

    if (chunk == NULL)
        exit(1);
    chunk->len = got > 0 ? (size_t)got : 0;
    chunk->due = now_ns() + delay_ns;
    pipe->ended = chunk->len == 0;
    STAILQ_INSERT_TAIL(&pipe->waiting, chunk, next);
}

/* Passes on what is due; when the next is, or INT64_MAX. */
static int64_t pass_on(struct pipe *pipe, int64_t now)
{
    struct chunk *chunk;

    while ((chunk = STAILQ_FIRST(&pipe->waiting)) != NULL && chunk->due <= now) {
        STAILQ_REMOVE_HEAD(&pipe->waiting, next);
        if (chunk->len == 0)
            shutdown(pipe->to, SHUT_WR);
        else if (send(pipe->to, chunk->bytes, chunk->len, MSG_NOSIGNAL) == -1)
            pipe->ended = true;
        free(chunk);
    }
    return chunk != NULL ? chunk->due : INT64_MAX;
}

static void turn(int listener, const char *target)
{
    struct pollfd fds[PIPES_MAX + 1] = {{.fd = listener, .events = POLLIN}};
    const size_t count = pipe_count;
    int64_t now = now_ns(), due = INT64_MAX;
    struct timespec wait;

    for (size_t i = 0; i < count; i++) {
        const int64_t next = pass_on(&pipes[i], now);

        due = next < due ? next : due;
        fds[i + 1] = (struct pollfd){.fd = pipes[i].ended ? -1 : pipes[i].from,
                                     .events = POLLIN};
    }
    now = now_ns();
    wait.tv_sec = due > now ? (due - now) / NS_PER_S : 0;
    wait.tv_nsec = due > now ? (due - now) % NS_PER_S : 0;
    if (ppoll(fds, (nfds_t)count + 1, due == INT64_MAX ? NULL : &wait, NULL) <= 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (fds[i + 1].revents != 0)
            take_bytes(&pipes[i]);
    }
    if (fds[0].revents != 0)
        take_client(listener, target);
}

int main(int argc, char **argv)
{
    int listener;

    if (argc != 4) {
        fputs("usage: delay PORT TARGET-PORT MICROSECONDS\n", stderr);
        return 2;
    }
    delay_ns = (int64_t)atol(argv[3]) * NS_PER_US;
    listener = listen_at(argv[1]);
    for (;;)
        turn(listener, argv[2]);
}
