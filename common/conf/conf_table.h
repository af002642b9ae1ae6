/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_table.h - every setting in one row: parsing, defaults, help and checks follow.
 */
#ifndef SENDAS_CONF_CONF_TABLE_H
#define SENDAS_CONF_CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/names.h"
#include "conf/conf_head.h"

enum conf_type {
    CONF_STRING, /* const char * */
    CONF_LIST,   /* struct strlist */
    CONF_BOOL,   /* bool */
    CONF_WORD,   /* int: one of `words` */
    CONF_OCTAL,  /* int: permission bits */
    CONF_NUMBER, /* int: `min` to `max` */
    CONF_TIME    /* int: seconds, `min` to `max`, with a unit as in "10m" */
};

/* When a changed value counts. */
enum conf_change { CONF_AT_RELOAD, CONF_AT_START };

struct conf_row {
    const char *block; /* name of the block that it stands in, NULL: top level */
    const char *name;
    enum conf_type type;
    enum conf_change change;
    size_t offset;                /* of its field in the struct of the file */
    const char *initial;          /* the default as text; a list's items by blanks */
    const struct name_row *words; /* CONF_WORD: what is allowed, the default first */
    int min, max;                 /* CONF_NUMBER, CONF_TIME */
    const char *expected;         /* of the others: what is allowed, in words */
    const char *description;      /* one line */
    /*
     * Is the text of one value (of one item of a list) allowed? false: a row's
     * `expected` is what the user is told, unless *why_r says it better. NULL: any text
     * is allowed.
     */
    bool (*check)(const char *text, struct buf *why_r);
};

/*
 * A block with a title that may stand in the file any number of times, as in
 * rule "NAME" { ... }. Each becomes one item of an array. The settings of its own are
 * the rows that name it as their block; their offsets are in the item, and they stand
 * for nothing when they are left out. Beside them, some of the top level may stand in
 * it: what it leaves out is the top level's, wherever that stands in the file.
 */
struct conf_titled {
    const char *block;        /* its name: "rule" */
    const char *reserved;     /* a title that means something else; NULL: none */
    size_t size;              /* of an item */
    size_t name, line, lines; /* in the item: const char *, int, const int * */
    size_t items, count;      /* in the struct of the file: the array and its length */
    size_t shared_from;       /* in the struct of the file: where those settings are, */
    size_t shared_size;       /* how many bytes, */
    size_t shared;            /* and where they are in the item */
};

enum { CONF_TITLED_MAX = 1000, CONF_TITLE_MAX = 80 /* bytes */ };

/* A kind of file: sendas.conf, authd.conf. */
struct conf_kind {
    const struct conf_row *rows; /* in the order of the manual; the last has no name */
    size_t size;                 /* of its struct, which begins with the head */
    const struct conf_titled *titled; /* NULL: it has none */
};

/*
 * Reads a configuration file, or sets just the defaults when `path` is NULL. Every
 * problem - unknown name, wrong type, bad value, a setting given twice - is one line
 * "FILE:LINE: what, and what was expected" in *error_r; NULL then. The result is the
 * head of the kind's struct, to be destroyed by the caller. From any thread, one after
 * the other: the parser keeps state of its own.
 */
struct conf_head *conf_kind_load(const struct conf_kind *kind, const char *path,
                                 struct buf *error_r);
void conf_head_destroy(struct conf_head *conf); /* NULL is allowed */

/*
 * The row of a setting, NULL if there is none; block is NULL for the top level. In a
 * titled block the shared settings of the top level are found, too.
 */
const struct conf_row *conf_row_find(const struct conf_kind *kind, const char *block,
                                     const char *name);

/* Is there a block of this name? */
bool conf_block_known(const struct conf_kind *kind, const char *block);

/* The name nearest to a misspelled one (in the same block), NULL if none is near. */
const char *conf_name_guess(const struct conf_kind *kind, const char *block,
                            const char *name);

/* Appends what the row allows, as in "reject, defer or log". */
void conf_allowed_format(const struct conf_row *row, struct buf *out);

/*
 * Appends the value of the row in `conf` as it is written in a file: `"reject"`,
 * `true`, `10m`, `{ "builtin", "file:/x" }`.
 */
void conf_value_format(const struct conf_row *row, const struct conf_head *conf,
                       struct buf *out);

/* The same of a field, wherever that is; and of any text, as a string in quotes. */
void conf_field_format(const struct conf_row *row, const void *field, struct buf *out);
void conf_quoted_format(const char *text, struct buf *out);

/*
 * Appends where the setting was given, to begin a message about its value with that
 * only its use can bring about: "FILE:LINE: NAME: ", or "FILE: NAME: " for a default.
 */
void conf_where(const struct conf_head *conf, const char *block, const char *name,
                struct buf *out);

/* Appends the whole table for people: name, default, allowed values, description. */
void conf_table_print(const struct conf_kind *kind, struct buf *out);

/* Appends a loaded configuration as a file that would load the same. */
void conf_print(const struct conf_head *conf, struct buf *out);

/*
 * Appends the names of the settings that differ and count only from the start on, as in
 * "listen, user". false: there are none. Both are of one kind.
 */
bool conf_restart_needed(const struct conf_head *running,
                         const struct conf_head *loaded, struct buf *out);

#endif
