/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads one field again and again, for callgrind to count the instructions of it:
 *     reader_cost CASE SIZE REPEAT
 * SIZE is in bytes, for the cases that grow; reader_cost.py runs this and makes the
 * table. Without arguments: the names of the cases, "name grows|typical" a line.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mail/mailbox_list.h"

/* head, then part again and again, then tail; a case without part is as it stands. */
static const struct cost_case {
    const char *name;
    const char *head;
    const char *part;
    const char *tail;
} cases[] = {
    {"bare", "john.doe@example.org", NULL, ""},
    {"name", "John Q. Doe <john.doe@example.org>", NULL, ""},
    {"quoted name", "\"Doe, John (Sales)\" <john.doe@example.org>", NULL, ""},
    {"comment", "john.doe@example.org (John Doe)", NULL, ""},
    {"8-bit name", "J\xc3\xb6hn Doe <john.doe@example.org>", NULL, ""},
    {"encoded name", "=?UTF-8?Q?J=C3=B6hn_Doe?= <john.doe@example.org>", NULL, ""},
    {"IDN",
     "john.doe@b\xc3\xbc"
     "cher.example",
     NULL, ""},

    {"nested comments", "a@b.c (", "(x", ""}, /* closed below */
    {"flat comments", "a@b.c", " (x)", ""},
    {"comment with addresses", "a@b.c (", "x@y.z ", ")"},
    {"long quoted string", "\"", "abc ", "\" <a@b.c>"},
    {"quoted pairs", "\"", "\\\"", "\" <a@b.c>"},
    {"quoted at signs", "\"", "@", "\" <a@b.c>"},
    {"quoted addresses", "\"", "\\\"x\\\"@y.z ", "\" <a@b.c>"},
    {"words", "", "a ", "<a@b.c>"},
    {"folds", "a", "\n a", " <a@b.c>"},
    {"encoded words, Q", "", "=?utf-8?Q?=40?= ", "<a@b.c>"},
    {"encoded words, B", "", "=?iso-8859-2?B?QGE=?= ", "<a@b.c>"},
    {"encoded words, 2 charsets", "", "=?koi8-r?Q?a?= =?iso-2022-jp?Q?b?= ", "<a@b.c>"},
    {"encoded words, invalid", "=?euc-jp?Q?", "=FF", "?= <a@b.c>"},
    {"encoded words, unclosed", "", "=?u?q?x ", "<a@b.c>"},
    {"mailboxes", "", "a@b.c,", "a@b.c"},
    {"mailboxes, named", "", "\"A\" <a@b.c> (x),", "a@b.c"},
    {"mailboxes, encoded names", "", "=?koi8-r?Q?a?= <a@b.c>,", "a@b.c"},
    {"mailboxes, IDN", "", "a@\xc3\xbc.c,", "a@b.c"},
    {"commas", "a@b.c", ",", "a@b.c"},
};

static const struct cost_case *find_case(const char *name)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    }
    return NULL;
}

static void make_field(const struct cost_case *row, size_t size, struct buf *out)
{
    size_t rest = strlen(row->tail), parts = 0;
    bool nested = row->part != NULL && row->part[0] == '(';

    buf_adds(out, row->head);
    if (row->part != NULL) {
        size_t one = strlen(row->part) + nested;

        for (; out->len + parts * nested + one + rest + 1 <= size; parts++)
            buf_adds(out, row->part);
    }
    for (size_t i = 0; nested && i < parts + 1; i++)
        buf_addc(out, ')');
    buf_adds(out, row->tail);
}

static int run(const struct cost_case *row, size_t size, long repeat)
{
    static const struct address_rules rules = {.delimiters = "+"};
    struct buf field = BUF_INIT;
    struct mailbox_list list = {0};
    struct arena arena = {0};

    make_field(row, size, &field);
    if (field.failed)
        return EXIT_FAILURE;
    for (long i = 0; i < repeat; i++) {
        mailbox_list_parse(field.data, field.len, &rules, &arena, &list);
        arena_reset(&arena);
    }
    printf("%zu %s\n", field.len, reason_name(list.reason));
    arena_finish(&arena);
    buf_finish(&field);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct cost_case *row;

    if (argc == 1) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
            printf("%s\t%s\n", cases[i].name,
                   cases[i].part != NULL ? "grows" : "typical");
        return EXIT_SUCCESS;
    }
    row = argc == 4 ? find_case(argv[1]) : NULL;
    if (row == NULL) {
        fprintf(stderr, "usage: reader_cost CASE SIZE REPEAT\n");
        return EXIT_FAILURE;
    }
    return run(row, strtoul(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
}
