/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/site.h"

/* The entry that is being made: its address, "" before the first. */
struct export
{
    struct buf address;
    struct buf line;
    bool failed;
};

/* The beginning of an entry: the address, quoted where the line would else be read as a
 * comment, and a blank. */
static void key_add(struct buf *out, const char *address)
{
    const char *at = strrchr(address, '@');

    if (address[0] == '#' && at != NULL)
        buf_addf(out, "\"%.*s\"%s ", (int)(at - address), address, at);
    else
        buf_addf(out, "%s ", address);
}

/* Could the row be read back? `grant' and `import' let no other into the file. */
static bool row_writable(const struct store_grant *grant)
{
    for (const char *p = grant->address; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ')
            return false;
    }
    for (const char *p = grant->login; *p != '\0'; p++) {
        if ((unsigned char)*p <= ' ' || *p == ',')
            return false;
    }
    return grant->address[0] != '\0' && grant->login[0] != '\0';
}

/* A store_grant_visit: rows come in order of address. */
static bool row_export(const struct store_grant *grant, void *arg)
{
    struct export *export = arg;

    if (!row_writable(grant)) {
        complain("a Postfix table cannot hold the grant of %.200s to %.200s",
                 grant->address, grant->login);
        export->failed = true;
        return false;
    }
    if (export->line.len != 0 &&
        strcmp(buf_str(&export->address), grant->address) == 0) {
        printf(",%s", grant->login);
        return !ferror(stdout);
    }
    if (export->line.len != 0)
        putchar('\n');
    buf_clear(&export->address);
    buf_adds(&export->address, grant->address);
    buf_clear(&export->line);
    key_add(&export->line, grant->address);
    printf("%s%s", buf_str(&export->line), grant->login);
    export->failed = export->line.failed || export->address.failed;
    if (export->failed)
        complain("out of memory");
    return !export->failed && !ferror(stdout);
}

static int rows_export(struct site *site)
{
    struct store *store = site_store_open(site, STORE_READ);
    struct export export = {.address = BUF_INIT, .line = BUF_INIT};
    struct buf error = BUF_INIT;
    bool done =
        store != NULL && store_visit(store, NULL, NULL, row_export, &export, &error);

    complain_lines(buf_str(&error));
    if (export.line.len != 0)
        putchar('\n');
    buf_finish(&error);
    buf_finish(&export.address);
    buf_finish(&export.line);
    store_close(store);
    return done && !export.failed ? EXIT_DONE : EXIT_FAILED;
}

int cmd_export(const struct options *options, int count, char **words)
{
    struct site site;
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (options_has(options, OPTION_TO) &&
        format_find(options->value[OPTION_TO], true) == NULL)
        return EXIT_WRONG;
    if (site_init(&site, options))
        status = rows_export(&site);
    site_finish(&site);
    return status;
}
