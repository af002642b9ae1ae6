/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/readahead.h"

/*
 * libmilter takes each packet with three calls of poll(2) and two of read(2), and the
 * MTA sends some thirty small packets a message in three or four writes: nine tenths of
 * a filter's time go into that. It has no switch for it either. So the program defines
 * the five functions below, which the dynamic linker then gives to libmilter: on the
 * connections that libmilter accepted, read() takes all that is there at once and hands
 * it out piece by piece, poll() answers at once while some of it is left, and a change
 * to the message waits for the reply that always follows it, so that both leave in one
 * write. The poll() for all connections that nobody serves tells of no more than should
 * be served at once (handout.h). On every other descriptor they do what they always do.
 *
 * What makes this safe: libmilter serves a connection from one thread at a time and
 * polls it (alone, as mi_engine does before each packet) before it lets go of it; it
 * lets go only when there is nothing to read, here or in the kernel. Its connections
 * are blocking. `./configure --disable-readahead` leaves all this out.
 */

/* The sanitizers replace the same functions by their own, and need them. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif
#if defined(SANITIZED) && !defined(READAHEAD_OFF)
#define READAHEAD_OFF 1
#endif

#ifdef READAHEAD_OFF

void readahead_start(void)
{
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <libmilter/mfdef.h>

#include "milter/handout.h"

enum {
    AHEAD_MAX = 4096, /* a message's header and the macros between its fields, mostly */
    BEHIND_MAX = 2048, /* a Received field */
    CONNECTIONS_MAX = 65536
};

/* One connection; the buffers exist while there is something in them. */
struct connection {
    bool polled; /* libmilter asks poll() about it: a libmilter with select() must not
                    be left waiting for what is here already */
    bool tcp;
    char *ahead; /* read, not yet handed out: ahead[at..len) */
    size_t at, len;
    char *behind; /* written by libmilter, not yet sent */
    size_t behind_len;
};

/* By descriptor; NULL: not ours. An entry belongs to whoever owns the descriptor. */
static _Atomic(struct connection *) *connections;
static size_t connections_max;
static atomic_size_t connections_open;

/* The functions of libc. */
static struct {
    int (*accept)(int, struct sockaddr *, socklen_t *);
    int (*close)(int);
    int (*poll)(struct pollfd *, nfds_t, int);
    ssize_t (*read)(int, void *, size_t);
    ssize_t (*writev)(int, const struct iovec *, int);
} libc;

/* Ours: C names of their own, so that no header has an opinion about them. */
int ahead_accept(int fd, struct sockaddr *addr, socklen_t *len) __asm__("accept");
int ahead_close(int fd) __asm__("close");
int ahead_poll(struct pollfd *fds, nfds_t count, int timeout) __asm__("poll");
ssize_t ahead_read(int fd, void *buf, size_t size) __asm__("read");
ssize_t ahead_writev(int fd, const struct iovec *iov, int count) __asm__("writev");

/* Libraries may call any of the five before main() begins. */
__attribute__((constructor)) static void find_libc(void)
{
    *(void **)&libc.accept = dlsym(RTLD_NEXT, "accept");
    *(void **)&libc.close = dlsym(RTLD_NEXT, "close");
    *(void **)&libc.poll = dlsym(RTLD_NEXT, "poll");
    *(void **)&libc.read = dlsym(RTLD_NEXT, "read");
    *(void **)&libc.writev = dlsym(RTLD_NEXT, "writev");
    if (libc.accept == NULL || libc.close == NULL || libc.poll == NULL ||
        libc.read == NULL || libc.writev == NULL)
        abort();
}

void readahead_start(void)
{
    struct rlimit limit;
    size_t max = CONNECTIONS_MAX;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < max)
        max = (size_t)limit.rlim_cur;
    connections = calloc(max, sizeof(*connections));
    if (connections != NULL)
        connections_max = max;
}

static struct connection *connection_of(int fd)
{
    if (fd < 0 || (size_t)fd >= connections_max)
        return NULL;
    return atomic_load_explicit(&connections[fd], memory_order_acquire);
}

static void connection_forget(int fd)
{
    struct connection *connection;

    if (fd < 0 || (size_t)fd >= connections_max)
        return;
    connection = atomic_exchange(&connections[fd], NULL);
    if (connection == NULL)
        return;
    atomic_fetch_sub(&connections_open, 1);
    free(connection->ahead);
    free(connection->behind);
    free(connection);
}

static void connection_begin(int fd, const struct sockaddr *addr)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        return;
    connection->tcp =
        addr != NULL && (addr->sa_family == AF_INET || addr->sa_family == AF_INET6);
    atomic_fetch_add(&connections_open, 1);
    atomic_store(&connections[fd], connection);
}

/* Is it libmilter that waits for all connections that it does not serve right now? */
static bool is_pool(const struct pollfd *fds, nfds_t count)
{
    return count > 1 && connection_of(fds[0].fd) == NULL &&
           connection_of(fds[1].fd) != NULL;
}

/*
 * sendmail writes the head of a packet and the rest of it apart, and its system holds
 * the rest back until ours has acknowledged the head, for which that takes its time:
 * 40 ms, several times a message. Asked anew before each wait, it does so at once.
 */
static void acknowledge(int fd)
{
    const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

/* --- the five --- */

int ahead_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    int accepted = libc.accept(fd, addr, len);

    if (accepted >= 0 && (size_t)accepted < connections_max) {
        connection_forget(accepted); /* closed behind our back */
        connection_begin(accepted, addr);
    }
    return accepted;
}

int ahead_close(int fd)
{
    connection_forget(fd);
    return libc.close(fd);
}

int ahead_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct connection *connection;

    if (is_pool(fds, count))
        return handout_poll(libc.poll, fds, count, timeout,
                            atomic_load(&connections_open));
    if (count != 1 || (fds[0].events & POLLIN) == 0)
        return libc.poll(fds, count, timeout);
    connection = connection_of(fds[0].fd);
    if (connection == NULL)
        return libc.poll(fds, count, timeout);
    connection->polled = true;
    if (connection->ahead == NULL) {
        if (connection->tcp)
            acknowledge(fds[0].fd);
        return libc.poll(fds, count, timeout);
    }
    fds[0].revents = POLLIN;
    return 1;
}

/* Hands out what is there; the buffer goes when it is empty. */
static ssize_t connection_take(struct connection *connection, void *buf, size_t size)
{
    size_t left = connection->len - connection->at;

    if (size > left)
        size = left;
    memcpy(buf, connection->ahead + connection->at, size);
    connection->at += size;
    if (connection->at == connection->len) {
        free(connection->ahead);
        connection->ahead = NULL;
    }
    return (ssize_t)size;
}

ssize_t ahead_read(int fd, void *buf, size_t size)
{
    struct connection *connection = connection_of(fd);
    ssize_t n;

    if (connection == NULL)
        return libc.read(fd, buf, size);
    if (connection->ahead != NULL)
        return connection_take(connection, buf, size);
    if (!connection->polled || size >= AHEAD_MAX ||
        (connection->ahead = malloc(AHEAD_MAX)) == NULL)
        return libc.read(fd, buf, size);
    n = libc.read(fd, connection->ahead, AHEAD_MAX);
    if (n <= 0) {
        free(connection->ahead);
        connection->ahead = NULL;
        return n;
    }
    connection->at = 0;
    connection->len = (size_t)n;
    return connection_take(connection, buf, size);
}

/*
 * Is this a change to the message, which a reply will follow? libmilter passes the
 * length (four bytes) with the command, and behind them the data. The rest of a packet
 * that was sent in part looks different, and must not be taken for a packet.
 */
static bool is_change(const struct iovec *iov, int count)
{
    static const char changes[] = {SMFIR_INSHEADER, SMFIR_ADDHEADER, SMFIR_CHGHEADER,
                                   SMFIR_CHGFROM, SMFIR_QUARANTINE};
    const char *head;

    if (count != 2 || iov[0].iov_len != MILTER_LEN_BYTES + 1)
        return false;
    head = iov[0].iov_base;
    return memchr(changes, head[MILTER_LEN_BYTES], sizeof(changes)) != NULL;
}

static size_t iov_size(const struct iovec *iov, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += iov[i].iov_len;
    return size;
}

/* Keeps it for the next write. false: it cannot be kept. */
static bool connection_keep(struct connection *connection, const struct iovec *iov,
                            int count)
{
    if (iov_size(iov, count) > BEHIND_MAX - connection->behind_len)
        return false;
    if (connection->behind == NULL && (connection->behind = malloc(BEHIND_MAX)) == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        memcpy(connection->behind + connection->behind_len, iov[i].iov_base,
               iov[i].iov_len);
        connection->behind_len += iov[i].iov_len;
    }
    return true;
}

/* Sends what was kept by itself. */
static bool connection_send(struct connection *connection, int fd)
{
    size_t sent = 0;

    while (sent < connection->behind_len) {
        ssize_t n = write(fd, connection->behind + sent, connection->behind_len - sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        sent += (size_t)n;
    }
    connection->behind_len = 0;
    free(connection->behind);
    connection->behind = NULL;
    return true;
}

ssize_t ahead_writev(int fd, const struct iovec *iov, int count)
{
    struct connection *connection = connection_of(fd);

    if (connection == NULL)
        return libc.writev(fd, iov, count);
    if (is_change(iov, count) && connection_keep(connection, iov, count))
        return (ssize_t)iov_size(iov, count);
    if (connection->behind_len != 0) {
        bool joined = connection_keep(connection, iov, count);

        if (!connection_send(connection, fd))
            return -1;
        if (joined)
            return (ssize_t)iov_size(iov, count);
    }
    return libc.writev(fd, iov, count);
}

#endif
