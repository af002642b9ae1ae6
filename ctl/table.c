/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/table.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <uniwidth.h>

#include "ctl/output.h"

struct table_row {
    struct table_row *next;
    const char *cells[TABLE_COLUMNS_MAX];
};

void table_finish(struct table *table)
{
    arena_finish(&table->arena);
    *table = (struct table){.columns = table->columns};
}

size_t text_width(const char *text, size_t len)
{
    int width = u8_width((const uint8_t *)text, len, "UTF-8");

    return width > 0 ? (size_t)width : 0;
}

void table_add(struct table *table, const char *const cells[])
{
    struct table_row *row = arena_alloc(&table->arena, sizeof(*row));

    if (row == NULL)
        return;
    for (size_t i = 0; i < table->columns; i++) {
        size_t width;

        row->cells[i] = shown(&table->arena, cells[i], SHOWN_MAX);
        width = text_width(row->cells[i], strlen(row->cells[i]));
        if (width > table->width[i])
            table->width[i] = width;
    }
    if (table->last != NULL)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    table->count++;
}

static void row_print(const struct table *table, const char *const cells[],
                      const size_t width[])
{
    size_t gap = 0; /* columns to fill before the next cell that has text */

    for (size_t i = 0; i < table->columns; i++) {
        if (cells[i][0] != '\0') {
            printf("%*s%s", (int)gap, "", cells[i]);
            gap = 0;
        }
        gap += width[i] - text_width(cells[i], strlen(cells[i])) + 2;
    }
    putchar('\n');
}

void table_print(const struct table *table, const char *const heading[])
{
    size_t width[TABLE_COLUMNS_MAX];

    for (size_t i = 0; i < table->columns; i++) {
        size_t used = strlen(heading[i]);

        width[i] = table->width[i] > used ? table->width[i] : used;
    }
    row_print(table, heading, width);
    for (const struct table_row *row = table->first; row != NULL; row = row->next)
        row_print(table, row->cells, width);
}
