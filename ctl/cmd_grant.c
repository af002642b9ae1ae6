/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/site.h"

/* The two directions of one command. */
struct change {
    enum answer (*apply)(struct store *store, const struct store_grant *grant,
                         struct buf *error_r);
    const char *done; /* what is said of an address, between login and address */
    const char *idle; /* the same when there was nothing to do */
};

static const struct change granting = {store_grant, "may now use", "could already use"};
static const struct change revoking = {store_revoke, "no longer has a grant for",
                                       "had no grant for"};

/* What is to be changed, read whole before anything is. */
struct request {
    const char *login;
    const char **addresses;
    enum answer *answers;
    size_t count;
};

static bool request_read(struct site *site, int count, char **words,
                         struct request *request_r)
{
    request_r->login = site_login(site, words[0]);
    request_r->count = (size_t)count - 1;
    request_r->addresses =
        arena_alloc(&site->arena, request_r->count * sizeof(*request_r->addresses));
    request_r->answers =
        arena_alloc(&site->arena, request_r->count * sizeof(*request_r->answers));
    if (request_r->login == NULL)
        return false;
    if (request_r->addresses == NULL || request_r->answers == NULL) {
        complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < request_r->count; i++) {
        request_r->addresses[i] = site_key(site, words[i + 1]);
        if (request_r->addresses[i] == NULL)
            return false;
    }
    return true;
}

/* All of it or nothing; a line in *error_r when it failed. */
static bool request_apply(struct store *store, const struct change *change,
                          struct request *request, struct buf *error_r)
{
    if (!store_begin(store, error_r))
        return false;
    for (size_t i = 0; i < request->count; i++) {
        const struct store_grant grant = {.right = STORE_SEND_AS,
                                          .login = request->login,
                                          .address = request->addresses[i]};

        request->answers[i] = change->apply(store, &grant, error_r);
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

static void request_print(struct site *site, const struct change *change,
                          const struct request *request)
{
    for (size_t i = 0; i < request->count; i++)
        printf("%s %s %s\n", shown(&site->arena, request->login, SHOWN_MAX),
               request->answers[i] == ANSWER_YES ? change->done : change->idle,
               shown(&site->arena, request->addresses[i], SHOWN_MAX));
}

static int request_run(struct site *site, const struct change *change,
                       struct request *request)
{
    struct store *store = site_store_open(site, STORE_WRITE);
    struct buf error = BUF_INIT;
    bool done = store != NULL && request_apply(store, change, request, &error);

    if (done)
        request_print(site, change, request);
    else
        complain_lines(buf_str(&error));
    buf_finish(&error);
    store_close(store);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int change_run(const struct change *change, const struct options *options,
                      int count, char **words)
{
    struct site site;
    struct request request;
    int status = EXIT_WRONG;

    if (site_init(&site, options) && request_read(&site, count, words, &request))
        status = request_run(&site, change, &request);
    site_finish(&site);
    return status;
}

int cmd_grant(const struct options *options, int count, char **words)
{
    return change_run(&granting, options, count, words);
}

int cmd_revoke(const struct options *options, int count, char **words)
{
    return change_run(&revoking, options, count, words);
}
