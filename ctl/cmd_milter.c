/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_milter.c - what is asked of the running sendas-milter. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cache.h"
#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "ctl/when.h"
#include "prog/control.h"

enum { TIMEOUT_MS = 10000 };

/* Asks at the socket that the configuration names. Returns an exit status. */
static int milter_ask(struct site *site, const char *request, struct buf *reply_r)
{
    const char *path = site->conf->control;
    struct buf error = BUF_INIT;
    int status = EXIT_DONE;

    if (path[0] == '\0') {
        complain("control: the configuration names no socket of the running milter");
        return EXIT_WRONG;
    }
    if (!control_ask(path, request, TIMEOUT_MS, reply_r, &error)) {
        complain("sendas-milter: %s", buf_str(&error));
        status = EXIT_FAILED;
    }
    buf_finish(&error);
    return status;
}

/* --- lines of a reply --- */

/* Ends the line at `*text` and moves on to the next; NULL behind the last one. */
static char *line_next(char **text)
{
    char *line = strsep(text, "\n");

    return line != NULL && *line != '\0' ? line : NULL;
}

/* What stands behind "NAME=", up to the next blank if it is one of several; NULL: the
 * line does not have it. */
static const char *value_find(const char *line, const char *name)
{
    const size_t len = strlen(name);

    for (const char *at = line; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return at + len + 1;
    }
    return NULL;
}

static long long number_find(const char *line, const char *name)
{
    const char *value = value_find(line, name);

    return value != NULL ? strtoll(value, NULL, 10) : 0;
}

/* --- status --- */

/* The lines before those of caches. */
struct head {
    const char *version;
    long long pid;
    long long configured;
    char *decisions; /* "NAME=COUNT NAME=COUNT", NULL: not told */
    char *reasons;
};

/* What stands behind the word that the line begins with, NULL: behind another. */
static char *rest_find(char *line, const char *word)
{
    const size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && (line[len] == ' ' || line[len] == '\0')
               ? line + len + (line[len] == ' ')
               : NULL;
}

static void head_take(struct head *head, char *line)
{
    const char *version = value_find(line, "version");
    char *decisions = rest_find(line, "decisions");
    char *reasons = rest_find(line, "reasons");

    if (decisions != NULL || reasons != NULL) {
        head->decisions = decisions != NULL ? decisions : head->decisions;
        head->reasons = reasons != NULL ? reasons : head->reasons;
        return;
    }
    if (version != NULL)
        head->version = version;
    if (value_find(line, "pid") != NULL)
        head->pid = number_find(line, "pid");
    if (value_find(line, "configured") != NULL)
        head->configured = number_find(line, "configured");
}

static void cache_print(struct arena *arena, const char *line)
{
    const char *spec = value_find(line, "map");
    const char *setting = value_find(line, "setting");

    printf("\ncache of %s (%.*s)\n", shown(arena, spec != NULL ? spec : "?", SHOWN_MAX),
           setting != NULL ? (int)strcspn(setting, " ") : 1,
           setting != NULL ? setting : "?");
    for (const struct cache_count_row *row = cache_count_rows; row->name != NULL; row++)
        printf("%14lld  %s\n", number_find(line, row->name), row->description);
}

/* The lines of the caches come last. */
static char *head_read(struct head *head, char **text)
{
    char *line;

    *head = (struct head){.version = "?"};
    while ((line = line_next(text)) != NULL && strncmp(line, "cache ", 6) != 0)
        head_take(head, line);
    return line;
}

/* Splits the next `NAME=COUNT` off; NULL behind the last one. */
static const char *count_next(char **text, long long *count_r)
{
    char *pair = strsep(text, " ");
    char *equals = pair != NULL ? strchr(pair, '=') : NULL;

    if (equals == NULL)
        return NULL;
    *equals = '\0';
    *count_r = strtoll(equals + 1, NULL, 10);
    return pair;
}

static void counts_print(struct arena *arena, const char *title, char *text)
{
    const char *name;
    long long count;

    if (text == NULL)
        return;
    printf("\n%s\n", title);
    if (*text == '\0')
        puts("            none yet");
    while ((name = count_next(&text, &count)) != NULL)
        printf("%14lld  %s\n", count, shown(arena, name, SHOWN_MAX));
}

static void status_print(struct site *site, char *text)
{
    struct head head;
    char *line = head_read(&head, &text);
    char when[WHEN_MAX];

    when_format(head.configured, when, sizeof when);
    printf("sendas-milter %s, process %lld, configuration read %s\n",
           shown(&site->arena, head.version, SHOWN_MAX), head.pid, when);
    if (line == NULL)
        puts("no map is cached");
    counts_print(&site->arena, "messages since the start, by decision", head.decisions);
    if (head.reasons != NULL && *head.reasons != '\0')
        counts_print(&site->arena, "by the first thing that was wrong", head.reasons);
    for (; line != NULL; line = line_next(&text))
        cache_print(&site->arena, line);
}

static json_t *cache_json(const char *line)
{
    const char *spec = value_find(line, "map");
    const char *setting = value_find(line, "setting");
    json_t *cache = json_pack("{s:o, s:s%}", "map", json_text(spec), "setting",
                              setting != NULL ? setting : "?",
                              setting != NULL ? strcspn(setting, " ") : (size_t)1);

    for (const struct cache_count_row *row = cache_count_rows;
         row->name != NULL && cache != NULL; row++) {
        if (json_object_set_new(cache, row->name,
                                json_integer(number_find(line, row->name))) != 0) {
            json_decref(cache);
            cache = NULL;
        }
    }
    return cache;
}

static json_t *counts_json(char *text)
{
    json_t *object = json_object();
    const char *name;
    long long count;

    while (text != NULL && (name = count_next(&text, &count)) != NULL) {
        if (json_object_set_new(object, name, json_integer(count)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static bool status_print_json(char *text)
{
    struct head head;
    json_t *caches = json_array();

    for (char *line = head_read(&head, &text); line != NULL && caches != NULL;
         line = line_next(&text)) {
        if (json_array_append_new(caches, cache_json(line)) != 0) {
            json_decref(caches);
            caches = NULL;
        }
    }
    return json_print(json_pack("{s:o, s:I, s:I, s:o, s:o, s:o}", "version",
                                json_text(head.version), "pid", (json_int_t)head.pid,
                                "configured", (json_int_t)head.configured, "decisions",
                                counts_json(head.decisions), "reasons",
                                counts_json(head.reasons), "caches", caches));
}

int cmd_status(const struct options *options, int count, char **words)
{
    struct site site;
    struct buf reply = BUF_INIT;
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (site_init(&site, options))
        status = milter_ask(&site, "status", &reply);
    if (status == EXIT_DONE && !options_has(options, OPTION_JSON))
        status_print(&site, reply.data);
    else if (status == EXIT_DONE && !status_print_json(reply.data))
        status = EXIT_FAILED;
    buf_finish(&reply);
    site_finish(&site);
    return status;
}

/* --- flush --- */

int cmd_flush(const struct options *options, int count, char **words)
{
    struct site site;
    struct buf request = BUF_INIT, reply = BUF_INIT;
    int status = EXIT_WRONG;

    if (site_init(&site, options) &&
        (count == 0 || site_key(&site, words[0]) != NULL)) {
        /* As it was typed: the milter makes its keys by the configuration that it has.
         */
        buf_addf(&request, "flush%s%s", count != 0 ? " " : "",
                 count != 0 ? words[0] : "");
        status = milter_ask(&site, buf_str(&request), &reply);
    }
    if (status == EXIT_DONE) {
        const long long flushed = number_find(buf_str(&reply), "flushed");

        printf("%lld answer%s forgotten\n", flushed, flushed == 1 ? "" : "s");
    }
    buf_finish(&request);
    buf_finish(&reply);
    site_finish(&site);
    return status;
}
