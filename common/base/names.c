/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/names.h"

#include <string.h>

bool names_value(const struct name_row *table, const char *name, int *value_r)
{
    for (; table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            *value_r = table->value;
            return true;
        }
    }
    return false;
}

const char *names_name(const struct name_row *table, int value)
{
    for (; table->name != NULL; table++) {
        if (table->value == value)
            return table->name;
    }
    return "?";
}

void names_list(const struct name_row *table, struct buf *out)
{
    for (const struct name_row *row = table; row->name != NULL; row++) {
        if (row != table)
            buf_adds(out, row[1].name == NULL ? " or " : ", ");
        buf_adds(out, row->name);
    }
}
