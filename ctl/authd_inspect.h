/* SPDX-License-Identifier: BSD-2-Clause */
/* authd_inspect.h - mistakes in the configuration of sendas-authd. */
#ifndef SENDAS_CTL_AUTHD_INSPECT_H
#define SENDAS_CTL_AUTHD_INSPECT_H

#include "base/buf.h"
#include "ctl/options.h"

/*
 * Loads the configuration that the options name and looks at its files; as root, asks
 * each source of accounts once as the user that the daemon will be. Appends a line to
 * *problems for each thing that is wrong.
 */
void authd_inspect(const struct options *options, struct buf *problems);

#endif
