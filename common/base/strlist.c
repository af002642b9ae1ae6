/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/strlist.h"

#include <string.h>

bool strlist_addn(struct strlist *list, struct arena *arena, const char *s, size_t len)
{
    const char *copy = arena_strndup(arena, s, len);

    if (copy == NULL)
        return false;
    if (list->count == list->cap) {
        size_t cap = list->cap != 0 ? 2 * list->cap : 4;
        const char **items = arena_alloc(arena, cap * sizeof(*items));

        if (items == NULL)
            return false;
        if (list->count != 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = copy;
    return true;
}

bool strlist_add(struct strlist *list, struct arena *arena, const char *s)
{
    return strlist_addn(list, arena, s, strlen(s));
}

bool strlist_has(const struct strlist *list, const char *s)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], s) == 0)
            return true;
    }
    return false;
}
