/* SPDX-License-Identifier: BSD-2-Clause */
/* accept.h - who connects, and whether they may. */
#ifndef SENDAS_AUTHD_ACCEPT_H
#define SENDAS_AUTHD_ACCEPT_H

#include <stdint.h>

struct door;
struct server;

/* Takes in those who wait at the door, or makes a pause if there is no room for them.
 */
void accept_all(struct server *server, const struct door *door, int64_t now);

/* Ends the pause. */
void accept_resume(struct server *server);

#endif
