/* SPDX-License-Identifier: BSD-2-Clause */
/* event.h - one structured log record: a subject and its fields in a fixed order. */
#ifndef SENDAS_BASE_EVENT_H
#define SENDAS_BASE_EVENT_H

#include <stddef.h>

#include "base/buf.h"

enum event_level { EVENT_ERROR, EVENT_WARNING, EVENT_INFO, EVENT_DEBUG };

/* A value of NULL means that the fact is not known or does not apply: "-" in text. */
struct event_field {
    const char *key;
    const char *value;
};

enum { EVENT_VALUE_MAX = 512 }; /* bytes of a value; the rest is cut: "..." */

/* Borrowed pointers all; an event lives for the call that logs it. */
struct event {
    enum event_level level;
    const char *subject; /* the queue id, or a word such as "config" */
    const struct event_field *fields;
    size_t field_count;
    size_t optional; /* so many fields at the end are left out where they are NULL */
};

/*
 * Appends the event as one line without its line end: `subject: key=value key=value`.
 * Every value is escaped and bounded (escape_token), so that what is in it cannot start
 * a field or a line of its own.
 */
void event_format(const struct event *event, struct buf *out);

/*
 * Appends the event as members of a JSON object, `"subject":"...","key":"value"`. Every
 * value is a string that holds what escape_text() makes of it: the same bytes in the
 * same writing as in text, but for the quotes. A value of NULL is left out.
 */
void event_format_json(const struct event *event, struct buf *out);

#endif
