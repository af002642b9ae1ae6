/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_show(const char *what, size_t done, size_t all)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu %s%s", done, all, what, done == all ? "\n" : "");
}
