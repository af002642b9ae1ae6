/* SPDX-License-Identifier: BSD-2-Clause */
/* map_params.h - table files of "name = value" lines, as Postfix has them. */
#ifndef SENDAS_MAP_MAP_PARAMS_H
#define SENDAS_MAP_MAP_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* A text, and the line where it stands, for messages; line 0: it is the default. */
struct map_param_text {
    const char *text; /* never NULL once loaded */
    unsigned line;
};

enum map_param_kind {
    MAP_PARAM_TEXT,   /* struct map_param_text */
    MAP_PARAM_FILLED, /* the same, and given it must not be empty */
    MAP_PARAM_NUMBER  /* int */
};

/* One parameter; a table of them ends with a NULL name. */
struct map_param {
    const char *name;
    enum map_param_kind kind;
    size_t offset;        /* of the field in the target struct */
    const char *fallback; /* the value of one that is not given */
};

/*
 * Reads the file into `target`, a struct with the fields of the table; texts live in
 * the arena. Of a name given twice the last one counts, as in Postfix. false with one
 * line "FILE:LINE: what, and what was expected" in *error_r.
 */
bool map_params_load(const char *path, const struct map_param *table, void *target,
                     struct arena *arena, struct buf *error_r);

#endif
