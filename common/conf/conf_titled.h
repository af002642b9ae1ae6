/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_titled.h - blocks with a title, as rule "NAME" { ... }: what stands in them. */
#ifndef SENDAS_CONF_CONF_TITLED_H
#define SENDAS_CONF_CONF_TITLED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "conf/conf_head.h"
#include "conf/conf_table.h"

/* Is that the name of titled blocks? NULL is not. */
bool conf_block_titled(const struct conf_kind *kind, const char *block);

/* Is it a setting of a titled block's own, so that its field is in the item? */
bool conf_row_titled(const struct conf_kind *kind, const struct conf_row *row);

/* Is it a setting of the top level that may stand in a titled block, too? */
bool conf_row_shared(const struct conf_kind *kind, const struct conf_row *row);

/* How many titled blocks there are, and the nth, from 0: in sendas.conf a rule. */
size_t conf_titled_count(const struct conf_head *conf);
const void *conf_titled_item(const struct conf_head *conf, size_t n);

/* The field, in an item, of a row that may stand in a titled block. */
const void *conf_titled_field(const struct conf_kind *kind, const struct conf_row *row,
                              const void *item);

/* The line where this very block has the setting, 0 if it has not. */
int conf_titled_line(const struct conf_head *conf, const void *item, const char *name);

/*
 * Appends where the block has its setting, to begin a message: `FILE:LINE: rule "NAME":
 * SETTING: `. Where the block begins if it leaves the setting out, or without a setting
 * (name NULL): `FILE:LINE: rule "NAME": `.
 */
void conf_titled_where(const struct conf_head *conf, const void *item, const char *name,
                       struct buf *out);

/* The title of a block, as it was given. */
const char *conf_titled_title(const struct conf_head *conf, const void *item);

/* Appends `rule "NAME"`, for messages. */
void conf_titled_name(const struct conf_head *conf, const void *item, struct buf *out);

/* Appends all blocks as a file that would load the same. */
void conf_titled_print(const struct conf_head *conf, struct buf *out);

/* --- for the loader --- */

/* Where the blocks of a file begin, in order. */
struct conf_title {
    const char *name;
    int line;
};
struct conf_titles {
    struct conf_title *items; /* in the arena of the file */
    size_t count, cap;
};

/* Makes the array of items, with names and lines, and nothing set. false: out of
 * memory. */
bool conf_titled_create(struct conf_head *conf, const struct conf_titles *titles);

/* Notes the line where the nth block has a setting, the first one if it is a list. */
void conf_titled_note(struct conf_head *conf, size_t n, const struct conf_row *row,
                      int line);

/* Gives each block what it left out, once the top level is complete: the top level's,
 * or "" for a text of its own. */
void conf_titled_inherit(struct conf_head *conf);

#endif
