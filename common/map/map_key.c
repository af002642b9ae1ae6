/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_key.h"

#include <string.h>

/* The address without the quotes that its local part needs on the wire; NULL: none. */
static const char *key_unquote(const char *key, struct arena *arena)
{
    char *plain, *out;

    if (*key != '"')
        return NULL;
    plain = arena_alloc(arena, strlen(key) + 1);
    if (plain == NULL)
        return NULL;
    out = plain;
    for (key++; *key != '"' && *key != '\0'; key++) {
        if (*key == '\\' && key[1] != '\0')
            key++;
        *out++ = *key;
    }
    if (*key == '\0' || out == plain)
        return NULL;
    strcpy(out, key + 1);
    return plain;
}

size_t map_key_forms(const char *key, struct arena *arena,
                     const char *forms[MAP_KEY_FORMS])
{
    forms[0] = key;
    forms[1] = key_unquote(key, arena);
    return forms[1] != NULL ? 2 : 1;
}
