/* SPDX-License-Identifier: BSD-2-Clause */
/* stamp.h - what is added to a message that goes through. */
#ifndef SENDAS_MILTER_STAMP_H
#define SENDAS_MILTER_STAMP_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "milter/session.h"

/*
 * At end of message: adds the trace fields that the configuration wants, directly below
 * the MTA's own Received: Authentication-Results, and below that Received. false: a
 * field could not be added.
 */
bool stamp_message(SMFICTX *ctx, const struct session *session);

#endif
