/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon.h - into the background, and not a moment before the service is ready. */
#ifndef SENDAS_PROG_DAEMON_H
#define SENDAS_PROG_DAEMON_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Forks into the background (new session, no terminal, working directory "/"). Returns
 * in the daemon only, with standard error still the caller's, so that what goes wrong
 * while starting is seen. The process that was started waits: it exits 0 when the
 * daemon calls daemon_ready(), and with the daemon's own exit status (or 1) when the
 * daemon ends before that. Call before there are threads, open databases or locks.
 * false (in the first process): one line in *error_r.
 */
bool daemon_start(struct buf *error_r);

/*
 * Lets the waiting process exit 0 and takes standard input, output and error to
 * /dev/null. Does nothing when daemon_start() was not called.
 */
void daemon_ready(void);

#endif
