/* SPDX-License-Identifier: BSD-2-Clause */
/* map_params.h - table files of "name = value" lines, as Postfix has them. */
#ifndef SENDAS_MAP_MAP_PARAMS_H
#define SENDAS_MAP_MAP_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/names.h"

/* A text, and where it was given, for messages. */
struct map_param_text {
    const char *text; /* never NULL once loaded */
    unsigned line;    /* 0: it is the default */
    const char *name; /* of the parameter that gave it; see `fallback` */
};

enum map_param_kind {
    MAP_PARAM_TEXT,   /* struct map_param_text */
    MAP_PARAM_FILLED, /* the same, and given it must not be empty */
    MAP_PARAM_NUMBER, /* int, from `min` to `max` */
    MAP_PARAM_BOOL,   /* bool: "yes" or "no", in any case */
    MAP_PARAM_WORD,   /* int: the value of one of `words`, in any case */
    MAP_PARAM_IGNORED /* struct map_param_text: read, and good for a warning at most */
};

/* One parameter; a table of them ends with a NULL name. */
struct map_param {
    const char *name;
    enum map_param_kind kind;
    size_t offset;        /* of the field in the target struct */
    const char *fallback; /* the value of one that is not given; "$name": that of the
                             other parameter; both texts, or numbers */
    const struct name_row *words;
    int min; /* of a number that is given; */
    int max; /* both 0: any that an int holds */
};

/* A row for the field of the parameter's name; more of it (".min = 1") follows. */
#define MAP_PARAM(target, field, its_kind, its_fallback, ...)                          \
    {                                                                                  \
        .name = #field, .kind = its_kind, .fallback = its_fallback,                    \
        .offset = offsetof(target, field), __VA_ARGS__                                 \
    }

/* The parameters of the types that have some. */
extern const struct map_param map_ldap_params[];
extern const struct map_param map_sqlite_params[];

/*
 * Reads the file into `target`, a struct with the fields of the table; texts live in
 * the arena. Of a name given twice the last one counts, as in Postfix. false with one
 * line "FILE:LINE: what, and what was expected" in *error_r.
 */
bool map_params_load(const char *path, const struct map_param *table, void *target,
                     struct arena *arena, struct buf *error_r);

/*
 * Puts "FILE:LINE: name: " before what was added to *error_r behind its first `start`
 * bytes: the reason why that parameter's text is wrong. Returns false.
 */
bool map_params_blame(struct buf *error_r, size_t start, const char *path,
                      const struct map_param_text *param);

#endif
