/* SPDX-License-Identifier: BSD-2-Clause */
/* control_ask.c - the asking end of control.h. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "prog/control.h"
#include "prog/control_io.h"

enum { ERROR_SHOWN = 1000 };

/* A full backlog is an error of connect(2) here, as it should be: nobody takes us. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd != -1 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == -1) {
        const int error = errno;

        close(fd);
        errno = error;
        fd = -1;
    }
    return fd;
}

static bool exchange(const struct control_io *io, const char *request,
                     struct buf *reply_r)
{
    struct buf line = BUF_INIT;
    bool done;

    buf_adds(&line, request);
    buf_addc(&line, '\n');
    if (line.failed)
        errno = ENOMEM;
    /* Whom the daemon lets ask nothing it does not listen to, but tells why. */
    done = !line.failed &&
           (control_write(io, line.data, line.len) || errno == EPIPE ||
            errno == ECONNRESET) &&
           control_read(io, false, CONTROL_REPLY_MAX, reply_r);
    buf_finish(&line);
    return done;
}

/* Takes the last line off. false: it is no "ok". */
static bool reply_check(const char *path, struct buf *reply, struct buf *error_r)
{
    size_t end = reply->len;
    size_t start;

    if (reply->failed || end == 0 || reply->data[end - 1] != '\n') {
        buf_addf(error_r, "%s: the reply is not complete", path);
        return false;
    }
    reply->data[--end] = '\0';
    for (start = end; start > 0 && reply->data[start - 1] != '\n'; start--)
        ;
    if (strcmp(reply->data + start, "ok") == 0) {
        buf_cut(reply, start);
        return true;
    }
    if (strncmp(reply->data + start, "error ", 6) == 0)
        start += 6;
    escape_text(error_r, reply->data + start, end - start, ERROR_SHOWN);
    return false;
}

bool control_ask(const char *path, const char *request, unsigned timeout_ms,
                 struct buf *reply_r, struct buf *error_r)
{
    struct control_io io = {connect_to(path), -1, clock_ms() + timeout_ms};
    bool done;

    if (io.fd == -1) {
        buf_addf(error_r, "%s: cannot be reached: %s", path, strerror(errno));
        return false;
    }
    done = exchange(&io, request, reply_r);
    if (!done)
        buf_addf(error_r, "%s: no answer: %s", path, strerror(errno));
    close(io.fd);
    return done && reply_check(path, reply_r, error_r);
}
