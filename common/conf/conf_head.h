/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_head.h - what every loaded configuration has, whichever file it came from. */
#ifndef SENDAS_CONF_CONF_HEAD_H
#define SENDAS_CONF_CONF_HEAD_H

#include "base/arena.h"

/* Upper bound of the number of settings of one file. */
enum { CONF_ROWS_MAX = 96 };

enum log_to { LOG_TO_AUTO, LOG_TO_STDERR, LOG_TO_SYSLOG };

struct conf_kind; /* conf_table.h */

/*
 * The first member of each struct that a file is loaded into: every setting has its
 * value, defaults included. Strings live in `arena`; strings are never NULL, "" means
 * not set.
 */
struct conf_head {
    const struct conf_kind *kind;
    struct arena arena;
    const char *path;         /* "" when just the defaults were set */
    int lines[CONF_ROWS_MAX]; /* where each setting begins, 0: not in the file */
};

#endif
