/* SPDX-License-Identifier: BSD-2-Clause */
/* map_template.h - the % expansions that Postfix's SQL and LDAP tables share. */
#ifndef SENDAS_MAP_MAP_TEMPLATE_H
#define SENDAS_MAP_MAP_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * In a query, %s, %u and %d (and %S, %U, %D alike) stand for the key, its local part
 * and its domain, %1 to %9 for the labels of the domain from the last one on. In a
 * result format, %s, %u and %d stand for the value that was found, the others for the
 * key. %% is a percent sign.
 */
enum map_template_use { MAP_TEMPLATE_QUERY, MAP_TEMPLATE_RESULT };

/*
 * What the templates of one table, all together, need a key or a value to have: one
 * that has it not is not looked up, or passed over. Begins zeroed.
 */
struct map_template_needs {
    bool key_user;
    bool key_domain;
    bool value_user;
    bool value_domain;
    unsigned labels;
};

struct map_template_piece {
    char kind;        /* 0: the text; else the letter or digit of the expansion */
    const char *text; /* `len` bytes */
    size_t len;
};

struct map_template {
    struct map_template_piece *pieces;
    size_t count;
    bool fixed; /* no expansion in it */
};

/*
 * Takes `len` bytes of text apart, and adds to *needs what its expansions need. The
 * pieces live in the arena. false with "what is wrong" in *error_r.
 */
bool map_template_parse(struct map_template *template_r, const char *text, size_t len,
                        enum map_template_use use, struct map_template_needs *needs,
                        struct arena *arena, struct buf *error_r);

/*
 * Does the key have what the templates need? With %u a local part that is not empty;
 * with %d or a label a domain, of so many labels. (A key without "@" is all local
 * part.)
 */
bool map_template_takes_key(const struct map_template_needs *needs, const char *key);

/* The same for a value and a result format; an empty value is never taken. */
bool map_template_takes_value(const struct map_template_needs *needs,
                              const char *value);

/* Appends a text to the query, made harmless for its language. */
typedef void map_template_quote(struct buf *out, const char *text, size_t len);

/*
 * Appends the expansion. `key` and `value` are ones that were taken; `value` is NULL
 * for a query. Every text that is put in goes through `quote`; NULL: as it is.
 */
void map_template_expand(const struct map_template *template, const char *key,
                         const char *value, map_template_quote *quote, struct buf *out);

#endif
