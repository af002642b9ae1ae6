/* SPDX-License-Identifier: BSD-2-Clause */
/* postconf_run.h - runs postconf(1). */
#ifndef SENDAS_CTL_POSTCONF_RUN_H
#define SENDAS_CTL_POSTCONF_RUN_H

#include <stdbool.h>

#include "base/buf.h"
#include "ctl/postconf.h"

/*
 * Asks the postconf that PATH finds for the settings and services in the directory
 * (NULL: Postfix's own default). No shell is involved; an answer that is too long or
 * takes too long is an error. false: one line in *error_r.
 */
bool postconf_load(struct postconf *postconf, const char *dir, struct buf *error_r);

#endif
