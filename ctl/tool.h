/* SPDX-License-Identifier: BSD-2-Clause */
/* tool.h - runs a program of the system and reads what it prints. */
#ifndef SENDAS_CTL_TOOL_H
#define SENDAS_CTL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What to run, and when to give up. */
struct tool {
    char *const *argv;   /* argv[0] is looked up in PATH; ends with NULL */
    const char *package; /* what is to be installed when it is missing */
    size_t output_max;   /* bytes */
    unsigned seconds_max;
};

/*
 * Runs it, without a shell and without standard input, to its end. What it prints is
 * appended to *out_r, as a secret (base/secret.h). false: one line in *error_r that
 * begins with its name - it cannot be run, fails, takes too long, says too much.
 */
bool tool_run(const struct tool *tool, struct buf *out_r, struct buf *error_r);

#endif
