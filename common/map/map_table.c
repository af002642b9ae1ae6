/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_table.h"

#include <string.h>

#include "base/escape.h"
#include "map/map.h"

enum { KEY_SHOWN = 100 };

void map_table_finish(struct map_table *table)
{
    hash_finish(&table->hash);
    arena_finish(&table->arena);
    table->entries = 0;
}

/* The list of a normalised key, made if need be; NULL: out of memory. */
static struct strlist *table_list(struct map_table *table, const char *key)
{
    void **slot = hash_slot(&table->hash, key);

    if (slot == NULL)
        return NULL;
    if (*slot == NULL)
        *slot = arena_alloc(&table->arena, sizeof(struct strlist));
    return *slot;
}

bool map_table_add(struct map_table *table, const char *key, const char *value,
                   const struct address_rules *rules, struct buf *error_r)
{
    struct strlist *list;
    const char *normal;
    enum reason reason;
    size_t before;

    normal = address_normalise_key(key, rules, &table->arena, &reason);
    if (normal == NULL && !table->arena.failed) {
        buf_adds(error_r, "expected an address or @domain, not \"");
        escape_text(error_r, key, strlen(key), KEY_SHOWN);
        buf_adds(error_r, "\"");
        return false;
    }
    list = normal != NULL ? table_list(table, normal) : NULL;
    before = list != NULL ? list->count : 0;
    if (list == NULL || !map_add_values(list, &table->arena, value)) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    if (list->count == before) {
        buf_adds(error_r, "no login behind \"");
        escape_text(error_r, key, strlen(key), KEY_SHOWN);
        buf_adds(error_r, "\"");
        return false;
    }
    table->entries++;
    return true;
}

enum answer map_table_lookup(const struct map_table *table, const char *key,
                             struct arena *arena, struct strlist *values_r,
                             struct buf *error_r)
{
    const struct strlist *list = hash_find(&table->hash, key);

    if (list == NULL)
        return ANSWER_NO;
    for (size_t i = 0; i < list->count; i++) {
        if (!strlist_add(values_r, arena, list->items[i])) {
            buf_adds(error_r, "out of memory");
            return ANSWER_UNKNOWN;
        }
    }
    return ANSWER_YES;
}
