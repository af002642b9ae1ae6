/* SPDX-License-Identifier: BSD-2-Clause */
/* program.h - what the command lines and the starts of our daemons have in common. */
#ifndef SENDAS_PROG_PROGRAM_H
#define SENDAS_PROG_PROGRAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "conf/conf_head.h"

enum { EXIT_USAGE = 2 }; /* wrong usage or configuration */

/* All texts are static. */
struct program {
    const char *name;
    const char *summary;        /* a sentence for --help */
    const char *signals;        /* a sentence on what SIGHUP and SIGTERM do */
    const char *manuals;        /* as in "sendas-milter(8) and sendas.conf(5)" */
    const char *default_config; /* path of the configuration */
};

struct program_options {
    const char *config;
    bool daemon;
};

/*
 * Reads -c FILE, -d, -V and -h with their long names. Returns -1 to go on with
 * *options_r, else the exit status: help or version were printed, or what is wrong.
 */
int program_options(const struct program *program, int argc, char **argv,
                    struct program_options *options_r);

/*
 * To be called when the configuration is loaded, before there are threads: makes the
 * path of the configuration absolute, goes into the background if that was asked for,
 * and opens the log. false: it was said why.
 */
bool program_begin(const struct program *program, struct program_options *options,
                   enum log_to log_to, int log_facility);

/*
 * Logs why the start has failed, and tells whoever waits at a terminal for the daemon
 * to be ready.
 */
void program_complain(const struct program *program,
                      const struct program_options *options, const struct buf *error);

#endif
