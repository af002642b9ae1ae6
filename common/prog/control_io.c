/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/control_io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

bool control_wait(const struct control_io *io, short events)
{
    struct pollfd fds[2] = {{.fd = io->fd, .events = events},
                            {.fd = io->wake_fd, .events = POLLIN}};

    for (;;) {
        const int64_t left = io->until - clock_ms();
        const int ready = left > 0 ? poll(fds, 2, (int)left) : 0;

        if (ready > 0 && fds[1].revents == 0)
            return true;
        if (ready >= 0)
            errno = ready > 0 ? ECANCELED : ETIMEDOUT;
        if (ready >= 0 || errno != EINTR)
            return false;
    }
}

bool control_write(const struct control_io *io, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len != 0) {
        ssize_t sent;

        if (!control_wait(io, POLLOUT))
            return false;
        sent = send(io->fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        at += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

bool control_read(const struct control_io *io, bool line, size_t max, struct buf *out)
{
    for (;;) {
        char bytes[4096];
        ssize_t got;

        if (!control_wait(io, POLLIN))
            return false;
        got = read(io->fd, bytes, sizeof bytes);
        /* The other end has closed, maybe without reading what was sent to it. */
        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return true;
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (got < 0)
            continue;
        if (out->len + (size_t)got > max) {
            errno = EMSGSIZE;
            return false;
        }
        buf_add(out, bytes, (size_t)got);
        if (line && memchr(bytes, '\n', (size_t)got) != NULL)
            return true;
    }
}
