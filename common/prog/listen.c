/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct listener {
    struct arena arena; /* of the strings of `endpoint` */
    struct endpoint endpoint;
    struct identity owner;
    int fd;
    bool fd_owned; /* opened by listen_open() */
    mode_t umask_before;
    bool umask_changed;
    dev_t device; /* of the socket's path once it is open, */
    ino_t inode;  /* 0: not ours to remove */
};

static bool fail(const char *path, const char *what, struct buf *error_r)
{
    buf_addf(error_r, "%s: %s: %s", path, what, strerror(errno));
    return false;
}

/* --- before the socket is opened --- */

/* A new directory of ours: its owner comes and goes as he likes, others may pass. */
static bool directory_create(const char *directory, const struct identity *owner,
                             struct buf *error_r)
{
    int fd;
    bool ok = true;

    if (mkdir(directory, 0755) == -1) {
        /* Whoever made it at this moment has set it up, too. */
        return errno == EEXIST ||
               fail(directory, "the directory of the socket cannot be created",
                    error_r);
    }
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1 || fchmod(fd, 0755) == -1 ||
        (geteuid() == 0 && fchown(fd, owner->uid, owner->gid) == -1))
        ok = fail(directory, "the directory of the socket cannot be set up", error_r);
    if (fd != -1)
        close(fd);
    return ok;
}

static bool directory_check(const char *directory, const struct identity *owner,
                            struct buf *error_r)
{
    struct stat st;

    if (stat(directory, &st) == -1) {
        if (errno != ENOENT)
            return fail(directory, "the directory of the socket cannot be used",
                        error_r);
        if (!directory_create(directory, owner, error_r))
            return false;
    } else if (!S_ISDIR(st.st_mode)) {
        buf_addf(error_r, "%s: expected a directory", directory);
        return false;
    }
    /* The library that opens the socket would not say why it cannot. */
    return faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 ||
           fail(directory, "no socket can be created there", error_r);
}

static bool directory_prepare(const char *path, const struct identity *owner,
                              struct buf *error_r)
{
    const char *slash = strrchr(path, '/'); /* endpoint paths are absolute */
    char *directory = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    bool ok;

    if (directory == NULL)
        return fail(path, "cannot be opened", error_r);
    ok = directory_check(directory, owner, error_r);
    free(directory);
    return ok;
}

static void unix_address(const char *path, struct sockaddr_un *address_r)
{
    *address_r = (struct sockaddr_un){.sun_family = AF_UNIX};
    /* endpoint_parse() has checked the length. */
    memcpy(address_r->sun_path, path, strlen(path));
}

/* connect(2) to the path; 0 or the errno. A full backlog is an answer too. */
static int socket_probe(const char *path)
{
    struct sockaddr_un address;
    int error = 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return errno;
    unix_address(path, &address);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == -1)
        error = errno;
    close(fd);
    return error == EAGAIN || error == EINPROGRESS ? 0 : error;
}

/* Makes sure that nothing is at the path: only a socket without a listener is removed.
 */
static bool path_clear(const char *path, struct buf *error_r)
{
    struct stat st;

    if (lstat(path, &st) == -1)
        return errno == ENOENT || fail(path, "cannot be examined", error_r);
    if (!S_ISSOCK(st.st_mode)) {
        buf_addf(error_r,
                 "%s: exists and is no socket; expected a free path or the socket "
                 "of an earlier run",
                 path);
        return false;
    }
    switch (errno = socket_probe(path)) {
    case 0:
        buf_addf(error_r, "%s: another process is listening there", path);
        return false;
    case ENOENT:
        return true;
    case ECONNREFUSED:
        break;
    default:
        return fail(path, "somebody may be listening there", error_r);
    }
    if (unlink(path) == -1 && errno != ENOENT)
        return fail(path, "the socket of an earlier run cannot be removed", error_r);
    return true;
}

union address {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
};

/* The address of an inet endpoint, which endpoint_parse() has found to be numeric. */
static socklen_t inet_address(const struct endpoint *endpoint, union address *address_r)
{
    *address_r = (union address){.storage = {.ss_family = AF_UNSPEC}};
    if (endpoint->kind == ENDPOINT_INET) {
        address_r->in.sin_family = AF_INET;
        address_r->in.sin_port = htons((uint16_t)endpoint->port);
        inet_pton(AF_INET, endpoint->address, &address_r->in.sin_addr);
        return sizeof address_r->in;
    }
    address_r->in6.sin6_family = AF_INET6;
    address_r->in6.sin6_port = htons((uint16_t)endpoint->port);
    inet_pton(AF_INET6, endpoint->address, &address_r->in6.sin6_addr);
    return sizeof address_r->in6;
}

/* Binds for a moment, since the library would not say why it cannot. */
static bool inet_check(const struct endpoint *endpoint, struct buf *error_r)
{
    const int on = 1;
    union address address;
    const socklen_t len = inet_address(endpoint, &address);
    const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool ok = fd != -1 &&
                    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                    bind(fd, &address.any, len) == 0;

    if (!ok) {
        const int error = errno;

        endpoint_format(endpoint, error_r);
        buf_addf(error_r, ": cannot listen there: %s", strerror(error));
    }
    if (fd != -1)
        close(fd);
    return ok;
}

struct listener *listen_prepare(const struct endpoint *endpoint,
                                const struct identity *owner, struct buf *error_r)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (listener == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    listener->fd = -1;
    listener->owner = *owner;
    listener->endpoint = *endpoint;
    listener->endpoint.path = arena_strdup(&listener->arena, endpoint->path);
    listener->endpoint.address = arena_strdup(&listener->arena, endpoint->address);
    if (listener->arena.failed) {
        buf_adds(error_r, "out of memory");
    } else if (endpoint->kind != ENDPOINT_UNIX) {
        if (inet_check(&listener->endpoint, error_r))
            return listener;
    } else if (directory_prepare(endpoint->path, owner, error_r) &&
               path_clear(endpoint->path, error_r)) {
        /* connect(2) needs the write bit: until listen_opened() only the owner has it.
         */
        listener->umask_before = umask(0177);
        listener->umask_changed = true;
        return listener;
    }
    listen_destroy(listener);
    return NULL;
}

/* --- the descriptor of the library --- */

static bool socket_listens(int fd)
{
    int value = 0;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 && value != 0;
}

static bool same_inet(const union address *wanted, const union address *bound)
{
    if (wanted->any.sa_family != bound->any.sa_family)
        return false;
    if (wanted->any.sa_family == AF_INET)
        return wanted->in.sin_port == bound->in.sin_port &&
               wanted->in.sin_addr.s_addr == bound->in.sin_addr.s_addr;
    return wanted->in6.sin6_port == bound->in6.sin6_port &&
           memcmp(&wanted->in6.sin6_addr, &bound->in6.sin6_addr,
                  sizeof wanted->in6.sin6_addr) == 0;
}

/* The kernel need not end the path with a NUL: it ends where the address does. */
static bool same_unix(const struct endpoint *endpoint, const union address *bound,
                      socklen_t bound_len)
{
    const size_t start = offsetof(struct sockaddr_un, sun_path);
    const size_t max = bound_len > start ? bound_len - start : 0;

    return bound->any.sa_family == AF_UNIX && max > 0 &&
           strnlen(bound->un.sun_path, max) == strlen(endpoint->path) &&
           memcmp(bound->un.sun_path, endpoint->path, strlen(endpoint->path)) == 0;
}

static bool socket_is_at(int fd, const struct endpoint *endpoint)
{
    union address bound = {.storage = {.ss_family = AF_UNSPEC}};
    union address wanted;
    socklen_t len = sizeof bound;

    if (getsockname(fd, &bound.any, &len) == -1)
        return false;
    if (endpoint->kind == ENDPOINT_UNIX)
        return same_unix(endpoint, &bound, len);
    inet_address(endpoint, &wanted);
    return same_inet(&wanted, &bound);
}

int listen_find_fd(const struct endpoint *endpoint)
{
    /* Opened a moment ago, so among the first that are free: no need to ask all of
     * them. */
    enum { FD_MAX = 65536 };
    struct rlimit limit;
    int max = FD_MAX;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FD_MAX)
        max = (int)limit.rlim_cur;
    for (int fd = 0; fd < max; fd++) {
        if (socket_listens(fd) && socket_is_at(fd, endpoint))
            return fd;
    }
    return -1;
}

/* --- after the socket was opened --- */

static void umask_restore(struct listener *listener)
{
    if (listener->umask_changed)
        umask(listener->umask_before);
    listener->umask_changed = false;
}

/*
 * chmod(2) of what an O_PATH descriptor stands for; the /proc name is the one way that
 * works in every kernel.
 */
static int path_fd_chmod(int fd, mode_t mode)
{
    char name[40];

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return chmod(name, mode);
}

/* Owner and group first; the mode comes last, when the right group already holds it. */
static bool path_fd_permit(int fd, const struct listener *listener, mode_t mode,
                           gid_t group, struct buf *error_r)
{
    const char *path = listener->endpoint.path;
    const bool root = geteuid() == 0;
    const uid_t uid = root ? listener->owner.uid : (uid_t)-1;
    const gid_t gid = group != (gid_t)-1 ? group
                      : root             ? listener->owner.gid
                                         : (gid_t)-1;

    if ((uid != (uid_t)-1 || gid != (gid_t)-1) &&
        fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == -1)
        return fail(path, "the socket's owner and group cannot be set", error_r);
    if (path_fd_chmod(fd, mode) == -1)
        return fail(path, "the socket's mode cannot be set", error_r);
    return true;
}

/*
 * By a descriptor of the path, once that is seen to be a socket: the directory may
 * belong to the user to whom the socket goes, who must not have root change another
 * file's mode by putting it there.
 */
static bool path_permit(struct listener *listener, mode_t mode, gid_t group,
                        struct buf *error_r)
{
    const char *path = listener->endpoint.path;
    const int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    bool ok = false;

    if (fd == -1 || fstat(fd, &st) == -1) {
        fail(path, "the socket cannot be found", error_r);
    } else if (!S_ISSOCK(st.st_mode)) {
        buf_addf(error_r, "%s: somebody replaced the socket", path);
    } else {
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
        ok = path_fd_permit(fd, listener, mode, group, error_r);
    }
    if (fd != -1)
        close(fd);
    return ok;
}

bool listen_opened(struct listener *listener, mode_t mode, gid_t group,
                   struct buf *error_r)
{
    const int on = 1;

    umask_restore(listener);
    listener->fd = listen_find_fd(&listener->endpoint);
    if (listener->fd == -1) {
        endpoint_format(&listener->endpoint, error_r);
        buf_adds(error_r, ": none of our descriptors listens there");
        return false;
    }
    if (listener->endpoint.kind == ENDPOINT_UNIX)
        return path_permit(listener, mode, group, error_r);
    if (setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1) {
        endpoint_format(&listener->endpoint, error_r);
        buf_addf(error_r, ": TCP_NODELAY cannot be set: %s", strerror(errno));
        return false;
    }
    return true;
}

/* The socket under the umask that listen_prepare() has set. */
static bool socket_open(struct listener *listener, int backlog, struct buf *error_r)
{
    const char *path = listener->endpoint.path;
    struct sockaddr_un address;

    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    listener->fd_owned = listener->fd != -1;
    unix_address(path, &address);
    return (listener->fd_owned &&
            bind(listener->fd, (const struct sockaddr *)&address, sizeof address) ==
                0 &&
            listen(listener->fd, backlog) == 0) ||
           fail(path, "cannot listen there", error_r);
}

struct listener *listen_open(const struct endpoint *endpoint,
                             const struct identity *owner, int backlog, mode_t mode,
                             gid_t group, struct buf *error_r)
{
    struct listener *listener = listen_prepare(endpoint, owner, error_r);
    bool ok;

    if (listener == NULL)
        return NULL;
    ok = socket_open(listener, backlog, error_r);
    umask_restore(listener);
    if (ok && path_permit(listener, mode, group, error_r))
        return listener;
    listen_destroy(listener);
    return NULL;
}

void listen_close(struct listener *listener)
{
    if (listener->fd_owned)
        close(listener->fd);
    listener->fd_owned = false;
    listener->fd = -1;
}

int listen_fd(const struct listener *listener)
{
    return listener->fd;
}

void listen_wake(const struct listener *listener)
{
    if (listener->fd != -1)
        shutdown(listener->fd, SHUT_RDWR);
}

void listen_destroy(struct listener *listener)
{
    const char *path;
    struct stat st;

    if (listener == NULL)
        return;
    umask_restore(listener);
    listen_close(listener);
    path = listener->endpoint.path;
    if (path != NULL && listener->inode != 0 && lstat(path, &st) == 0 &&
        st.st_dev == listener->device && st.st_ino == listener->inode)
        unlink(path);
    arena_finish(&listener->arena);
    free(listener);
}
