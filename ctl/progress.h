/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.h - how far a long command is, for whoever watches it. */
#ifndef SENDAS_CTL_PROGRESS_H
#define SENDAS_CTL_PROGRESS_H

#include <stddef.h>

/* One line on a terminal, written over and over, as in "5000 of 12000 grants"; nothing
 * elsewhere. With done == all it ends. */
void progress_show(const char *what, size_t done, size_t all);

#endif
