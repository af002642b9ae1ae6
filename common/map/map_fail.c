/* SPDX-License-Identifier: BSD-2-Clause */
/* map_fail.c - "fail:text": a table that can never answer, to see what happens then. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "map/map.h"

static void *fail_open(const char *name, enum map_use use, const struct map_site *site,
                       struct buf *error_r)
{
    char *text = strdup(name);

    (void)use;
    (void)site;
    if (text == NULL)
        buf_adds(error_r, "out of memory");
    return text;
}

static enum answer fail_lookup(void *state, const char *key,
                               const struct map_trace *trace, struct arena *arena,
                               struct strlist *values_r, struct buf *error_r)
{
    (void)state;
    (void)key;
    (void)trace;
    (void)arena;
    (void)values_r;
    buf_adds(error_r, "this map always fails");
    return ANSWER_UNKNOWN;
}

const struct map_type map_fail = {
    .open = fail_open,
    .lookup = fail_lookup,
    .close = free,
};
