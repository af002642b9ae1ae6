/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/postfix_table.h"
#include "ctl/site.h"

enum {
    WRONG_SHOWN_MAX = 20,     /* wrong lines of which each is told */
    PROGRESS_EVERY = 5000,    /* grants */
    FILE_SIZE_MAX = 256 << 20 /* bytes; a million rows take about 60 MiB */
};

/* One login of one entry. */
struct row {
    struct row *next;
    const char *login;
    const char *address;
};

/* What a file says, read whole before anything is granted. */
struct import {
    struct site *site;
    const char *name; /* of the file, for complaints */
    struct row *first;
    struct row *last;
    size_t rows;
    size_t wrong; /* lines */
    size_t added; /* grants */
    size_t stood;
};

static bool format_check(const struct options *options, enum option_id id, bool needed)
{
    const char *format = options->value[id];

    if (format == NULL && needed)
        complain("option --%s is missing: --%s postfix", option_rows[id].name,
                 option_rows[id].name);
    else if (format != NULL && strcmp(format, "postfix") != 0)
        complain("unknown format %s; expected postfix", format);
    else
        return true;
    return false;
}

/* --- reading --- */

static bool stream_read(FILE *file, const char *name, struct buf *text_r)
{
    char block[65536];
    size_t got;

    while ((got = fread(block, 1, sizeof(block), file)) != 0) {
        buf_add(text_r, block, got);
        if (text_r->failed || text_r->len > FILE_SIZE_MAX) {
            complain("%s: %s", name, text_r->failed ? "out of memory" : "over 256 MiB");
            return false;
        }
    }
    if (!ferror(file))
        return true;
    complain("%s: %s", name, strerror(errno));
    return false;
}

static bool file_read(const char *path, const char *name, struct buf *text_r)
{
    bool standard_input = strcmp(path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(path, "re");
    bool done;

    if (file == NULL) {
        complain("%s: %s", name, strerror(errno));
        return false;
    }
    done = stream_read(file, name, text_r);
    if (!standard_input)
        fclose(file);
    return done;
}

static void wrong_add(struct import *import, const struct postfix_entry *entry,
                      const char *why)
{
    if (import->wrong++ < WRONG_SHOWN_MAX)
        complain("%s:%zu: %s: \"%.200s\"", import->name, entry->line, why, entry->key);
}

static bool row_add(struct import *import, const char *login, const char *address)
{
    struct row *row = arena_alloc(&import->site->arena, sizeof(*row));

    if (row == NULL)
        return false;
    *row = (struct row){.login = login, .address = address};
    if (import->last != NULL)
        import->last->next = row;
    else
        import->first = row;
    import->last = row;
    import->rows++;
    return true;
}

/* Adds a row for each login of the value; NULL, or what is wrong with one of them. */
static const char *logins_add(struct import *import, const char *value,
                              const char *address)
{
    static const char separators[] = ", \t\r\n\v\f";
    struct arena *arena = &import->site->arena;
    size_t rows = import->rows;

    for (size_t len; *value != '\0'; value += len) {
        const char *why = "out of memory";
        const char *word, *login;

        value += strspn(value, separators);
        len = strcspn(value, separators);
        if (len == 0)
            continue;
        word = arena_strndup(arena, value, len);
        login = word != NULL ? login_read(word, import->site->conf, arena, &why) : NULL;
        if (login == NULL)
            return why;
        if (!row_add(import, login, address))
            return "out of memory";
    }
    return import->rows != rows ? NULL : "expected ADDRESS LOGIN[,LOGIN...]";
}

static void entry_add(struct import *import, const struct postfix_entry *entry)
{
    const char *why = entry->wrong;
    const char *address = NULL;

    if (why == NULL)
        address =
            key_read(entry->key, &import->site->rules, &import->site->arena, &why);
    if (address != NULL)
        why = logins_add(import, entry->value, address);
    if (why != NULL)
        wrong_add(import, entry, why);
}

/* false after a complaint: not a single line may be wrong. */
static bool text_import(struct import *import, const struct buf *text)
{
    struct postfix_table table;
    struct postfix_entry entry;
    bool failed;

    postfix_table_init(&table, buf_str(text), text->len);
    while (postfix_table_next(&table, &entry) && !import->site->arena.failed)
        entry_add(import, &entry);
    failed = table.entry.failed || import->site->arena.failed;
    postfix_table_finish(&table);
    if (failed)
        complain("%s: out of memory", import->name);
    else if (import->wrong > WRONG_SHOWN_MAX)
        complain("%s: %zu lines are wrong; nothing was imported", import->name,
                 import->wrong);
    return !failed && import->wrong == 0;
}

/* --- granting --- */

/* One line on a terminal, written over and over; nothing elsewhere. */
static void progress_show(const struct import *import, size_t done)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu grants%s", done, import->rows,
                done == import->rows ? "\n" : "");
}

static bool rows_grant(struct import *import, struct store *store, struct buf *error_r)
{
    size_t done = 0;

    for (const struct row *row = import->first; row != NULL; row = row->next) {
        switch (store_grant(store, row->login, row->address, error_r)) {
        case ANSWER_UNKNOWN:
            return false;
        case ANSWER_YES:
            import->added++;
            break;
        case ANSWER_NO:
            import->stood++;
            break;
        }
        if (++done % PROGRESS_EVERY == 0 || done == import->rows)
            progress_show(import, done);
    }
    return true;
}

static int rows_import(struct import *import)
{
    struct store *store = site_store_open(import->site, STORE_WRITE);
    struct buf error = BUF_INIT;
    bool done = store != NULL && store_begin(store, &error);

    if (done && !(rows_grant(import, store, &error) && store_commit(store, &error))) {
        store_rollback(store);
        done = false;
    }
    if (done)
        printf("%zu grants imported, %zu stood already\n", import->added,
               import->stood);
    else
        complain_lines(buf_str(&error));
    buf_finish(&error);
    store_close(store);
    return done ? EXIT_DONE : EXIT_FAILED;
}

int cmd_import(const struct options *options, int count, char **words)
{
    struct site site;
    struct import import = {.site = &site};
    struct buf text = BUF_INIT;
    int status = EXIT_WRONG;

    (void)count;
    import.name = strcmp(words[0], "-") == 0 ? "(standard input)" : words[0];
    if (!format_check(options, OPTION_FROM, true))
        return EXIT_WRONG;
    if (site_init(&site, options) && file_read(words[0], import.name, &text) &&
        text_import(&import, &text))
        status = rows_import(&import);
    buf_finish(&text);
    site_finish(&site);
    return status;
}

/* --- writing --- */

/* The entry that is being made: its address, "" before the first. */
struct export
{
    struct buf address;
    struct buf line;
    bool failed;
};

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
    postfix_table_add_key(&export->line, grant->address);
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
    if (!format_check(options, OPTION_TO, false))
        return EXIT_WRONG;
    if (site_init(&site, options))
        status = rows_export(&site);
    site_finish(&site);
    return status;
}
