/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - one log line a message, in a fixed order. */
#ifndef SENDAS_MILTER_REPORT_H
#define SENDAS_MILTER_REPORT_H

#include "milter/session.h"

/*
 * Counts what was decided about the session's message and logs it: queue id (NOQUEUE
 * before the MTA has one), decision, rule, login, client, place, address, reason, then
 * mail_from and from, how many violations there are, a detail, the other violations,
 * and what else the decision looked at (policy/record.h). A message that is accepted
 * without a remark is logged only with log_accepted.
 */
void report_verdict(struct session *session);

#endif
