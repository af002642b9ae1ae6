/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_user_app.c - application passwords. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "ctl/app_passwords.h"
#include "ctl/auth_site.h"
#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/table.h"
#include "ctl/when.h"

enum { LABEL_MAX = 64 };

/* --- shown --- */

json_t *app_passwords_json(const struct account *account)
{
    json_t *list = json_array();

    for (size_t i = 0; i < account->app_count && list != NULL; i++) {
        const struct app_password *app = &account->apps[i];
        json_t *row =
            json_pack("{s:o, s:I, s:o, s:b}", "label", json_text(app->label), "created",
                      (json_int_t)app->created, "expires",
                      app->expires != 0 ? json_integer(app->expires) : json_null(),
                      "disabled", app->disabled);

        if (json_array_append_new(list, row) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* "until ...", "ended ...", "" */
static const char *end_text(const struct app_password *app, struct arena *arena)
{
    char when[WHEN_MAX];
    const char *text = "";

    if (app->expires != 0) {
        when_format(app->expires, when, sizeof(when));
        text = arena_printf(arena, "%s %s",
                            app->expires <= time(NULL) ? "ended" : "until", when);
    }
    return text != NULL ? text : "?";
}

const char *app_password_line(const struct app_password *app, struct arena *arena)
{
    const char *end = end_text(app, arena);
    char when[WHEN_MAX];
    const char *line;

    when_format(app->created, when, sizeof(when));
    line = arena_printf(
        arena, "%s (made %s%s%s%s)", shown(arena, app->label, SHOWN_MAX), when,
        end[0] != '\0' ? ", " : "", end, app->disabled ? ", disabled" : "");
    return line != NULL ? line : "?";
}

/* --- one account and one label --- */

/* What a command needs before it can do anything. */
struct request {
    struct auth_site site;
    struct account account;
    const char *label;
};

static bool label_check(const char *label)
{
    if (label[0] != '\0' && strlen(label) <= LABEL_MAX)
        return true;
    complain("a label has 1 to %d bytes", LABEL_MAX);
    return false;
}

/* Reads words, configuration and account. false after a complaint, with the exit
 * status. request_finish() is due in either case. */
static bool request_begin(struct request *request, const struct options *options,
                          char **words, const char *label, enum store_mode mode,
                          int *status_r)
{
    const char *login;

    *status_r = EXIT_WRONG;
    *request = (struct request){.label = label};
    if (!auth_site_init(&request->site, options) ||
        (login = auth_site_login(&request->site, words[0])) == NULL ||
        (label != NULL && !label_check(label)))
        return false;
    *status_r = EXIT_FAILED;
    return auth_site_open(&request->site, mode) &&
           auth_site_find(&request->site, login, &request->account, status_r);
}

static void request_finish(struct request *request)
{
    auth_site_finish(&request->site);
}

/* Tells of a change that did not happen; the exit status. */
static int request_fail(const struct request *request, enum answer answer,
                        const struct buf *error)
{
    if (error->len != 0)
        complain_lines(buf_str(error));
    else
        complain("%s has no application password %s", request->account.login,
                 request->label);
    return answer == ANSWER_NO ? EXIT_NO : EXIT_FAILED;
}

/* --- add --- */

static bool end_read(const struct options *options, int64_t *expires_r)
{
    const char *why = NULL;

    *expires_r = 0;
    if (!options_has(options, OPTION_UNTIL) ||
        when_read(options->value[OPTION_UNTIL], (int64_t)time(NULL), expires_r, &why))
        return true;
    complain("--until %.100s: %s", options->value[OPTION_UNTIL], why);
    return false;
}

static int app_add(struct request *request, int64_t expires)
{
    struct buf password = BUF_INIT, error = BUF_INIT;
    enum answer answer =
        accounts_app_add(request->site.accounts, request->account.login, request->label,
                         expires, &password, &error);
    int status = EXIT_DONE;

    if (answer == ANSWER_YES)
        printf("%s may log in as %s\npassword: %s\n",
               shown(&request->site.arena, request->label, SHOWN_MAX),
               shown(&request->site.arena, request->account.login, SHOWN_MAX),
               buf_str(&password));
    else
        status = request_fail(request, answer, &error);
    secret_finish(&password);
    buf_finish(&error);
    return status;
}

int cmd_user_app_add(const struct options *options, int count, char **words)
{
    struct request request;
    int64_t expires;
    int status;

    (void)count;
    if (!end_read(options, &expires))
        return EXIT_WRONG;
    if (request_begin(&request, options, words, words[1], STORE_WRITE, &status))
        status = app_add(&request, expires);
    request_finish(&request);
    return status;
}

/* --- list --- */

static void apps_print(const struct account *account, struct arena *arena)
{
    static const char *const heading[] = {"LABEL", "STATE", "MADE", "END"};
    struct table table = {.columns = 4};

    for (size_t i = 0; i < account->app_count; i++) {
        const struct app_password *app = &account->apps[i];
        char when[WHEN_MAX];

        when_format(app->created, when, sizeof(when));
        table_add(&table, (const char *const[]){app->label,
                                                app->disabled ? "disabled" : "enabled",
                                                when, end_text(app, arena)});
    }
    if (table.count != 0)
        table_print(&table, heading);
    else
        printf("no application passwords of %s\n",
               shown(arena, account->login, SHOWN_MAX));
    table_finish(&table);
}

int cmd_user_app_list(const struct options *options, int count, char **words)
{
    struct request request;
    int status;

    (void)count;
    if (request_begin(&request, options, words, NULL, STORE_READ, &status)) {
        if (!options_has(options, OPTION_JSON))
            apps_print(&request.account, &request.site.arena);
        else if (!json_print(app_passwords_json(&request.account)))
            status = EXIT_FAILED;
    }
    request_finish(&request);
    return status;
}

/* --- delete, disable, enable --- */

struct change {
    enum answer (*apply)(struct accounts *accounts, const char *login,
                         const char *label, struct buf *error_r);
    const char *done;
};

static enum answer disable(struct accounts *accounts, const char *login,
                           const char *label, struct buf *error_r)
{
    return accounts_app_disable(accounts, login, label, true, error_r);
}

static enum answer enable(struct accounts *accounts, const char *login,
                          const char *label, struct buf *error_r)
{
    return accounts_app_disable(accounts, login, label, false, error_r);
}

static const struct change deleting = {accounts_app_delete, "deleted"};
static const struct change disabling = {disable, "disabled"};
static const struct change enabling = {enable, "enabled"};

static int change_run(const struct change *change, const struct options *options,
                      char **words)
{
    struct request request;
    struct buf error = BUF_INIT;
    int status;

    if (request_begin(&request, options, words, words[1], STORE_WRITE, &status)) {
        enum answer answer = change->apply(request.site.accounts, request.account.login,
                                           request.label, &error);

        if (answer != ANSWER_YES)
            status = request_fail(&request, answer, &error);
        else
            printf("%s of %s %s\n", shown(&request.site.arena, words[1], SHOWN_MAX),
                   shown(&request.site.arena, request.account.login, SHOWN_MAX),
                   change->done);
    }
    buf_finish(&error);
    request_finish(&request);
    return status;
}

int cmd_user_app_delete(const struct options *options, int count, char **words)
{
    (void)count;
    return change_run(&deleting, options, words);
}

int cmd_user_app_disable(const struct options *options, int count, char **words)
{
    (void)count;
    return change_run(&disabling, options, words);
}

int cmd_user_app_enable(const struct options *options, int count, char **words)
{
    (void)count;
    return change_run(&enabling, options, words);
}
