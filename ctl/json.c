/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "ctl/output.h"

json_t *json_text(const char *text)
{
    struct buf escaped = BUF_INIT;
    json_t *string;

    if (text == NULL)
        return json_null();
    string = json_string(text);
    if (string != NULL)
        return string;
    escape_text(&escaped, text, strlen(text), SIZE_MAX);
    string = escaped.failed ? NULL : json_string(buf_str(&escaped));
    buf_finish(&escaped);
    return string;
}

static bool value_print(json_t *value, size_t flags)
{
    bool done =
        value != NULL && json_dumpf(value, stdout, JSON_ENSURE_ASCII | flags) == 0;

    json_decref(value);
    if (!done)
        complain("the JSON could not be %s",
                 value == NULL ? "made: out of memory" : "printed");
    return done;
}

bool json_print(json_t *value)
{
    bool done = value_print(value, JSON_INDENT(2));

    putchar('\n');
    return done;
}

bool json_print_line(const char *before, json_t *value)
{
    fputs(before, stdout);
    return value_print(value, 0);
}

void json_list_add(json_t **list, json_t *value)
{
    if (*list == NULL) {
        json_decref(value);
    } else if (json_array_append_new(*list, value) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}
