/* SPDX-License-Identifier: BSD-2-Clause */
/* map_key.h - the forms in which a database is asked for one key, as Postfix asks. */
#ifndef SENDAS_MAP_MAP_KEY_H
#define SENDAS_MAP_MAP_KEY_H

#include <stddef.h>

#include "base/arena.h"

enum { MAP_KEY_FORMS = 2 };

/*
 * Fills `forms` with the key as it stands on the wire and, where its local part has
 * quotes, with what it is without them; the second counts when the first has no value.
 * Returns how many. A local part that is empty without its quotes has no second form:
 * it would be the key of the whole domain. Out of memory: arena->failed.
 */
size_t map_key_forms(const char *key, struct arena *arena,
                     const char *forms[MAP_KEY_FORMS]);

#endif
