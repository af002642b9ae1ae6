/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/mta_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { GROUPS_MAX = 256, CONNECT_MS = 3000 };

/* --- permissions --- */

/* The user that smtpd runs as, and the groups it has. */
struct caller {
    const char *name;
    uid_t uid;
    gid_t groups[GROUPS_MAX];
    int group_count;
};

static bool caller_find(const struct mta *mta, struct caller *caller_r)
{
    const char *name = postconf_value(mta->postconf, NULL, "mail_owner");
    struct passwd entry, *result = NULL;
    char text[4096];

    caller_r->name = name != NULL ? name : "postfix";
    if (getpwnam_r(caller_r->name, &entry, text, sizeof text, &result) != 0 ||
        result == NULL)
        return false;
    caller_r->uid = entry.pw_uid;
    caller_r->group_count = GROUPS_MAX;
    return getgrouplist(caller_r->name, entry.pw_gid, caller_r->groups,
                        &caller_r->group_count) >= 0;
}

/* Do the permission bits (4 read, 2 write, 1 search) hold for the caller? */
static bool caller_may(const struct caller *caller, const struct stat *st, mode_t bits)
{
    if (caller->uid == 0)
        return true;
    if (caller->uid == st->st_uid)
        return (st->st_mode >> 6 & bits) == bits;
    for (int i = 0; i < caller->group_count; i++) {
        if (caller->groups[i] == st->st_gid)
            return (st->st_mode >> 3 & bits) == bits;
    }
    return (st->st_mode & bits) == bits;
}

/* Tells of the first directory on the way that shuts the caller out. */
static bool way_is_shut(const struct caller *caller, char *path, struct buf *found)
{
    for (char *slash = strchr(path, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        const char next = slash[1];
        struct stat st;
        bool shut;

        slash[1] = '\0';
        shut = stat(path, &st) == 0 && !caller_may(caller, &st, 1);
        if (shut)
            buf_addf(found, "user %s may not pass through %.200s (mode %04o)",
                     caller->name, path, (unsigned)st.st_mode & 07777);
        slash[1] = next;
        if (shut)
            return true;
    }
    return false;
}

static bool permission_test(const struct mta *mta, struct buf *found,
                            struct buf *advice)
{
    struct caller caller;
    char *path = arena_strdup(mta->arena, mta->endpoint.path);
    struct stat st;

    if (path == NULL || !caller_find(mta, &caller))
        return false;
    if (way_is_shut(&caller, path, found)) {
        buf_adds(advice, "let others pass through it (chmod o+x)");
        return true;
    }
    if (stat(path, &st) != 0 || caller_may(&caller, &st, 2))
        return false;
    buf_addf(found, "user %s may not write to %.200s (mode %04o, group %lu)",
             caller.name, path, (unsigned)st.st_mode & 07777, (unsigned long)st.st_gid);
    buf_addf(advice, "set socket_group = \"%s\" and socket_mode = 0660 in sendas.conf",
             caller.name);
    return true;
}

/* --- does anybody answer --- */

/* Connects and hangs up. 0, or an errno; EACCES when we are not let in ourselves. */
static int connect_try(int family, const struct sockaddr *addr, socklen_t len)
{
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t error_len = sizeof error;

    if (fd < 0)
        return errno;
    if (connect(fd, addr, len) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        if (poll(&wait, 1, CONNECT_MS) <= 0)
            error = ETIMEDOUT;
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0)
            error = errno;
    }
    close(fd);
    return error;
}

static int unix_try(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof addr.sun_path)
        return ENAMETOOLONG;
    memcpy(addr.sun_path, path, strlen(path) + 1);
    return connect_try(AF_UNIX, (const struct sockaddr *)&addr, sizeof addr);
}

static int inet_try(const struct endpoint *endpoint)
{
    const struct addrinfo hints = {
        .ai_family = endpoint->kind == ENDPOINT_INET6 ? AF_INET6 : AF_INET,
        .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char port[16];
    int error = EADDRNOTAVAIL;

    snprintf(port, sizeof port, "%u", endpoint->port);
    if (getaddrinfo(endpoint->address, port, &hints, &list) != 0)
        return error;
    for (const struct addrinfo *at = list; at != NULL && error != 0; at = at->ai_next)
        error = connect_try(at->ai_family, at->ai_addr, at->ai_addrlen);
    freeaddrinfo(list);
    return error;
}

bool mta_socket_test(const struct mta *mta, const struct postconf_service *service,
                     struct buf *found, struct buf *advice)
{
    const bool local = mta->endpoint.kind == ENDPOINT_UNIX;
    int error;

    (void)service;
    error = local ? unix_try(mta->endpoint.path) : inet_try(&mta->endpoint);
    /* Not let in ourselves, or busy: somebody is there. */
    if (error != 0 && error != EACCES && error != EPERM && error != EAGAIN) {
        buf_addf(found, "nobody answers at %.200s: %s", mta->conf->listen,
                 strerror(error));
        buf_adds(advice, "start sendas-milter with this configuration");
        return true;
    }
    return local && permission_test(mta, found, advice);
}
