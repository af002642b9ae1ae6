/* SPDX-License-Identifier: BSD-2-Clause */
/* peer.h - which process is on the other end of a local socket. */
#ifndef SENDAS_PROG_PEER_H
#define SENDAS_PROG_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* As the kernel says; pid 0: a process that we cannot see, as in another container. */
struct peer {
    pid_t pid;
    uid_t uid;
};

/* Who is connected; false: the kernel does not say. */
bool peer_of(int fd, struct peer *peer_r);

/* Is it root, or whoever we are? */
bool peer_privileged(const struct peer *peer);

#endif
