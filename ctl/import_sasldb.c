/* SPDX-License-Identifier: BSD-2-Clause */
/* import_sasldb.c - a sasldb2, by db_dump where it is a Berkeley DB still. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "ctl/command.h"
#include "ctl/import_accounts.h"
#include "ctl/input.h"
#include "ctl/output.h"
#include "ctl/tool.h"

enum { DUMP_MAX = 256 << 20, DUMP_SECONDS_MAX = 300 };

/* Has db_dump print the file. false after a complaint. */
static bool dump_run(const char *file, struct buf *text_r)
{
    char name[] = "db_dump", print[] = "-p", end[] = "--";
    char *path = strdup(file);
    char *argv[] = {name, print, end, path, NULL};
    const struct tool tool = {argv, "db-util", DUMP_MAX, DUMP_SECONDS_MAX};
    struct buf error = BUF_INIT;
    bool done = path != NULL && tool_run(&tool, text_r, &error);

    if (!done)
        complain("%s: %s", file, path != NULL ? buf_str(&error) : "out of memory");
    buf_finish(&error);
    free(path);
    return done && input_check(file, text_r);
}

/* Reads the dump that the file is, or else makes one of it. */
static bool dump_read(const char *file, struct buf *text_r)
{
    struct buf bytes = BUF_INIT;
    bool done = input_read_bytes(file, &bytes);
    bool known = done && source_sasldb_known(buf_str(&bytes));

    if (done && (known || strcmp(file, "-") == 0)) {
        secret_finish(text_r);
        *text_r = bytes;
        return input_check(file, text_r);
    }
    secret_finish(&bytes);
    return done && dump_run(file, text_r);
}

int import_sasldb(const struct options *options, const struct format *format,
                  const char *file)
{
    struct account_import import = {.options = options};
    struct buf where = BUF_INIT, text = BUF_INIT;
    int status = EXIT_WRONG;

    buf_addf(&where, "%s:", input_name(file));
    if (account_import_begin(&import, options, buf_str(&where)) &&
        dump_read(file, &text) && account_import_read(&import, format, &text))
        status = account_import_store(&import);
    account_import_finish(&import);
    secret_finish(&text);
    buf_finish(&where);
    return status;
}
