/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.h - a verdict as the SMTP reply that the MTA gives. */
#ifndef SENDAS_MILTER_REPLY_H
#define SENDAS_MILTER_REPLY_H

#include <libmilter/mfapi.h>

#include "policy/verdict.h"

/*
 * Sets the reply of a verdict that stops the message (ACTION_DEFER, ACTION_REJECT) and
 * returns what the callback has to return. When the text cannot be set, the MTA gives a
 * reply of its own with the same first digit.
 */
sfsistat reply_verdict(SMFICTX *ctx, const struct verdict *verdict);

/* Puts the message off for a reason of our own: 451 with this enhanced code and text.
 */
sfsistat reply_defer(SMFICTX *ctx, const char *enhanced, const char *text);

#endif
