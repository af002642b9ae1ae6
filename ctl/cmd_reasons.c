/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "mail/reason.h"

static json_t *reason_json(enum reason reason)
{
    return json_pack("{s:s, s:s, s:s}", "reason", reason_name(reason), "sentence",
                     reason_sentence(reason), "paragraph", reason_paragraph(reason));
}

static int reasons_print_json(void)
{
    json_t *list = json_array();

    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        if (json_array_append_new(list, reason_json((enum reason)reason)) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    return json_print(list) ? EXIT_DONE : EXIT_FAILED;
}

/* The paragraph in lines of at most 78 columns, indented. */
static void paragraph_print(const char *text)
{
    enum { INDENT = 4, COLUMNS = 78 };
    size_t column = 0;

    while (*text != '\0') {
        size_t len = 0;

        while (text[len] != '\0' && text[len] != ' ')
            len++;
        if (column != 0 && column + 1 + len > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        column +=
            (size_t)printf("%*s%.*s", column == 0 ? INDENT : 1, "", (int)len, text);
        text += len;
        text += *text == ' ';
    }
    putchar('\n');
}

int cmd_reasons(const struct options *options, int count, char **words)
{
    (void)count;
    (void)words;
    if (options_has(options, OPTION_JSON))
        return reasons_print_json();
    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        printf("%s: %s\n", reason_name(reason), reason_sentence(reason));
        paragraph_print(reason_paragraph(reason));
    }
    return EXIT_DONE;
}
