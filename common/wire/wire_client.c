/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "wire/wire_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char STEP_CONNECT[] = "connect to";
static const char STEP_ASK[] = "ask";
static const char STEP_WAIT[] = "wait for";
static const char STEP_UNDERSTAND[] = "understand";

/* How one exchange over a connection ended. */
enum exchange {
    EXCHANGE_DONE,
    EXCHANGE_FAILED,
    EXCHANGE_UNSENT, /* the other end was gone before it could have read the question */
    EXCHANGE_LOST    /* it went after it may have read it, and before it answered */
};

static void wipe(void *bytes, size_t len)
{
#ifdef HAVE_EXPLICIT_BZERO
    explicit_bzero(bytes, len);
#else
    volatile unsigned char *at = bytes;

    while (len-- != 0)
        *at++ = 0;
#endif
}

static bool fail(struct wire_failure *failure_r, const char *step, int error)
{
    failure_r->step = step;
    failure_r->error = error;
    return false;
}

/* --- time --- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds until the deadline for poll(2); 0: it has passed. */
static int ms_left(int64_t deadline)
{
    const int64_t left = deadline - now_ms();

    return left <= 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

/* Waits until something can be done with the descriptor. */
static bool wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd waiting = {.fd = fd, .events = events};

    for (;;) {
        const int left = ms_left(deadline);
        const int n = left != 0 ? poll(&waiting, 1, left) : 0;

        if (n > 0)
            return true;
        if (n == 0 && left == 0) {
            errno = ETIMEDOUT;
            return false;
        }
        if (n == -1 && errno != EINTR)
            return false;
    }
}

/* --- the connection --- */

static int client_fd(const struct wire_client *client)
{
    return client->fd_plus_one - 1;
}

/* Whoever closes all descriptors after a fork may have opened something else since. */
static bool client_owns_fd(const struct wire_client *client)
{
    struct stat st;

    return client->fd_plus_one != 0 && fstat(client_fd(client), &st) == 0 &&
           S_ISSOCK(st.st_mode) && st.st_dev == client->device &&
           st.st_ino == client->inode;
}

static void client_close(struct wire_client *client)
{
    if (client_owns_fd(client))
        close(client_fd(client));
    client->fd_plus_one = 0;
}

/*
 * Is the connection of an earlier question fit for another one? Not when the other end
 * is gone, and not when bytes wait that nobody has asked for.
 */
static bool client_usable(const struct wire_client *client)
{
    char byte;

    return client->owner == getpid() && client_owns_fd(client) &&
           recv(client_fd(client), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* A program that closed its standard descriptors must not print into the socket. */
static int socket_create(void)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int high, error;

    if (fd == -1 || fd > STDERR_FILENO)
        return fd;
    high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    error = errno;
    close(fd);
    errno = error;
    return high;
}

/* One try at one path: the descriptor, or -1 and errno; EAGAIN: its queue is full. */
static int path_connect(const char *path, size_t len)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error;

    if (path[0] != '/') {
        errno = EINVAL;
        return -1;
    }
    if (len >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, len);
    fd = socket_create();
    if (fd == -1)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error == EINTR ? EAGAIN : error;
    return -1;
}

/*
 * One try at each path. Which error is worth telling when none of several could be
 * reached: a full queue, which may be waited for, then anything but the plain absence
 * that all but one path show in a chroot.
 */
static int paths_connect(const char *paths)
{
    int error = ENOENT;

    for (const char *at = paths; at[strspn(at, " \t")] != '\0';) {
        const char *path = at + strspn(at, " \t");
        const size_t len = strcspn(path, " \t");
        const int fd = path_connect(path, len);

        if (fd != -1)
            return fd;
        if (error == ENOENT || errno == EAGAIN)
            error = errno;
        at = path + len;
    }
    errno = error;
    return -1;
}

static bool client_keep(struct wire_client *client, int fd)
{
    struct stat st;

    if (fstat(fd, &st) == -1) {
        close(fd);
        return false;
    }
    client->fd_plus_one = fd + 1;
    client->owner = getpid();
    client->device = st.st_dev;
    client->inode = st.st_ino;
    return true;
}

/* A full queue empties when the daemon gets to it: tried again until the deadline. */
static bool client_connect(struct wire_client *client, const char *paths,
                           int64_t deadline, struct wire_failure *failure_r)
{
    int pause = 1;

    for (;;) {
        const int fd = paths_connect(paths);
        const int left = ms_left(deadline);

        if (fd != -1)
            return client_keep(client, fd) || fail(failure_r, STEP_CONNECT, errno);
        if (errno != EAGAIN)
            return fail(failure_r, STEP_CONNECT, errno);
        if (left == 0)
            return fail(failure_r, STEP_CONNECT, ETIMEDOUT);
        (void)poll(NULL, 0, pause < left ? pause : left);
        pause = pause < 32 ? pause * 2 : 50;
    }
}

/* --- a question and its reply --- */

static bool gone(int error)
{
    return error == EPIPE || error == ECONNRESET || error == ENOTCONN;
}

static enum exchange client_send(struct wire_client *client, size_t len,
                                 int64_t deadline, struct wire_failure *failure_r)
{
    size_t sent = 0;

    while (sent < len) {
        const ssize_t n =
            send(client_fd(client), client->space + sent, len - sent, MSG_NOSIGNAL);

        if (n > 0) {
            sent += (size_t)n;
        } else if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (wait_for(client_fd(client), POLLOUT, deadline))
                continue;
            fail(failure_r, STEP_ASK, errno);
            return EXCHANGE_FAILED;
        } else if (n == 0 || errno != EINTR) {
            const int error = n == 0 ? EPIPE : errno;

            fail(failure_r, STEP_ASK, error);
            if (!gone(error))
                return EXCHANGE_FAILED;
            return sent == 0 ? EXCHANGE_UNSENT : EXCHANGE_LOST;
        }
    }
    return EXCHANGE_DONE;
}

/* Is this all of a reply, and nothing else? 0: more bytes are needed; -1: no. */
static int reply_complete(const struct wire_client *client, size_t len,
                          struct wire_message *reply_r)
{
    const long taken = wire_read(client->space, len, reply_r);

    if (taken == 0)
        return 0;
    if (taken < 0 || (size_t)taken != len)
        return -1;
    return reply_r->kind >= WIRE_OK && reply_r->kind <= WIRE_UNAVAIL ? 1 : -1;
}

static enum exchange client_receive(struct wire_client *client, int64_t deadline,
                                    struct wire_message *reply_r,
                                    struct wire_failure *failure_r)
{
    size_t len = 0;

    for (;;) {
        ssize_t n;
        int complete;

        if (!wait_for(client_fd(client), POLLIN, deadline)) {
            fail(failure_r, STEP_WAIT, errno);
            return EXCHANGE_FAILED;
        }
        n = recv(client_fd(client), client->space + len, sizeof(client->space) - len,
                 0);
        if (n == -1 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
            continue;
        if (n <= 0) {
            const int error = n == 0 ? ECONNRESET : errno;

            fail(failure_r, STEP_WAIT, error);
            return gone(error) && len == 0 ? EXCHANGE_LOST : EXCHANGE_FAILED;
        }
        len += (size_t)n;
        complete = reply_complete(client, len, reply_r);
        if (complete > 0)
            return EXCHANGE_DONE;
        if (complete < 0) {
            fail(failure_r, STEP_UNDERSTAND, 0);
            return EXCHANGE_FAILED;
        }
    }
}

static enum exchange client_exchange(struct wire_client *client, int64_t deadline,
                                     const struct wire_message *question,
                                     struct wire_message *reply_r,
                                     struct wire_failure *failure_r)
{
    const size_t len = wire_write(question, client->space, sizeof(client->space));
    enum exchange sent;

    if (len == 0) {
        fail(failure_r, STEP_ASK, EMSGSIZE);
        return EXCHANGE_FAILED;
    }
    sent = client_send(client, len, deadline, failure_r);
    wipe(client->space, len); /* it may hold a password */
    return sent == EXCHANGE_DONE ? client_receive(client, deadline, reply_r, failure_r)
                                 : sent;
}

/* May the question be put again on a new connection? */
static bool repeatable(enum exchange ended, const struct wire_message *question)
{
    return ended == EXCHANGE_UNSENT ||
           (ended == EXCHANGE_LOST && question->kind != WIRE_STORE);
}

static bool client_ask(struct wire_client *client, const char *paths, int64_t deadline,
                       const struct wire_message *question,
                       struct wire_message *reply_r, struct wire_failure *failure_r)
{
    bool old;

    if (!client_usable(client))
        client_close(client);
    old = client->fd_plus_one != 0;
    for (;;) {
        enum exchange ended;

        if (client->fd_plus_one == 0 &&
            !client_connect(client, paths, deadline, failure_r))
            return false;
        ended = client_exchange(client, deadline, question, reply_r, failure_r);
        if (ended == EXCHANGE_DONE)
            return true;
        /* A late reply must never be taken for that to the next question. */
        client_close(client);
        wipe(client->space, sizeof(client->space));
        if (!old || !repeatable(ended, question))
            return false;
        old = false;
    }
}

bool wire_client_ask(struct wire_client *client, const char *paths, unsigned timeout_ms,
                     const struct wire_message *question, struct wire_message *reply_r,
                     struct wire_failure *failure_r)
{
    const int saved = errno;
    bool ok;

    reply_r->kind = 0;
    reply_r->count = 0;
    wipe(client->space, sizeof(client->space));
    ok = client_ask(client, paths, now_ms() + timeout_ms, question, reply_r, failure_r);
    errno = saved;
    return ok;
}

void wire_client_finish(struct wire_client *client)
{
    const int saved = errno;

    client_close(client);
    wipe(client->space, sizeof(client->space));
    errno = saved;
}
