/* SPDX-License-Identifier: BSD-2-Clause */
/* log_entry.h - one decision that sendas-milter logged, read from its text or JSON. */
#ifndef SENDAS_CTL_LOG_ENTRY_H
#define SENDAS_CTL_LOG_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/event.h"

enum { LOG_ENTRY_FIELDS_MAX = 64 };

/* What a line was. */
enum log_kind {
    LOG_OTHER, /* not about a decision */
    LOG_CUT,   /* about one, but not whole, or not as we write it */
    LOG_ENTRY
};

/* All strings live in the arena, as the milter had them before it escaped them. A value
 * that was "-" is NULL. */
struct log_entry {
    bool timed;
    int64_t time; /* seconds since 1970, when `timed` */
    const char *id;
    struct event_field fields[LOG_ENTRY_FIELDS_MAX];
    size_t count;
};

/* The value of a field, NULL if it is not there or says nothing. */
const char *log_entry_value(const struct log_entry *entry, const char *key);

/*
 * Reads what the milter wrote, behind whatever syslog put before it: `ID: decision=...`
 * or a JSON object. The time is left alone unless it stands in the object.
 */
enum log_kind log_entry_read(const char *text, size_t len, struct arena *arena,
                             struct log_entry *entry_r);

/* Takes back what escape_text() did; false: it did not make that. */
bool log_unescape(const char *text, size_t len, struct arena *arena,
                  const char **value_r);

/* Reads the time that begins the text: "2026-11-26T10:50:00", then perhaps a fraction,
 * "Z", "+01:00" or "+0100" (nothing: local time). Returns its length, 0 if there is
 * none. */
size_t log_time_read(const char *text, size_t len, int64_t *seconds_r);

#endif
