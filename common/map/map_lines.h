/* SPDX-License-Identifier: BSD-2-Clause */
/* map_lines.h - text files made of Postfix's logical lines. */
#ifndef SENDAS_MAP_MAP_LINES_H
#define SENDAS_MAP_MAP_LINES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"

/*
 * Reads a regular file of at most 64 MiB without any NUL into *content_r (empty
 * before); *stat_r (may be NULL) is what the file was before its first byte was read.
 * false with one line in *error_r.
 */
bool map_lines_load(const char *path, struct buf *content_r, struct stat *stat_r,
                    struct buf *error_r);

/* A walk over a text. Begin with the text and line 0. */
struct map_lines {
    const char *at;
    unsigned line; /* how many line ends lie behind us */
};

/*
 * The next logical line, in *text_r (cleared before): a line that begins with a blank
 * continues the one before, without the line end between them; empty lines and lines
 * whose first byte that is no blank is "#" count for nothing, even between a line and
 * its continuation. Blanks at the end are cut off. *line_r is where it begins, from 1.
 * A text that begins with a blank is a continuation of nothing: the caller's error.
 * false: no more.
 */
bool map_lines_next(struct map_lines *lines, struct buf *text_r, unsigned *line_r);

/* Is the byte a blank to Postfix, that is, isspace(3) in the C locale? */
bool map_lines_blank(char c);

#endif
