/* SPDX-License-Identifier: BSD-2-Clause */
/* postfix_table.h - the source form of a Postfix table (postmap(1)), entry by entry. */
#ifndef SENDAS_CTL_POSTFIX_TABLE_H
#define SENDAS_CTL_POSTFIX_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Blank lines and those that begin with "#" are skipped; a line that begins with a
 * blank goes on with the entry before; the key ends at the first blank outside double
 * quotes, the rest is the value.
 */
struct postfix_table {
    const char *pos;
    const char *end;
    size_t line;      /* how many were read */
    struct buf entry; /* the lines of one entry, joined */
};

struct postfix_entry {
    size_t line; /* where it begins, from 1 */
    /* Strings without blanks around them, valid until the next entry is read. */
    const char *key;
    const char *value;
    const char
        *wrong; /* what is wrong with the entry (static text), NULL when nothing */
};

/* The text is borrowed. */
void postfix_table_init(struct postfix_table *table, const char *text, size_t len);
void postfix_table_finish(struct postfix_table *table);

/* The next entry; false: there are no more, or memory ran out (table->entry.failed). */
bool postfix_table_next(struct postfix_table *table, struct postfix_entry *entry_r);

/*
 * Appends the beginning of an entry for a normalised address: the address, quoted where
 * the line would else be read as a comment, and a blank.
 */
void postfix_table_add_key(struct buf *out, const char *address);

#endif
