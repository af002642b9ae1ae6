/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/event.h"

#include <string.h>

#include "base/escape.h"

enum { EVENT_VALUE_MAX = 512 };

void event_format(const struct event *event, struct buf *out)
{
    escape_token(out, event->subject, strlen(event->subject), EVENT_VALUE_MAX);
    buf_addc(out, ':');
    for (size_t i = 0; i < event->field_count; i++) {
        const struct event_field *field = &event->fields[i];

        buf_addc(out, ' ');
        buf_adds(out, field->key);
        buf_addc(out, '=');
        if (field->value == NULL)
            buf_addc(out, '-');
        else if (strcmp(field->value, "-") == 0)
            buf_adds(out, "\"-\"");
        else
            escape_token(out, field->value, strlen(field->value), EVENT_VALUE_MAX);
    }
}
