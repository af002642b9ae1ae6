/* SPDX-License-Identifier: BSD-2-Clause */
/* sendmail_cf.h - the lines of a sendmail.cf that say who is asked about mail. */
#ifndef SENDAS_CTL_SENDMAIL_CF_H
#define SENDAS_CTL_SENDMAIL_CF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* Xname, S=..., F=..., T=...: strings are never NULL. */
struct sendmail_filter {
    const char *name;
    const char *address; /* S= */
    const char *flags;   /* F= */
};

/* O DaemonPortOptions=...: strings are never NULL but where said. */
struct sendmail_daemon {
    const char *name;
    const char *modifiers; /* M= */
    const char *filters;   /* InputFilters=, NULL: those that all have */
};

enum { SENDMAIL_FILTERS_MAX = 64, SENDMAIL_DAEMONS_MAX = 64 };

/* A zeroed one with `arena` set, which all strings live in, is ready to be read. */
struct sendmail_cf {
    struct arena *arena;
    struct sendmail_filter filters[SENDMAIL_FILTERS_MAX];
    size_t filter_count;
    struct sendmail_daemon daemons[SENDMAIL_DAEMONS_MAX];
    size_t daemon_count;
    const char *input_filters; /* O InputMailFilters=, NULL: none */
    const char *auth_options;  /* O AuthOptions=, NULL: none */
    const char *version;       /* DZ, NULL: it does not say */
};

/*
 * Reads the file; without any DaemonPortOptions it has the one daemon that sendmail has
 * then. false: one line in *error_r. Memory that ran out shows in the arena.
 */
bool sendmail_cf_read(struct sendmail_cf *cf, const char *path, struct buf *error_r);

/*
 * The next name in a list of filters, which are parted by commas, semicolons or blanks;
 * *list goes behind it. NULL: there is none.
 */
const char *sendmail_filter_next(const struct sendmail_cf *cf, const char **list);

/* The filter of this name, NULL: none. */
const struct sendmail_filter *sendmail_filter_find(const struct sendmail_cf *cf,
                                                   const char *name);

#endif
