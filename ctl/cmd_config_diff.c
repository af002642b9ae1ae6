/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "conf/conf_table.h"
#include "ctl/command.h"
#include "ctl/decisions_diff.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/replay.h"

/* What was found: lines, or a list for JSON. */
struct found {
    bool any;
    struct buf text;
    json_t *list; /* NULL: text is wanted */
    bool failed;
};

/* `- rule "x": from = "any"`, or a whole rule, or the order of the rules. */
static void line_add(struct found *found, char sign,
                     const struct conf_difference *difference, const char *value)
{
    struct buf line = BUF_INIT;
    struct buf title = BUF_INIT;

    if (value == NULL)
        return;
    if (difference->title != NULL)
        conf_quoted_format(difference->title, &title);
    if (difference->row == NULL && difference->title == NULL)
        buf_addf(&line, "%c order of rules: %s", sign, value);
    else if (difference->row == NULL)
        buf_addf(&line, "%c rule %s", sign, value);
    else if (difference->title != NULL)
        buf_addf(&line, "%c rule %s: %s = %s", sign, buf_str(&title),
                 difference->row->name, value);
    else
        buf_addf(&line, "%c %s%s%s = %s", sign,
                 difference->row->block != NULL ? difference->row->block : "",
                 difference->row->block != NULL ? "." : "", difference->row->name,
                 value);
    harmless_add(&found->text, buf_str(&line));
    buf_addc(&found->text, '\n');
    found->failed = found->failed || line.failed || title.failed;
    buf_finish(&line);
    buf_finish(&title);
}

static void list_add(struct found *found, const struct conf_difference *difference)
{
    const struct conf_row *row = difference->row;
    struct buf name = BUF_INIT;

    if (row != NULL && row->block != NULL && difference->title == NULL)
        buf_addf(&name, "%s.", row->block);
    buf_adds(&name, row != NULL ? row->name : "");
    if (json_array_append_new(
            found->list,
            json_pack("{s:o, s:o, s:o, s:o}", "rule", json_text(difference->title),
                      "setting", json_text(row != NULL ? buf_str(&name) : NULL), "old",
                      json_text(difference->old), "new", json_text(difference->new))) !=
        0)
        found->failed = true;
    buf_finish(&name);
}

static void tell(void *arg, const struct conf_difference *difference)
{
    struct found *found = arg;

    found->any = true;
    if (found->list != NULL) {
        list_add(found, difference);
        return;
    }
    line_add(found, '-', difference, difference->old);
    line_add(found, '+', difference, difference->new);
}

static struct conf *load(const char *path)
{
    struct buf error = BUF_INIT;
    struct conf *conf = conf_load(path, &error);

    if (conf == NULL)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return conf;
}

/* --- the log --- */

/* The two configurations, what differs, and the log, if there is one. */
struct inquiry {
    struct conf *old, *new;
    struct found found;
    bool replay;
    struct decisions_diff decisions;
    const char **files; /* of the log */
    int file_count;
};

/* The files of the log: the word behind --replay, and those behind the two
 * configurations. */
static bool files_choose(struct inquiry *inquiry, const struct options *options,
                         int count, char **words)
{
    const bool named = options_has(options, OPTION_REPLAY);

    inquiry->replay = named || options_has(options, OPTION_JOURNAL);
    if (count > 2 && !named) {
        complain("config diff takes two configurations; a log stands behind --replay");
        return false;
    }
    inquiry->files = calloc((size_t)count, sizeof(char *));
    if (inquiry->files == NULL) {
        complain("out of memory");
        return false;
    }
    if (named)
        inquiry->files[inquiry->file_count++] = options->value[OPTION_REPLAY];
    for (int i = 2; i < count; i++)
        inquiry->files[inquiry->file_count++] = words[i];
    return true;
}

/* Decides all that was logged twice. false after a complaint. */
static bool log_replay(struct inquiry *inquiry, const struct options *options)
{
    struct decisions_diff *decisions = &inquiry->decisions;
    struct log_source source;

    decisions->before = replay_policy(inquiry->old);
    decisions->after = replay_policy(inquiry->new);
    if (decisions->before == NULL || decisions->after == NULL ||
        !log_source_read(options, inquiry->old->user,
                         (const char *const *)inquiry->files, inquiry->file_count,
                         &source) ||
        !log_read(&source, decisions_take, decisions, &decisions->tally) ||
        !decisions_sort(decisions)) {
        if (decisions->arena.failed)
            complain("out of memory");
        return false;
    }
    log_tally_tell(&decisions->tally);
    if (decisions->untold != 0)
        complain("%" PRIu64 " message%s could not be decided anew: %s",
                 decisions->untold, decisions->untold == 1 ? "" : "s",
                 decisions->map_error != NULL ? decisions->map_error : "out of memory");
    return true;
}

/* --- both --- */

static bool differences_print(struct inquiry *inquiry)
{
    struct found *found = &inquiry->found;
    json_t *list = found->list;

    found->list = NULL; /* given away */
    if (list != NULL)
        return json_print(json_pack(
            "{s:o, s:o}", "settings", list, "replay",
            inquiry->replay ? decisions_json(&inquiry->decisions) : json_null()));
    fputs(buf_str(&found->text), stdout);
    if (inquiry->replay)
        decisions_print(&inquiry->decisions);
    return true;
}

/* Compares, replays, prints. Returns an exit status. */
static int inquiry_run(struct inquiry *inquiry, const struct options *options)
{
    struct found *found = &inquiry->found;

    if (options_has(options, OPTION_JSON))
        found->list = json_array();
    if (!conf_diff(&inquiry->old->head, &inquiry->new->head, tell, found) ||
        found->failed || found->text.failed) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    if (inquiry->replay && !log_replay(inquiry, options))
        return EXIT_WRONG;
    if (!differences_print(inquiry) || inquiry->decisions.untold != 0)
        return EXIT_FAILED;
    return found->any || inquiry->decisions.different != 0 ? EXIT_NO : EXIT_DONE;
}

int cmd_config_diff(const struct options *options, int count, char **words)
{
    struct inquiry inquiry = {.old = load(words[0]), .new = load(words[1])};
    int status = EXIT_WRONG;

    if (inquiry.old != NULL &&
        inquiry.new != NULL &&files_choose(&inquiry, options, count, words))
        status = inquiry_run(&inquiry, options);
    decisions_finish(&inquiry.decisions);
    policy_destroy(inquiry.decisions.before);
    policy_destroy(inquiry.decisions.after);
    json_decref(inquiry.found.list);
    buf_finish(&inquiry.found.text);
    conf_destroy(inquiry.old);
    conf_destroy(inquiry.new);
    free((void *)inquiry.files);
    return status;
}
