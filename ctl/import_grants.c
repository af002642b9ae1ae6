/* SPDX-License-Identifier: BSD-2-Clause */
/* import_grants.c - a Postfix table, or what export writes, into the grants file. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/format.h"
#include "ctl/input.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "ctl/site.h"
#include "ctl/when.h"
#include "map/map_lines.h"

enum {
    WRONG_SHOWN_MAX = 20, /* wrong lines of which each is told */
    PROGRESS_EVERY = 5000 /* grants */
};

/* One login of one entry: a grant, or the member of a group. */
struct row {
    struct row *next;
    struct store_grant grant;
    const char *group; /* whose member grant.login is; NULL: it is a grant */
};

/* What a file says, read whole before anything is granted. */
struct import {
    struct site *site;
    bool extended;    /* the format is ours: lines that begin with "!" are more */
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

/* `like`: all but the login. */
static bool row_add(struct import *import, const struct row *like, const char *login)
{
    struct row *row = arena_alloc(&import->site->arena, sizeof(*row));

    if (row == NULL)
        return false;
    *row = *like;
    row->grant.login = login;
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
                              const struct row *like)
{
    static const char separators[] = ", \t\r\n\v\f";
    const struct conf *conf = import->site->conf;
    struct arena *arena = &import->site->arena;
    size_t rows = import->rows;

    for (size_t len; *value != '\0'; value += len) {
        const char *why = "out of memory";
        const char *word, *login = NULL;

        value += strspn(value, separators);
        len = strcspn(value, separators);
        if (len == 0)
            continue;
        word = arena_strndup(arena, value, len);
        if (word != NULL)
            login = import->extended ? owner_read(word, conf, arena, &why)
                                     : login_read(word, conf, arena, &why);
        if (login == NULL)
            return why;
        if (!row_add(import, like, login))
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

/* What "!RIGHT[,until=TIME]" or "!group" says; NULL, or what is wrong with it. */
static const char *marks_read(char *text, struct row *like, bool *group_r)
{
    char *until = strchr(text, ',');
    int right = 0;

    if (until != NULL)
        *until++ = '\0';
    *group_r = strcmp(text, "!group") == 0;
    if (!*group_r && !names_value(store_right_names, text + 1, &right))
        return "expected !send-as, !on-behalf, !resend, !deny or !group";
    if (until != NULL && (*group_r || strncmp(until, "until=", 6) != 0 ||
                          !when_read_utc(until + 6, &like->grant.expires)))
        return "expected until=YYYY-MM-DDTHH:MM:SSZ behind the right";
    like->grant.right = (enum store_right)right;
    return NULL;
}

/* The rows of one logical line; NULL, or what is wrong with it. */
static const char *entry_read(struct import *import, char *text)
{
    struct arena *arena = &import->site->arena;
    struct row like = {.grant.right = STORE_SEND_AS};
    bool group = false;
    const char *why = NULL;
    char *value;

    if (!entry_split(text, &value, &why))
        return why;
    if (import->extended && text[0] == '!') {
        why = marks_read(text, &like, &group);
        text = value + strspn(value, " \t");
        if (why != NULL || !entry_split(text, &value, &why))
            return why;
    }
    if (group)
        like.group = group_read(text, arena, &why);
    else
        like.grant.address = key_read(text, &import->site->rules, arena, &why);
    if (like.group == NULL && like.grant.address == NULL)
        return why;
    return logins_add(import, value, &like);
}

static void entry_add(struct import *import, char *text, unsigned line)
{
    const char *why = entry_read(import, text);

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
        switch (row->group != NULL
                    ? store_member_add(store, row->group, row->grant.login, error_r)
                    : store_grant(store, &row->grant, error_r)) {
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

    import.extended = strcmp(format->name, "sendas") == 0;
    if (site_init(&site, options) && input_read(file, &text) &&
        text_import(&import, &text))
        status = rows_import(&import);
    buf_finish(&text);
    site_finish(&site);
    return status;
}
