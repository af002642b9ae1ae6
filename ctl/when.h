/* SPDX-License-Identifier: BSD-2-Clause */
/* when.h - moments as an admin reads and types them. */
#ifndef SENDAS_CTL_WHEN_H
#define SENDAS_CTL_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHEN_MAX = 64 }; /* bytes of when_format()'s text */

/* Seconds since 1970 as local time with its offset from UTC. */
void when_format(int64_t seconds, char *out, size_t size);

/*
 * Reads "YYYY-MM-DD", which is the end of that day in local time, "YYYY-MM-DD HH:MM",
 * or what lies ahead of `now`: "+30d" (also h: hours, w: weeks). false: none of these,
 * no such day, or not after `now`; *why_r says which (static text).
 */
bool when_read(const char *text, int64_t now, int64_t *seconds_r, const char **why_r);

/*
 * The same for what has been: a day (its beginning, or its end with `end`), "YYYY-MM-DD
 * HH:MM", or how long ago: "7d", "-7d" (also h, w). false: none of these, or no such
 * day.
 */
bool when_read_past(const char *text, int64_t now, bool end, int64_t *seconds_r,
                    const char **why_r);

/* A moment for a file: "2030-12-31T23:59:59Z" (RFC 3339, UTC); and read again,
 * whether it is ahead of us or not. false: it is none, or there is no such moment. */
void when_format_utc(int64_t seconds, char *out, size_t size);
bool when_read_utc(const char *text, int64_t *seconds_r);

#endif
