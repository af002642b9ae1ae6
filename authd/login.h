/* SPDX-License-Identifier: BSD-2-Clause */
/* login.h - a login and its password in, the verdict out. */
#ifndef SENDAS_AUTHD_LOGIN_H
#define SENDAS_AUTHD_LOGIN_H

#include "authd/request.h"

/* Answers a request of the saslauthd protocol; in a worker's thread, for as long as a
 * hash takes. */
void login_run(struct request *request);

/* Logs that a request of either protocol was not answered in time, or not at all. */
void login_report_unavailable(const struct request *request, const char *reason);

#endif
