/* SPDX-License-Identifier: BSD-2-Clause */
/* resolve.h - the addresses of a host name, or no answer in time. */
#ifndef SENDAS_LDAP_RESOLVE_H
#define SENDAS_LDAP_RESOLVE_H

#include <netdb.h>
#include <stdbool.h>

#include "base/buf.h"
#include "ldap/patience.h"

/*
 * As getaddrinfo(3) for a stream socket, which has no deadline of its own: it is called
 * in a thread, which is left to itself where it takes too long. The caller frees
 * *list_r with freeaddrinfo(3). false: one line in *error_r.
 */
bool resolve(const char *host, int port, const struct patience *patience,
             struct addrinfo **list_r, struct buf *error_r);

#endif
