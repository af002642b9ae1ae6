/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_table.h"

#include <string.h>

#include "base/escape.h"
#include "mail/login.h"

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

/* "group:sales" names the group in a value; a key is the name alone. */
static const char *table_group_key(const char *key, struct arena *arena)
{
    if (strchr(key, ':') != NULL || strcmp(key, "*") == 0)
        return NULL;
    return login_normalise(key, strlen(key), NULL, arena);
}

/* Also "@domain", as in a virtual(5) table. */
static const char *table_domain(const char *text, struct arena *arena)
{
    text += *text == '@';
    return address_normalise_domain(text, strlen(text), arena);
}

/* The key as it is looked up. NULL: it is none, or memory ran out. */
static const char *table_key(struct map_table *table, enum map_use use, const char *key,
                             const struct address_rules *rules)
{
    switch (use) {
    case MAP_GROUPS:
        return table_group_key(key, &table->arena);
    case MAP_ALIAS_DOMAINS:
        return table_domain(key, &table->arena);
    default:
        return address_normalise_key(key, rules, &table->arena,
                                     &(enum reason){REASON_NONE});
    }
}

/* What stands in a message for what was expected. */
static const struct {
    const char *key;
    const char *value;
} table_words[] = {
    [MAP_SEND_AS] = {"an address or @domain", "login"},
    [MAP_ON_BEHALF] = {"an address or @domain", "login"},
    [MAP_RESEND] = {"an address or @domain", "login"},
    [MAP_DENY] = {"an address or @domain", "login"},
    [MAP_GROUPS] = {"the name of a group", "login"},
    [MAP_ALIAS_DOMAINS] = {"a domain", "domain"},
};

static bool table_refuse(const char *before, const char *text, struct buf *error_r)
{
    buf_addf(error_r, "%s \"", before);
    escape_text(error_r, text, strlen(text), KEY_SHOWN);
    buf_adds(error_r, "\"");
    return false;
}

/* The values of a list from `before` on: are they what the table is for? */
static bool table_check_values(struct map_table *table, enum map_use use,
                               const struct strlist *list, size_t before,
                               const char *key, struct buf *error_r)
{
    if (list->count == before) {
        buf_addf(error_r, "no %s", table_words[use].value);
        return table_refuse(" behind", key, error_r);
    }
    if (use != MAP_ALIAS_DOMAINS)
        return true;
    if (list->count != 1)
        return table_refuse("more than one domain behind", key, error_r);
    if (table_domain(list->items[0], &table->arena) == NULL && !table->arena.failed)
        return table_refuse("expected a domain, not", list->items[0], error_r);
    return true;
}

bool map_table_add(struct map_table *table, enum map_use use, const char *key,
                   const char *value, const struct address_rules *rules,
                   struct buf *error_r)
{
    const char *normal = table_key(table, use, key, rules);
    struct strlist *list;
    size_t before;

    if (normal == NULL && !table->arena.failed) {
        buf_addf(error_r, "expected %s,", table_words[use].key);
        return table_refuse(" not", key, error_r);
    }
    list = normal != NULL ? table_list(table, normal) : NULL;
    before = list != NULL ? list->count : 0;
    if (list == NULL || !map_add_values(list, &table->arena, value)) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    if (!table_check_values(table, use, list, before, key, error_r))
        return false;
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
