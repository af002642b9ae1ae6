/* SPDX-License-Identifier: BSD-2-Clause */
/* table.h - rows of text printed in aligned columns. */
#ifndef SENDAS_CTL_TABLE_H
#define SENDAS_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { TABLE_COLUMNS_MAX = 6 };

struct table_row;

/* A zeroed struct with `columns` set (1 to TABLE_COLUMNS_MAX) is a valid empty table.
 */
struct table {
    size_t columns;
    size_t count; /* rows, the heading not among them */
    size_t width[TABLE_COLUMNS_MAX];
    struct table_row *first;
    struct table_row *last;
    struct arena arena;
};

void table_finish(struct table *table);

/*
 * Adds a row: one cell a column, each copied and escaped. When memory runs out,
 * table->arena.failed is set.
 */
void table_add(struct table *table, const char *const cells[]);

/* Prints the heading, which is not escaped, and the rows; blanks at line ends are not.
 */
void table_print(const struct table *table, const char *const heading[]);

/* The columns that printable UTF-8 text takes on a terminal. */
size_t text_width(const char *text, size_t len);

#endif
