/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads field values as the filter does, for tests in other languages. Standard input
 * holds records: a length of four bytes, highest first, and as many bytes of a value.
 * Standard output gets one line of JSON a record:
 * {"reason": "none", "error_at": 0, "empty": false, "literal_only": false,
 *  "unownable": false, "addresses": ["a@example.org"]}
 * where the addresses are all those that must be permitted, literal_only says whether
 * one of them is permitted by nothing but its own literal grant, and unownable whether
 * one is permitted by nothing at all.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "mail/mailbox_list.h"

enum { RECORD_MAX = 1 << 20 };

static const struct address_rules rules = {.delimiters = "+"};

static bool read_length(size_t *len_r)
{
    unsigned char head[4];

    if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
        return false;
    *len_r =
        (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    return *len_r <= RECORD_MAX;
}

static bool answer(const char *bytes, size_t len, struct arena *arena)
{
    struct mailbox_list list;
    json_t *addresses = json_array();
    bool literal_only = false, unownable = false;
    json_t *line;
    bool ok;

    mailbox_list_parse(bytes, len, &rules, arena, &list);
    for (size_t i = 0; list.reason == REASON_NONE && i < list.count; i++) {
        literal_only |= list.mailboxes[i].address.literal_only;
        unownable |= list.mailboxes[i].address.unownable;
        json_array_append_new(addresses, json_string(list.mailboxes[i].address.text));
    }
    line = json_pack("{s:s, s:I, s:b, s:b, s:b, s:o}", "reason",
                     reason_name(list.reason), "error_at", (json_int_t)list.error_at,
                     "empty", (int)list.empty, "literal_only", (int)literal_only,
                     "unownable", (int)unownable, "addresses", addresses);
    ok = line != NULL && json_dumpf(line, stdout, JSON_COMPACT) == 0 &&
         putchar('\n') != EOF && fflush(stdout) == 0;
    json_decref(line);
    return ok;
}

int main(void)
{
    struct arena arena = {0};
    bool ok = true;
    size_t len;

    while (ok && read_length(&len)) {
        /* A block of exactly this size, so that a checker sees any reading past it. */
        char *bytes = malloc(len != 0 ? len : 1);

        ok = bytes != NULL && fread(bytes, 1, len, stdin) == len &&
             answer(bytes, len, &arena);
        free(bytes);
        arena_reset(&arena);
    }
    arena_finish(&arena);
    return ok && feof(stdin) ? EXIT_SUCCESS : EXIT_FAILURE;
}
