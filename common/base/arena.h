/* SPDX-License-Identifier: BSD-2-Clause */
/* arena.h - allocate many small things, free them all at once (a message, a lookup). */
#ifndef SENDAS_BASE_ARENA_H
#define SENDAS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* A zeroed struct is a valid empty arena. Not safe for two threads at once. */
struct arena {
    struct arena_block *blocks;
    bool failed; /* memory ran out since the last reset; sticky */
};

/* Frees everything and leaves a valid empty arena. */
void arena_finish(struct arena *arena);

/* Forgets everything that was allocated; keeps one block for the next use. */
void arena_reset(struct arena *arena);

/*
 * `size` bytes, zeroed, aligned for any type, valid until reset or finish. NULL when
 * memory ran out (and then `failed` is set).
 */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of `len` bytes with a NUL behind them, or NULL as above. */
char *arena_strndup(struct arena *arena, const char *bytes, size_t len);

/* A copy of a string, or NULL as above; NULL for NULL. */
char *arena_strdup(struct arena *arena, const char *s);

/* A formatted string as by printf(3), or NULL as above. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
