/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/peer.h"

#include <sys/socket.h>
#include <unistd.h>

bool peer_of(int fd, struct peer *peer_r)
{
    struct ucred credentials;
    socklen_t len = sizeof credentials;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) == -1 ||
        len != sizeof credentials)
        return false;
    *peer_r = (struct peer){credentials.pid, credentials.uid};
    return true;
}

bool peer_privileged(const struct peer *peer)
{
    return peer->uid == 0 || peer->uid == geteuid();
}
