/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/entries.h"

#include <string.h>

#include <lber.h>

/* Room for one more of a list of `count` items, in powers of two: the arena keeps the
 * outgrown ones, together no more than the last. */
static void *entries_room(struct arena *arena, void *items, size_t count, size_t size)
{
    void *more;

    if (count != 0 && (count & (count - 1)) != 0)
        return items;
    more = arena_alloc(arena, (count == 0 ? 1 : 2 * count) * size);
    if (more != NULL && count != 0)
        memcpy(more, items, count * size);
    return more;
}

static bool entries_values(struct berval *values, struct arena *arena,
                           struct directory_attribute *attribute)
{
    size_t count = 0;

    while (values != NULL && values[count].bv_val != NULL)
        count++;
    attribute->values = arena_alloc(arena, (count + 1) * sizeof(*attribute->values));
    if (attribute->values == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct directory_value *value = &attribute->values[i];

        value->len = values[i].bv_len;
        value->bytes = arena_strndup(arena, values[i].bv_val, value->len);
        if (value->bytes == NULL)
            return false;
    }
    attribute->count = count;
    return true;
}

/* The attribute that comes next; its values are the message's, their list is ours. */
static bool entries_attribute(struct berval *name, struct berval *values,
                              struct arena *arena, struct directory_entry *entry)
{
    struct directory_attribute *attribute;

    entry->attributes =
        entries_room(arena, entry->attributes, entry->count, sizeof(*attribute));
    if (entry->attributes == NULL)
        return false;
    attribute = &entry->attributes[entry->count++];
    memset(attribute, 0, sizeof(*attribute));
    attribute->name = arena_strndup(arena, name->bv_val, name->bv_len);
    return attribute->name != NULL && entries_values(values, arena, attribute);
}

static bool entries_entry(LDAP *ld, LDAPMessage *message, struct arena *arena,
                          struct directory_entry *entry)
{
    BerElement *ber = NULL;
    struct berval dn;
    bool done = false;
    bool good = false;

    memset(entry, 0, sizeof(*entry));
    if (ldap_get_dn_ber(ld, message, &ber, &dn) == LDAP_SUCCESS) {
        entry->dn = arena_strndup(arena, dn.bv_val, dn.bv_len);
        good = entry->dn != NULL;
    }
    while (good && !done) {
        struct berval name = {0, NULL};
        struct berval *values = NULL;

        good = ldap_get_attribute_ber(ld, message, ber, &name, &values) == LDAP_SUCCESS;
        done = name.bv_val == NULL;
        if (good && !done)
            good = entries_attribute(&name, values, arena, entry);
        ber_memfree(values);
    }
    ber_free(ber, 0);
    return good;
}

bool entries_read(LDAP *ld, LDAPMessage *chain, struct arena *arena,
                  struct directory_entries *entries)
{
    int count = ldap_count_entries(ld, chain);
    struct directory_entry *items;

    if (count < 0)
        return false;
    items = arena_alloc(arena, (entries->count + (size_t)count + 1) * sizeof(*items));
    if (items == NULL)
        return false;
    if (entries->count > 0)
        memcpy(items, entries->items, entries->count * sizeof(*items));
    entries->items = items;
    for (LDAPMessage *message = ldap_first_entry(ld, chain); message != NULL;
         message = ldap_next_entry(ld, message)) {
        if (!entries_entry(ld, message, arena, &items[entries->count]))
            return false;
        entries->count++;
    }
    return true;
}
