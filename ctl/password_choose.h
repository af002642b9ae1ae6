/* SPDX-License-Identifier: BSD-2-Clause */
/* password_choose.h - the new password of an account: typed, piped or generated. */
#ifndef SENDAS_CTL_PASSWORD_CHOOSE_H
#define SENDAS_CTL_PASSWORD_CHOOSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "ctl/options.h"

/*
 * Gets the password in the way that the options say (--generate, --no-rules) into
 * *password_r, a secret, and has it keep the rules. false after a complaint.
 */
bool password_choose(const struct options *options, const char *login,
                     struct buf *password_r);

#endif
