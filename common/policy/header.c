/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/header.h"

#include <string.h>

/* Makes room for one more. false: out of memory. */
static bool list_grow(struct header_list *list, struct arena *arena)
{
    const size_t cap = list->cap != 0 ? 2 * list->cap : 8;
    struct facts_field *items;

    if (list->count < list->cap)
        return true;
    items = arena_alloc(arena, cap * sizeof(*items));
    if (items == NULL)
        return false;
    if (list->count != 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    list->items = items;
    list->cap = cap;
    return true;
}

/* false: out of memory. */
static bool list_add(struct header_list *list, const char *name, const char *value,
                     size_t len, struct arena *arena)
{
    struct facts_field field = {.value_len = len};

    if (!list_grow(list, arena))
        return false;
    field.name = arena_strdup(arena, name);
    field.value = arena_strndup(arena, value, len);
    if (field.name == NULL || field.value == NULL)
        return false;
    list->items[list->count++] = field;
    return true;
}

static void add_sender(struct header *header, const char *name, const char *value,
                       size_t len, struct arena *arena)
{
    struct header_list *list = &header->senders;

    if (list->count == FACTS_FIELDS_MAX || len > FACTS_BYTES_MAX - header->bytes)
        list->dropped = true;
    else if (list_add(list, name, value, len, arena))
        header->bytes += len;
}

static void add_trace(struct header *header, const char *name, const char *value,
                      size_t len, struct arena *arena)
{
    struct header_list *list = &header->traces;

    if (list->count == FACTS_TRACES_MAX)
        list->dropped = true;
    else
        list_add(list, name, value, len < FACTS_TRACE_MAX ? len : FACTS_TRACE_MAX,
                 arena);
}

void header_add(struct header *header, const struct facts_wanted *wanted,
                const char *name, const char *value, size_t len, struct arena *arena)
{
    switch (facts_kind(wanted, name)) {
    case FACTS_SENDER:
        if (facts_field_counts(name, value, len))
            add_sender(header, name, value, len, arena);
        break;
    case FACTS_TRACE:
        add_trace(header, name, value, len, arena);
        break;
    case FACTS_NONE:
        break;
    }
}

void header_lend(const struct header *header, struct facts *facts)
{
    facts->fields = header->senders.items;
    facts->field_count = header->senders.count;
    facts->fields_dropped = header->senders.dropped;
    facts->traces = header->traces.items;
    facts->trace_count = header->traces.count;
    facts->traces_dropped = header->traces.dropped;
}
