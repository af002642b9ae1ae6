/* SPDX-License-Identifier: BSD-2-Clause */
/* accept.h - who connects, and whether they may. */
#ifndef SENDAS_AUTHD_ACCEPT_H
#define SENDAS_AUTHD_ACCEPT_H

#include <stdbool.h>
#include <stdint.h>

struct door;
struct server;

/*
 * Takes in the next of those who wait at the door, or makes a pause if there is no
 * room. false: nobody waits, or none can be let in.
 */
bool accept_next(struct server *server, const struct door *door, int64_t now);

/* Ends the pause. */
void accept_resume(struct server *server);

#endif
