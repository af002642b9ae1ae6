/* SPDX-License-Identifier: BSD-2-Clause */
/* format.h - the file formats that import reads and export writes. */
#ifndef SENDAS_CTL_FORMAT_H
#define SENDAS_CTL_FORMAT_H

#include <stdbool.h>

#include "ctl/options.h"
#include "ctl/source.h"

struct format;

/* Reads `file` ("-": standard input) and imports it; returns an exit status. */
typedef int format_import(const struct options *options, const struct format *format,
                          const char *file);

/* One row a format. */
struct format {
    const char *name;
    const char *description; /* one line */
    bool exported;           /* does export write it, too? */
    uint64_t options;        /* OPTION_BIT()s of import that make sense for it */
    format_import *import;
    source_read *read; /* of the text formats with accounts */
};

/* The formats in the order of the manual; ends with a row whose name is NULL. */
extern const struct format formats[];

/* The format of this name, of those that export writes if `exported`. NULL after a
 * complaint. */
const struct format *format_find(const char *name, bool exported);

/* The rows' import functions, each in a file of its own. */
format_import import_grants;   /* Postfix's table of senders, and ours */
format_import import_accounts; /* whatever has a `read` */
format_import import_sasldb;   /* a sasldb2, or the dump of one */
format_import import_sqlite;   /* a table of an SQLite database */

#endif
