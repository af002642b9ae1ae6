/* SPDX-License-Identifier: BSD-2-Clause */
/* results.h - the field Authentication-Results (RFC 8601): what we write, and whom a
 * field that came in claims to be from. */
#ifndef SENDAS_MAIL_RESULTS_H
#define SENDAS_MAIL_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define RESULTS_FIELD "Authentication-Results"

/* What is known; NULL: not known, or not to be told. All bytes are hostile. */
struct results {
    const char *authserv_id; /* who says so */
    bool authenticated;      /* somebody logged in (RFC 4954) */
    const char *mechanism;
    const char *login;     /* smtp.auth */
    const char *mail_from; /* smtp.mailfrom: the envelope sender; "" is left out */
};

/* Appends the value (RFC 8601 2.2), "ID; auth=pass (MECH) smtp.auth=LOGIN ..." or
 * "ID; auth=none", folded with LF and a blank. */
void results_build(const struct results *results, struct buf *out);

/*
 * Does the field with this value say that it is from `authserv_id`? Comments, quotes
 * and case are seen through. true also for a value that does not begin as such a field
 * does, of which nobody knows what another reader makes of it.
 */
bool results_claims(const char *value, size_t len, const char *authserv_id);

#endif
