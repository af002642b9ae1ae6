/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/notify.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The address in NOTIFY_SOCKET: a path, or "@" and an abstract name. 0: there is none.
 */
static socklen_t notify_address(struct sockaddr_un *address_r)
{
    const char *path = getenv("NOTIFY_SOCKET");
    const size_t len = path != NULL ? strlen(path) : 0;

    if (len < 2 || len >= sizeof address_r->sun_path)
        return 0;
    if (path[0] != '/' && path[0] != '@')
        return 0;
    *address_r = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address_r->sun_path, path, len);
    if (path[0] == '@')
        address_r->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void notify_send(const char *state)
{
    struct sockaddr_un address;
    const socklen_t address_len = notify_address(&address);
    int fd;

    if (address_len == 0)
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return;
    /* A service manager that does not listen any more must not hold up the service. */
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (const struct sockaddr *)&address, address_len);
    close(fd);
}

void notify_ready(void)
{
    notify_send("READY=1");
}

void notify_reloading(void)
{
    char state[80];
    struct timespec now;

    /* Type=notify-reload wants to know when; others ignore it. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000ULL +
                 (unsigned long long)now.tv_nsec / 1000ULL);
    notify_send(state);
}

void notify_stopping(void)
{
    notify_send("STOPPING=1");
}

/* A number in the environment; false: there is none. */
static bool environment_number(const char *name, unsigned long long *value_r)
{
    const char *text = getenv(name);

    if (text == NULL || *text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *value_r = strtoull(text, NULL, 10);
    return errno == 0;
}

unsigned notify_watchdog_interval(void)
{
    unsigned long long usec, pid;

    if (!environment_number("WATCHDOG_USEC", &usec) || usec == 0)
        return 0;
    /* Inherited by a program that the watched one runs, it is not meant for us. */
    if (getenv("WATCHDOG_PID") != NULL && (!environment_number("WATCHDOG_PID", &pid) ||
                                           pid != (unsigned long long)getpid()))
        return 0;
    if (usec / 2000 > UINT_MAX)
        return UINT_MAX;
    return usec < 2000 ? 1 : (unsigned)(usec / 2000);
}

void notify_watchdog(void)
{
    notify_send("WATCHDOG=1");
}
