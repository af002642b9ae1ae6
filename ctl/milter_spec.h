/* SPDX-License-Identifier: BSD-2-Clause */
/* milter_spec.h - the value of Postfix's smtpd_milters, read into its parts (pure). */
#ifndef SENDAS_CTL_MILTER_SPEC_H
#define SENDAS_CTL_MILTER_SPEC_H

#include <stdbool.h>

#include "base/arena.h"
#include "conf/endpoint.h"

/* One filter of the list; strings live in the arena. */
struct milter_spec {
    const char *address;        /* "unix:PATH", "inet:HOST:PORT" */
    const char *default_action; /* its own, NULL if none is given */
    const char *protocol;
};

/*
 * Reads the next filter of a list: separated by blanks or commas, with options of its
 * own as { ADDRESS, name=value, ... }. *list is moved on. false at the end of the list,
 * and when memory ran out (arena->failed).
 */
bool milter_spec_next(const char **list, struct arena *arena,
                      struct milter_spec *spec_r);

/*
 * The path of a filter's Unix socket as a process outside of any jail sees it: smtpd
 * starts in its queue directory, which is also its jail when it is chrooted. NULL: no
 * Unix socket, or out of memory.
 */
const char *milter_spec_path(const struct milter_spec *spec, const char *queue,
                             bool chrooted, struct arena *arena);

/*
 * Does a filter that listens at `endpoint` answer there, by the text alone? Host names
 * are not looked up: one that is no number counts as ours when the port is ours.
 */
bool milter_spec_reaches(const struct milter_spec *spec, const char *queue,
                         bool chrooted, const struct endpoint *endpoint,
                         struct arena *arena);

/*
 * What to write into smtpd_milters for the endpoint, in the arena. NULL: a chrooted
 * smtpd cannot reach it, or out of memory.
 */
const char *milter_spec_for(const struct endpoint *endpoint, const char *queue,
                            bool chrooted, struct arena *arena);

#endif
