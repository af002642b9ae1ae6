/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <lber.h>
#include <openldap.h>

#include "ldap/resolve.h"

enum {
    STREAM_BUFFER = 16384,
    STREAM_MESSAGE_MAX = 16 << 20, /* bytes of one LDAP message */
    STREAM_KEEPALIVE_S = 60, /* idle, before the first question whether it lives */
    STREAM_KEEPALIVE_EACH_S = 10,
    STREAM_KEEPALIVE_COUNT = 3,
    STREAM_TEXT_MAX = 128
};

/* Where slapd listens for "ldapi:///". */
#define STREAM_LDAPI "/var/run/slapd/ldapi"

enum { STREAM_CLOSED = -1 };

struct stream {
    int fd;           /* -1: closed */
    Sockbuf *sockbuf; /* libldap's, above it */
    bool patient;
    struct patience patience;
    atomic_ulong received;
    atomic_int fault; /* errno, or STREAM_CLOSED; 0: none */
    size_t from, to;  /* what has come and was not yet taken */
    char buffer[STREAM_BUFFER];
};

/* Waits where it is patient. false, with errno: it is not, or no longer. */
static bool stream_wait(struct stream *stream, short events)
{
    int rc;

    if (!stream->patient) {
        errno = EAGAIN;
        return false;
    }
    rc = patience_poll(&stream->patience, stream->fd, events);
    if (rc == 0)
        errno = ETIMEDOUT; /* not EAGAIN: that would be tried again */
    if (rc <= 0)
        stream->fault = errno;
    return rc > 0;
}

static bool stream_again(int code)
{
    return code == EAGAIN || code == EWOULDBLOCK;
}

/* --- connecting --- */

static void stream_tune(int fd, const struct patience *patience)
{
    int on = 1;
    int idle = STREAM_KEEPALIVE_S, each = STREAM_KEEPALIVE_EACH_S;
    int count = STREAM_KEEPALIVE_COUNT;
    unsigned unanswered = (unsigned)patience_left(patience) / 2;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &each, sizeof(each));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    /* Data that nobody acknowledges: the connection is lost long before the kernel's
     * own quarter of an hour. */
    if (unanswered < 1000)
        unanswered = 1000;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof(unanswered));
}

/* A connected socket, or -1 with errno. */
static int stream_dial(const struct sockaddr *address, socklen_t len,
                       const struct patience *patience)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof(int);
    int code = 0;

    if (fd < 0)
        return -1;
    if (connect(fd, address, len) != 0) {
        code = errno;
        if (code == EINPROGRESS || code == EINTR) {
            int rc = patience_poll(patience, fd, POLLOUT);

            if (rc == 0)
                code = ETIMEDOUT;
            else if (rc < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
                code = errno;
        }
    }
    if (code == 0) {
        if (address->sa_family != AF_UNIX)
            stream_tune(fd, patience);
        return fd;
    }
    close(fd);
    errno = code;
    return -1;
}

/* The addresses in turn, each with its part of the time. */
static int stream_dial_host(const char *host, int port, const struct patience *patience,
                            struct buf *error_r)
{
    struct addrinfo *list;
    size_t left = 0;
    char text[STREAM_TEXT_MAX] = "";
    int fd = -1;

    if (!resolve(host, port, patience, &list, error_r))
        return -1;
    for (const struct addrinfo *item = list; item != NULL; item = item->ai_next)
        left++;
    for (const struct addrinfo *item = list; item != NULL && fd < 0;
         item = item->ai_next, left--) {
        struct patience part = *patience;

        part.until = patience_now() + patience_left(patience) / (int64_t)left;
        fd = stream_dial(item->ai_addr, item->ai_addrlen, &part);
    }
    freeaddrinfo(list);
    if (fd < 0)
        buf_adds(error_r, strerror_r(errno, text, sizeof(text)));
    return fd;
}

static int stream_dial_path(const char *path, const struct patience *patience,
                            struct buf *error_r)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[STREAM_TEXT_MAX] = "";
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        buf_adds(error_r, "the path of the socket is too long");
        return -1;
    }
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    fd = stream_dial((const struct sockaddr *)&address, sizeof(address), patience);
    if (fd < 0)
        buf_addf(error_r, "%s: %s", path, strerror_r(errno, text, sizeof(text)));
    return fd;
}

static int stream_dial_url(const LDAPURLDesc *url, const struct patience *patience,
                           struct buf *error_r)
{
    bool named = url->lud_host != NULL && url->lud_host[0] != '\0';
    int port = url->lud_port;

    if (strcmp(url->lud_scheme, "ldapi") == 0)
        return stream_dial_path(named ? url->lud_host : STREAM_LDAPI, patience,
                                error_r);
    if (port == 0)
        port = strcmp(url->lud_scheme, "ldaps") == 0 ? LDAPS_PORT : LDAP_PORT;
    return stream_dial_host(named ? url->lud_host : "localhost", port, patience,
                            error_r);
}

struct stream *stream_connect(const LDAPURLDesc *url, const struct patience *patience,
                              struct buf *error_r)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    stream->fd = stream_dial_url(url, patience, error_r);
    if (stream->fd < 0) {
        free(stream);
        return NULL;
    }
    stream_set_patience(stream, patience);
    return stream;
}

void stream_destroy(struct stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->fd >= 0)
        close(stream->fd);
    free(stream);
}

/* --- the layer below libldap --- */

static int stream_io_setup(Sockbuf_IO_Desc *desc, void *arg)
{
    desc->sbiod_pvt = arg;
    return 0;
}

static int stream_io_remove(Sockbuf_IO_Desc *desc)
{
    desc->sbiod_pvt = NULL;
    return 0;
}

static int stream_io_ctrl(Sockbuf_IO_Desc *desc, int option, void *arg)
{
    const struct stream *stream = desc->sbiod_pvt;

    (void)arg;
    return option == LBER_SB_OPT_DATA_READY && stream->from < stream->to;
}

static void stream_filled(struct stream *stream, size_t got)
{
    stream->from = 0;
    stream->to = got;
    atomic_fetch_add_explicit(&stream->received, 1, memory_order_relaxed);
}

/* Fills the empty buffer. Bytes, 0: closed, -1: errno. */
static ssize_t stream_fill(struct stream *stream)
{
    for (;;) {
        ssize_t got = recv(stream->fd, stream->buffer, sizeof(stream->buffer), 0);

        if (got > 0) {
            stream_filled(stream, (size_t)got);
            return got;
        }
        if (got == 0) {
            stream->fault = STREAM_CLOSED;
            return 0;
        }
        if (errno == EINTR)
            continue;
        if (!stream_again(errno)) {
            stream->fault = errno;
            return -1;
        }
        if (!stream_wait(stream, POLLIN))
            return -1;
    }
}

void stream_fetch(struct stream *stream)
{
    ssize_t got;

    if (stream->from != stream->to)
        return;
    got = recv(stream->fd, stream->buffer, sizeof(stream->buffer), MSG_DONTWAIT);
    if (got > 0)
        stream_filled(stream, (size_t)got);
}

static ber_slen_t stream_io_read(Sockbuf_IO_Desc *desc, void *bytes, ber_len_t len)
{
    struct stream *stream = desc->sbiod_pvt;

    if (stream->from == stream->to) {
        ssize_t got = stream_fill(stream);

        if (got <= 0)
            return got;
    }
    if (len > stream->to - stream->from)
        len = stream->to - stream->from;
    memcpy(bytes, stream->buffer + stream->from, len);
    stream->from += len;
    return (ber_slen_t)len;
}

static ber_slen_t stream_io_write(Sockbuf_IO_Desc *desc, void *bytes, ber_len_t len)
{
    struct stream *stream = desc->sbiod_pvt;

    for (;;) {
        ssize_t sent = send(stream->fd, bytes, len, MSG_NOSIGNAL);

        if (sent >= 0)
            return sent;
        if (errno == EINTR)
            continue;
        if (!stream_again(errno)) {
            stream->fault = errno;
            return -1;
        }
        if (!stream_wait(stream, POLLOUT))
            return -1;
    }
}

static int stream_io_close(Sockbuf_IO_Desc *desc)
{
    struct stream *stream = desc->sbiod_pvt;

    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    return 0;
}

/* liblber wants to write to it, and does not. */
static Sockbuf_IO stream_io = {stream_io_setup, stream_io_remove, stream_io_ctrl,
                               stream_io_read,  stream_io_write,  stream_io_close};

int stream_attach(struct stream *stream, const char *uri, LDAP **ld_r)
{
    ber_len_t most = STREAM_MESSAGE_MAX;
    int rc = ldap_init_fd(stream->fd, LDAP_PROTO_EXT, uri, ld_r);

    if (rc != LDAP_SUCCESS)
        return rc;
    rc = ldap_get_option(*ld_r, LDAP_OPT_SOCKBUF, &stream->sockbuf);
    if (rc != LDAP_OPT_SUCCESS || stream->sockbuf == NULL ||
        ber_sockbuf_add_io(stream->sockbuf, &stream_io, LBER_SBIOD_LEVEL_PROVIDER,
                           stream) != 0)
        return LDAP_LOCAL_ERROR;
    ber_sockbuf_ctrl(stream->sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, &most);
    return LDAP_SUCCESS;
}

void stream_set_patience(struct stream *stream, const struct patience *patience)
{
    stream->patient = patience != NULL;
    if (patience != NULL)
        stream->patience = *patience;
}

int stream_fd(const struct stream *stream)
{
    return stream->fd;
}

bool stream_ready(const struct stream *stream)
{
    return ber_sockbuf_ctrl(stream->sockbuf, LBER_SB_OPT_DATA_READY, NULL) > 0;
}

unsigned long stream_received(const struct stream *stream)
{
    return atomic_load_explicit(&stream->received, memory_order_relaxed);
}

bool stream_explain(const struct stream *stream, struct buf *error_r)
{
    char text[STREAM_TEXT_MAX] = "";
    int fault = stream->fault;

    if (fault == STREAM_CLOSED)
        buf_adds(error_r, "the server closed the connection");
    else if (fault == ETIMEDOUT)
        buf_adds(error_r, "no answer in time");
    else if (fault != 0)
        buf_adds(error_r, strerror_r(fault, text, sizeof(text)));
    return fault != 0;
}

bool stream_late(const struct stream *stream)
{
    return stream->fault == ETIMEDOUT;
}
