/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.h - the questions of the SASL plugin and of sendasctl. */
#ifndef SENDAS_AUTHD_LOOKUP_H
#define SENDAS_AUTHD_LOOKUP_H

#include "authd/request.h"

/* Answers a request of the wire protocol; in a worker's thread. */
void lookup_run(struct request *request);

/* Does it take the time of a hash? */
bool lookup_is_slow(const struct wire_message *message);

#endif
