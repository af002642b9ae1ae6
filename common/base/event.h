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

/* Borrowed pointers all; an event lives for the call that logs it. */
struct event {
    enum event_level level;
    const char *subject; /* the queue id, or a word such as "config" */
    const struct event_field *fields;
    size_t field_count;
};

/*
 * Appends the event as one line without its line end: `subject: key=value key=value`.
 * Every value is escaped and bounded (escape_token), so that what is in it cannot start
 * a field or a line of its own.
 */
void event_format(const struct event *event, struct buf *out);

#endif
