/* SPDX-License-Identifier: BSD-2-Clause */
/* names.h - tables that tie the words of a setting to the values of an enum. */
#ifndef SENDAS_BASE_NAMES_H
#define SENDAS_BASE_NAMES_H

#include <stdbool.h>

#include "base/buf.h"

/* A table is an array of rows that ends with a NULL name. */
struct name_row {
    const char *name;
    int value;
};

/* The value of `name` (exact, case counts) in *value_r; false if the table lacks it. */
bool names_value(const struct name_row *table, const char *name, int *value_r);

/* The name of `value`, or "?" if the table lacks it. Static storage. */
const char *names_name(const struct name_row *table, int value);

/* Appends the table's names as in "a, b or c". */
void names_list(const struct name_row *table, struct buf *out);

#endif
