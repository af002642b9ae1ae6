/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - one log line a message, in a fixed order. */
#ifndef SENDAS_MILTER_REPORT_H
#define SENDAS_MILTER_REPORT_H

#include "milter/session.h"

/*
 * Logs what was decided about the session's message: queue id (NOQUEUE before the MTA
 * has one), decision, rule, login, client, place, address, reason, then mail_from, from
 * (the first address read in each), how many violations there are, and a detail. A
 * message that is accepted without a remark is logged only with log_accepted.
 */
void report_verdict(const struct session *session);

#endif
