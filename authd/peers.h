/* SPDX-License-Identifier: BSD-2-Clause */
/* peers.h - which processes may ask, and which clients they serve. */
#ifndef SENDAS_AUTHD_PEERS_H
#define SENDAS_AUTHD_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "authd/runtime.h"
#include "prog/peer.h"

/* May it ask at all? Who is privileged always; no peers set: whoever could connect. */
bool peer_allowed(const struct peer *peer, const struct runtime *runtime);

/*
 * The saslauthd protocol does not say which client logs in. But the process that speaks
 * it has told the client's address to its plugin a moment ago, which told it to us: so
 * they are joined by process and login. Bounded memory; any thread may call.
 */
struct peers;

enum { PEER_CLIENT_MAX = 46 }; /* an address in text and a NUL */

struct peers *peers_create(void); /* NULL: out of memory */
void peers_destroy(struct peers *peers);

/* The process serves this client, who logs in as this login. `client` is hostile text;
 * what is no address is not kept. */
void peers_note(struct peers *peers, const struct peer *peer, const char *login,
                const char *client, int64_t now);

/*
 * The client of that process and login, if it was noted within the last `ms`
 * milliseconds; false: not known.
 */
bool peers_client(struct peers *peers, const struct peer *peer, const char *login,
                  int64_t now, int64_t ms, char client_r[PEER_CLIENT_MAX]);

#endif
