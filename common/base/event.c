/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/event.h"

#include <stdbool.h>
#include <string.h>

#include "base/escape.h"

static bool field_left_out(const struct event *event, size_t number)
{
    return event->fields[number].value == NULL &&
           number >= event->field_count - event->optional;
}

void event_format(const struct event *event, struct buf *out)
{
    escape_token(out, event->subject, strlen(event->subject), EVENT_VALUE_MAX);
    buf_addc(out, ':');
    for (size_t i = 0; i < event->field_count; i++) {
        const struct event_field *field = &event->fields[i];

        if (field_left_out(event, i))
            continue;
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

static void member_add(const char *key, const char *value, struct buf *out)
{
    struct buf text = BUF_INIT;

    buf_addf(out, "\"%s\":", key);
    escape_text(&text, value, strlen(value), EVENT_VALUE_MAX);
    escape_json(out, buf_str(&text), text.len);
    out->failed |= text.failed;
    buf_finish(&text);
}

void event_format_json(const struct event *event, struct buf *out)
{
    member_add("subject", event->subject, out);
    for (size_t i = 0; i < event->field_count; i++) {
        if (event->fields[i].value == NULL)
            continue;
        buf_addc(out, ',');
        member_add(event->fields[i].key, event->fields[i].value, out);
    }
}
