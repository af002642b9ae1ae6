/* SPDX-License-Identifier: BSD-2-Clause */
/* sendmail_checks.h - what is looked for in a sendmail.cf: one table. */
#ifndef SENDAS_CTL_SENDMAIL_CHECKS_H
#define SENDAS_CTL_SENDMAIL_CHECKS_H

#include "conf/endpoint.h"
#include "ctl/mta_finding.h"
#include "ctl/sendmail_cf.h"

/* Appends what there is to tell; `endpoint` is where our filter listens, `only` the
 * daemon asked for, NULL: all. Strings live in the cf's arena. */
void sendmail_checks_run(const struct sendmail_cf *cf, const struct endpoint *endpoint,
                         const char *only, struct mta_findings *findings);

#endif
