/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_scan.h - is the text of a configuration file well formed, and where is it not?
 */
#ifndef SENDAS_CONF_CONF_SCAN_H
#define SENDAS_CONF_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"

/*
 * Checks quotes, comments, blocks, and that each setting is known, has the right shape
 * (one value or a list) and is given once, as the rows of `kind` say. libconfuse sees
 * the text only after that, because by itself it takes an unclosed block or comment for
 * the end of the file, miscounts lines behind comments, expands ${NAME} from the
 * environment, and keeps the state of its lexer from one broken file to the next.
 *
 * `text` is changed in place: comments become blanks. `path` is for the messages. On
 * false *error_r holds a line "PATH:LINE: ..." for each problem. The titled blocks are
 * in *titles_r, in the arena.
 */
bool conf_scan(const struct conf_kind *kind, const char *path, char *text, size_t len,
               struct arena *arena, struct conf_titles *titles_r, struct buf *error_r);

#endif
