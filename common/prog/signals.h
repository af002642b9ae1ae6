/* SPDX-License-Identifier: BSD-2-Clause */
/* signals.h - HUP reloads, TERM and INT end. */
#ifndef SENDAS_PROG_SIGNALS_H
#define SENDAS_PROG_SIGNALS_H

#include <stdbool.h>

#include "base/buf.h"

/* What the signals do; both run in the signal thread. */
struct signals_handlers {
    void (*reload)(void); /* HUP */
    void (*finish)(void); /* TERM, INT: ends the process, or begins to */
};

/*
 * Keeps the signals waiting, and ignores SIGPIPE, before the socket is there: from then
 * on somebody may take the program for started, and send one.
 */
void signals_hold(void);

/*
 * Blocks the signals in the whole process and starts the thread that waits for them;
 * once, before other threads are started. false: one line in *error_r.
 */
bool signals_start(const struct signals_handlers *handlers, struct buf *error_r);

#endif
