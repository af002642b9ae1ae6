/* SPDX-License-Identifier: BSD-2-Clause */
/* apply.h - carries out the changes that a verdict asks for. */
#ifndef SENDAS_MILTER_APPLY_H
#define SENDAS_MILTER_APPLY_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "policy/policy.h"
#include "policy/verdict.h"

/* The actions (SMFIF_*) to ask the MTA for, that a policy may need. */
unsigned long apply_actions(const struct policy *policy);

/*
 * At end of message: makes the verdict's changes, in order, and holds the message for
 * ACTION_QUARANTINE. false: the MTA did not grant one of them, or memory ran out; the
 * message must not go through like that.
 */
bool apply_verdict(SMFICTX *ctx, const struct verdict *verdict);

#endif
