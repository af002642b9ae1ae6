/* SPDX-License-Identifier: BSD-2-Clause */
/* log_prefix.h - what syslog, the journal or nobody puts before a line of the milter.
 */
#ifndef SENDAS_CTL_LOG_PREFIX_H
#define SENDAS_CTL_LOG_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The program whose lines are meant. */
#define LOG_PROGRAM "sendas-milter"

/* What makes a time of one without a year; zeroed, but for `now`, it is ready. */
struct log_clock {
    int64_t now;
    char last[16]; /* the minute that was converted last */
    int64_t last_seconds;
};

/*
 * Finds the milter's own text in a line: behind a time (Mmm dd hh:mm:ss, RFC 3339, as
 * journalctl(1) prints it in its short forms, RFC 5424), a host and
 * "sendas-milter[PID]:", any of which may be missing. What another program wrote is not
 * ours whatever it holds. false: not the milter's. *timed_r says whether there was a
 * time.
 */
bool log_prefix_strip(struct log_clock *clock, const char **text, size_t *len,
                      bool *timed_r, int64_t *seconds_r);

#endif
