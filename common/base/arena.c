/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 2048 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    max_align_t bytes[];
};

void arena_finish(struct arena *arena)
{
    struct arena_block *block, *next;

    for (block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block, *next, *keep = NULL;

    for (block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        if (keep == NULL && block->size == ARENA_BLOCK)
            keep = block;
        else
            free(block);
    }
    if (keep != NULL) {
        keep->next = NULL;
        keep->used = 0;
    }
    arena->blocks = keep;
    arena->failed = false;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    struct arena_block *block = arena->blocks;
    char *p;

    if (size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = (size + align - 1) / align * align;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

        block = malloc(sizeof(*block) + room);
        if (block == NULL) {
            arena->failed = true;
            return NULL;
        }
        block->size = room;
        block->used = 0;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    p = (char *)block->bytes + block->used;
    block->used += size;
    memset(p, 0, size);
    return p;
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);

    if (copy != NULL && len != 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return s != NULL ? arena_strndup(arena, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list ap;
    char *out;
    int need;

    va_start(ap, format);
    need = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    out = need < 0 ? NULL : arena_alloc(arena, (size_t)need + 1);
    if (out == NULL) {
        arena->failed = true;
        return NULL;
    }
    va_start(ap, format);
    vsnprintf(out, (size_t)need + 1, format, ap);
    va_end(ap);
    return out;
}
