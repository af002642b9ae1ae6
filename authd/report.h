/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - one log line for each login: who, from where, and how it came out. */
#ifndef SENDAS_AUTHD_REPORT_H
#define SENDAS_AUTHD_REPORT_H

#include <stdint.h>

#include "base/event.h"

/*
 * In the order of the line. The first five are always there, "-" if they are not known;
 * of the others those that are not NULL. All text is hostile.
 */
struct report {
    const char *login;
    const char *client;
    const char *service;
    const char *mechanism; /* "plain" (or LOGIN: the protocol does not say), "challenge"
                            */
    const char *result; /* "accepted", "refused", "unavailable", "locked", "stored" */
    const char *reason;
    const char *until;
    const char *scheme;
    const char *source;
    const char *app; /* label of an application password */
};

void report_login(enum event_level level, const struct report *report);

enum { REPORT_TIME_MAX = 32 };

/* A time of request_now(), written as a date. */
const char *report_time(int64_t when, char text_r[REPORT_TIME_MAX]);

/* The same in seconds since 1970. */
int64_t report_seconds(int64_t when);

#endif
