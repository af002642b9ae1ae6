/* SPDX-License-Identifier: BSD-2-Clause */
/* strlist.h - an ordered list of strings that live in an arena. */
#ifndef SENDAS_BASE_STRLIST_H
#define SENDAS_BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* A zeroed struct is a valid empty list; nothing to free beside the arena. */
struct strlist {
    const char **items;
    size_t count;
    size_t cap;
};

/* Appends a copy of the string made in the arena. false: out of memory. */
bool strlist_add(struct strlist *list, struct arena *arena, const char *s);
bool strlist_addn(struct strlist *list, struct arena *arena, const char *s, size_t len);

/* Is the exact string in the list? */
bool strlist_has(const struct strlist *list, const char *s);

#endif
