/* SPDX-License-Identifier: BSD-2-Clause */
/* map_reload.h - the content of a file, read anew when the file is another one.
 *
 * The file is looked at (one stat) at each use, and read anew when it is another one
 * than before and has been quiet for a second: who writes it in place is not read half
 * way through. One thread reads, the others go on with the earlier content, which also
 * stays when the new one is bad.
 */
#ifndef SENDAS_MAP_MAP_RELOAD_H
#define SENDAS_MAP_MAP_RELOAD_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "map/map.h"

/* What is made of the file. Nobody changes a content once it is there. */
struct map_reload_class {
    /* Reads the file (map_lines_load() fills *stat_r). NULL with a line in *error_r. */
    void *(*load)(const char *path, enum map_use use, const struct map_site *site,
                  struct stat *stat_r, struct buf *error_r);
    void (*destroy)(void *content); /* NULL is allowed */
    size_t (*count)(const void *content);
    const char *one; /* what is counted: "entry" */
    const char *many;
};

struct map_reload;

/* Reads the file for the first time. NULL with a line in *error_r. */
struct map_reload *map_reload_create(const struct map_reload_class *class,
                                     const char *path, enum map_use use,
                                     const struct map_site *site, struct buf *error_r);

/* Nobody may be using it; NULL is allowed. */
void map_reload_destroy(struct map_reload *reload);

/* A content in use. */
struct map_content {
    void *content;
    unsigned users; /* who took it, and one for being the current one */
};

/* The content as it is now, after a look at the file; to be given back. Any thread. */
struct map_content *map_reload_take(struct map_reload *reload);
void map_reload_give(struct map_reload *reload, struct map_content *content);

#endif
