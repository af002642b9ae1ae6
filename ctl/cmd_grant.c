/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "ctl/when.h"

/* What is said of an address, between login and address. */
struct words {
    enum store_right right;
    enum option_id option; /* that asks for the right; none for send-as */
    const char *granted;
    const char *stood; /* the same when there was nothing to do */
    const char *revoked;
    const char *missing;
};

static const struct words rights[] = {
    {STORE_SEND_AS, OPTION_COUNT, "may now use", "could already use",
     "no longer has a grant for", "had no grant for"},
    {STORE_ON_BEHALF, OPTION_ON_BEHALF, "may now send on behalf of",
     "could already send on behalf of", "may no longer send on behalf of",
     "had no grant to send on behalf of"},
    {STORE_RESEND, OPTION_RESEND, "may now resend as", "could already resend as",
     "may no longer resend as", "had no grant to resend as"},
    {STORE_DENY, OPTION_DENY, "is now denied", "was already denied",
     "is no longer denied", "was not denied"},
};

enum { RIGHTS = sizeof(rights) / sizeof(rights[0]) };

/* What is to be changed, read whole before anything is. */
struct request {
    bool revoke;
    const struct words *words;
    const char *login;
    int64_t expires;
    const char **addresses;
    enum answer *answers;
    size_t count;
};

/* The right that the options ask for. false after a complaint: there are several. */
static bool right_read(const struct options *options, struct request *request)
{
    request->words = &rights[0];
    for (size_t i = 1; i < RIGHTS; i++) {
        if (!options_has(options, rights[i].option))
            continue;
        if (request->words != &rights[0]) {
            complain("--%s and --%s exclude each other",
                     option_rows[request->words->option].name,
                     option_rows[rights[i].option].name);
            return false;
        }
        request->words = &rights[i];
    }
    return true;
}

static bool until_read(const struct options *options, struct request *request)
{
    const char *text = options->value[OPTION_UNTIL], *why = NULL;

    if (!options_has(options, OPTION_UNTIL) ||
        when_read(text, (int64_t)time(NULL), &request->expires, &why))
        return true;
    complain("no time: \"%.200s\": %s", text, why);
    return false;
}

static bool request_read(struct site *site, const struct options *options, int count,
                         char **words, struct request *request)
{
    if (!right_read(options, request) || !until_read(options, request))
        return false;
    request->login = site_owner(site, words[0]);
    request->count = (size_t)count - 1;
    request->addresses =
        arena_alloc(&site->arena, request->count * sizeof(*request->addresses));
    request->answers =
        arena_alloc(&site->arena, request->count * sizeof(*request->answers));
    if (request->login == NULL)
        return false;
    if (request->addresses == NULL || request->answers == NULL) {
        complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        request->addresses[i] = site_key(site, words[i + 1]);
        if (request->addresses[i] == NULL)
            return false;
    }
    return true;
}

/* All of it or nothing; a line in *error_r when it failed. */
static bool request_apply(struct store *store, struct request *request,
                          struct buf *error_r)
{
    if (!store_begin(store, error_r))
        return false;
    for (size_t i = 0; i < request->count; i++) {
        const struct store_grant grant = {.right = request->words->right,
                                          .login = request->login,
                                          .address = request->addresses[i],
                                          .expires = request->expires};

        request->answers[i] = request->revoke ? store_revoke(store, &grant, error_r)
                                              : store_grant(store, &grant, error_r);
        if (request->answers[i] == ANSWER_UNKNOWN) {
            store_rollback(store);
            return false;
        }
    }
    if (store_commit(store, error_r))
        return true;
    store_rollback(store);
    return false;
}

static void request_print(struct site *site, const struct request *request)
{
    const struct words *words = request->words;
    const char *done = request->revoke ? words->revoked : words->granted;
    const char *idle = request->revoke ? words->missing : words->stood;
    char when[WHEN_MAX] = "";

    if (request->expires != 0)
        when_format(request->expires, when, sizeof when);
    for (size_t i = 0; i < request->count; i++)
        printf("%s %s %s%s%s\n", shown(&site->arena, request->login, SHOWN_MAX),
               request->answers[i] == ANSWER_YES ? done : idle,
               shown(&site->arena, request->addresses[i], SHOWN_MAX),
               *when != '\0' ? " until " : "", when);
}

static int request_run(struct site *site, struct request *request)
{
    struct store *store = site_store_open(site, STORE_WRITE);
    struct buf error = BUF_INIT;
    bool done = store != NULL && request_apply(store, request, &error);

    if (done)
        request_print(site, request);
    else
        complain_lines(buf_str(&error));
    buf_finish(&error);
    store_close(store);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int change_run(bool revoke, const struct options *options, int count,
                      char **words)
{
    struct request request = {.revoke = revoke};
    struct site site;
    int status = EXIT_WRONG;

    if (site_init(&site, options) &&
        request_read(&site, options, count, words, &request))
        status = request_run(&site, &request);
    site_finish(&site);
    return status;
}

int cmd_grant(const struct options *options, int count, char **words)
{
    return change_run(false, options, count, words);
}

int cmd_revoke(const struct options *options, int count, char **words)
{
    return change_run(true, options, count, words);
}
