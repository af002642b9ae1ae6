/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon.h - into the background, and not a moment before the service is ready. */
#ifndef SENDAS_PROG_DAEMON_H
#define SENDAS_PROG_DAEMON_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Forks into the background (new session, no terminal, working directory "/", so that
 * relative paths are to be resolved before). Returns in the daemon only, with standard
 * error still the caller's, so that what goes wrong while starting is seen. The process
 * that was started waits: it exits 0 when the daemon calls daemon_ready(), and 1 when
 * the daemon ends before that. Call before there are threads, open databases or locks.
 * A daemon that is ready should not have SIGPIPE kill it: its starter may be gone.
 * false: one line in *error_r, to be told before exiting with a failure.
 */
bool daemon_start(struct buf *error_r);

/*
 * Lets the waiting process exit 0 and takes standard input, output and error to
 * /dev/null. Does nothing when daemon_start() was not called.
 */
void daemon_ready(void);

#endif
