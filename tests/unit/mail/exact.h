/* SPDX-License-Identifier: BSD-2-Clause */
/* exact.h - input in a block of exactly its size, so that a checker sees reading past
 * it. */
#ifndef SENDAS_TEST_EXACT_H
#define SENDAS_TEST_EXACT_H

#include <stdlib.h>
#include <string.h>

/* A literal with its length; NUL inside is allowed. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static inline char *exact_copy(const char *bytes, size_t len)
{
    char *copy = malloc(len != 0 ? len : 1);

    if (copy == NULL)
        abort();
    if (len != 0)
        memcpy(copy, bytes, len);
    return copy;
}

#endif
