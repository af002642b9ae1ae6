/* SPDX-License-Identifier: BSD-2-Clause */
/* import_grants.c - a Postfix table into the grants file. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/format.h"
#include "ctl/input.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "ctl/site.h"
#include "map/map_lines.h"

enum {
    WRONG_SHOWN_MAX = 20, /* wrong lines of which each is told */
    PROGRESS_EVERY = 5000 /* grants */
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

/* --- reading --- */

static void wrong_add(struct import *import, unsigned line, const char *why,
                      const char *text)
{
    if (import->wrong++ < WRONG_SHOWN_MAX)
        complain("%s:%u: %s: \"%.200s\"", import->name, line, why, text);
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

/* Takes one logical line apart in place; *why_r says what is wrong with it. */
static bool entry_split(char *text, char **value_r, const char **why_r)
{
    bool quoted = false;
    char *p = text;

    if (map_lines_blank(*text)) {
        *why_r = "the line begins with a blank, but there is none to go on with";
        return false;
    }
    /* The key ends at the first blank outside of quotes. */
    for (; *p != '\0' && (quoted || !map_lines_blank(*p)); p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            quoted = !quoted;
    }
    if (*p != '\0')
        *p++ = '\0';
    *value_r = p;
    return true;
}

static void entry_add(struct import *import, char *text, unsigned line)
{
    const char *why = NULL;
    const char *address = NULL;
    char *value;

    if (entry_split(text, &value, &why))
        address = key_read(text, &import->site->rules, &import->site->arena, &why);
    if (address != NULL)
        why = logins_add(import, value, address);
    if (why != NULL)
        wrong_add(import, line, why, text);
}

/* false after a complaint: not a single line may be wrong. */
static bool text_import(struct import *import, const struct buf *text)
{
    struct map_lines lines = {.at = buf_str(text)};
    struct buf entry = BUF_INIT;
    unsigned line = 0;
    bool failed = false;

    while (!failed && map_lines_next(&lines, &entry, &line)) {
        failed = entry.failed;
        if (!failed)
            entry_add(import, entry.data, line);
        failed = failed || import->site->arena.failed;
    }
    buf_finish(&entry);
    if (failed)
        complain("%s: out of memory", import->name);
    else if (import->wrong > WRONG_SHOWN_MAX)
        complain("%s: %zu lines are wrong; nothing was imported", import->name,
                 import->wrong);
    return !failed && import->wrong == 0;
}

/* --- granting --- */

static bool rows_grant(struct import *import, struct store *store, struct buf *error_r)
{
    size_t done = 0;

    for (const struct row *row = import->first; row != NULL; row = row->next) {
        const struct store_grant grant = {
            .right = STORE_SEND_AS, .login = row->login, .address = row->address};

        switch (store_grant(store, &grant, error_r)) {
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
            progress_show("grants", done, import->rows);
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

int import_grants(const struct options *options, const struct format *format,
                  const char *file)
{
    struct site site;
    struct import import = {.site = &site, .name = input_name(file)};
    struct buf text = BUF_INIT;
    int status = EXIT_WRONG;

    (void)format;
    if (site_init(&site, options) && input_read(file, &text) &&
        text_import(&import, &text))
        status = rows_import(&import);
    buf_finish(&text);
    site_finish(&site);
    return status;
}
