/* SPDX-License-Identifier: BSD-2-Clause */
/* format.h - the file formats that import reads and export writes. */
#ifndef SENDAS_CTL_FORMAT_H
#define SENDAS_CTL_FORMAT_H

#include <stdbool.h>

/* Is it the name of a format (so far "postfix", postmap(1))? false after a complaint.
 */
bool format_check(const char *name);

#endif
