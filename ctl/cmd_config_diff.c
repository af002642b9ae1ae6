/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "conf/conf_table.h"
#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"

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

/* Prints how the two differ. */
static int diff_print(const struct options *options, const struct conf *old,
                      const struct conf *new)
{
    struct found found = {.list =
                              options_has(options, OPTION_JSON) ? json_array() : NULL};
    const bool done = conf_diff(&old->head, &new->head, tell, &found) &&
                      !found.failed && !found.text.failed;
    int status = found.any ? EXIT_NO : EXIT_DONE;

    if (!done) {
        complain("out of memory");
        json_decref(found.list);
        status = EXIT_FAILED;
    } else if (options_has(options, OPTION_JSON)) {
        if (!json_print(found.list))
            status = EXIT_FAILED;
    } else {
        fputs(buf_str(&found.text), stdout);
    }
    buf_finish(&found.text);
    return status;
}

int cmd_config_diff(const struct options *options, int count, char **words)
{
    struct conf *old = load(words[0]);
    struct conf *new = load(words[1]);
    int status = EXIT_WRONG;

    (void)count;
    if (old != NULL && new != NULL)
        status = diff_print(options, old, new);
    conf_destroy(old);
    conf_destroy(new);
    return status;
}
