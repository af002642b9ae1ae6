/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/postconf_run.h"

#include "ctl/tool.h"

enum {
    OUTPUT_MAX = 4 * 1024 * 1024, /* a large master.cf makes some 100 kB */
    SECONDS_MAX = 30
};

/* Runs it once with these options and hands its output to `take`. */
static bool postconf_ask(struct postconf *postconf, const char *dir, const char *mode,
                         bool (*take)(struct postconf *, const char *, size_t,
                                      struct buf *),
                         struct buf *error_r)
{
    char name[] = "postconf", config[] = "-c";
    char *argv[] = {name, arena_strdup(postconf->arena, mode), NULL, NULL, NULL};
    const struct tool tool = {argv, "Postfix", OUTPUT_MAX, SECONDS_MAX};
    struct buf text = BUF_INIT;
    bool done;

    if (dir != NULL) {
        argv[2] = config;
        argv[3] = arena_strdup(postconf->arena, dir);
    }
    if (postconf->arena->failed) {
        buf_adds(error_r, "postconf: out of memory");
        return false;
    }
    done = tool_run(&tool, &text, error_r) &&
           take(postconf, text.len != 0 ? text.data : "", text.len, error_r);
    buf_finish(&text);
    return done;
}

bool postconf_load(struct postconf *postconf, const char *dir, struct buf *error_r)
{
    /* -x: with the settings that a value names in their place. */
    return postconf_ask(postconf, dir, "-x", postconf_read_settings, error_r) &&
           postconf_ask(postconf, dir, "-Px", postconf_read_settings, error_r) &&
           postconf_ask(postconf, dir, "-M", postconf_read_services, error_r);
}
