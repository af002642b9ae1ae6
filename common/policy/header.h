/* SPDX-License-Identifier: BSD-2-Clause */
/* header.h - the fields of a header that the decision looks at, kept one by one. */
#ifndef SENDAS_POLICY_HEADER_H
#define SENDAS_POLICY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "policy/facts.h"

/* A growing list of fields. */
struct header_list {
    struct facts_field *items;
    size_t count;
    size_t cap;
    bool dropped; /* there were more, or larger ones, than are kept */
};

/* A zeroed struct is a valid empty header; all that is kept lives in the arena. */
struct header {
    struct header_list senders;
    struct header_list traces;
    size_t bytes; /* of the senders' values */
};

/*
 * Keeps a copy of a field, if facts_kind() says that it counts, within the limits of
 * facts.h. `value` may be folded and has no NUL. Memory that runs out is noted in
 * arena->failed.
 */
void header_add(struct header *header, const struct facts_wanted *wanted,
                const char *name, const char *value, size_t len, struct arena *arena);

/* Lends what is kept to the facts. */
void header_lend(const struct header *header, struct facts *facts);

#endif
