/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_group.c - groups of logins in the grants file. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "ctl/table.h"
#include "ctl/when.h"

/* --- add, remove and delete --- */

/* What is to be changed, read whole before anything is. */
struct request {
    bool remove;
    const char *group;
    const char **members;
    enum answer *answers;
    size_t count;
};

/* false after a complaint. */
static bool member_read(struct site *site, const struct request *request,
                        const char *word, const char **member_r)
{
    *member_r = site_owner(site, word);
    if (*member_r == NULL)
        return false;
    if (strcmp(*member_r, "*") == 0 && !request->remove) {
        complain("no login: \"*\": it stands for anybody, grant to it instead");
        return false;
    }
    if (strncmp(*member_r, "group:", 6) == 0 &&
        strcmp(*member_r + 6, request->group) == 0 && !request->remove) {
        complain("no login: \"%.200s\": a group is no member of itself", word);
        return false;
    }
    return true;
}

static bool request_read(struct site *site, int count, char **words,
                         struct request *request)
{
    request->group = site_group(site, words[0]);
    if (request->group == NULL)
        return false;
    request->count = (size_t)count - 1;
    request->members =
        arena_alloc(&site->arena, request->count * sizeof(*request->members));
    request->answers =
        arena_alloc(&site->arena, request->count * sizeof(*request->answers));
    if (request->members == NULL || request->answers == NULL) {
        complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        if (!member_read(site, request, words[i + 1], &request->members[i]))
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
        request->answers[i] =
            request->remove
                ? store_member_remove(store, request->group, request->members[i],
                                      error_r)
                : store_member_add(store, request->group, request->members[i], error_r);
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
    const char *done = request->remove ? "is no longer in" : "is now in";
    const char *idle = request->remove ? "was not in" : "was already in";

    for (size_t i = 0; i < request->count; i++)
        printf("%s %s group:%s\n", shown(&site->arena, request->members[i], SHOWN_MAX),
               request->answers[i] == ANSWER_YES ? done : idle,
               shown(&site->arena, request->group, SHOWN_MAX));
}

static int change_run(bool remove, const struct options *options, int count,
                      char **words)
{
    struct request request = {.remove = remove};
    struct buf error = BUF_INIT;
    struct store *store = NULL;
    struct site site;
    int status = EXIT_WRONG;

    if (site_init(&site, options) && request_read(&site, count, words, &request)) {
        store = site_store_open(&site, STORE_WRITE);
        status = EXIT_FAILED;
    }
    if (store != NULL && request_apply(store, &request, &error)) {
        request_print(&site, &request);
        status = EXIT_DONE;
    }
    complain_lines(buf_str(&error));
    buf_finish(&error);
    store_close(store);
    site_finish(&site);
    return status;
}

int cmd_group_add(const struct options *options, int count, char **words)
{
    return change_run(false, options, count, words);
}

int cmd_group_remove(const struct options *options, int count, char **words)
{
    return change_run(true, options, count, words);
}

int cmd_group_delete(const struct options *options, int count, char **words)
{
    struct buf error = BUF_INIT;
    struct store *store = NULL;
    const char *group = NULL;
    struct site site;
    int status = EXIT_WRONG;

    (void)count;
    if (site_init(&site, options))
        group = site_group(&site, words[0]);
    if (group != NULL) {
        store = site_store_open(&site, STORE_WRITE);
        status = EXIT_FAILED;
    }
    if (store != NULL) {
        const enum answer answer = store_group_delete(store, group, &error);

        if (answer != ANSWER_UNKNOWN) {
            printf("group:%s %s\n", shown(&site.arena, group, SHOWN_MAX),
                   answer == ANSWER_YES ? "has no members any more" : "had no members");
            status = EXIT_DONE;
        }
    }
    complain_lines(buf_str(&error));
    buf_finish(&error);
    store_close(store);
    site_finish(&site);
    return status;
}

/* --- list --- */

static const char *const heading[] = {"GROUP", "MEMBER", "ADDED"};

/* Where the rows go: a table or one JSON list. */
struct listing {
    bool json;
    bool failed; /* a complaint was made */
    size_t listed;
    struct table table;
};

/* A store_member_visit. */
static bool row_list(const struct store_member *member, void *arg)
{
    struct listing *listing = arg;
    char when[WHEN_MAX];

    if (listing->json) {
        json_t *row = json_pack("{s:o, s:o, s:I}", "group", json_text(member->group),
                                "member", json_text(member->member), "created",
                                (json_int_t)member->created);

        listing->failed =
            !json_print_line(listing->listed == 0 ? "[\n  " : ",\n  ", row);
    } else {
        when_format(member->created, when, sizeof when);
        table_add(&listing->table,
                  (const char *const[]){member->group, member->member, when});
        listing->failed = listing->table.arena.failed;
        if (listing->failed)
            complain("out of memory");
    }
    listing->listed++;
    return !listing->failed;
}

static bool group_list(struct store *store, const char *group, struct listing *listing)
{
    struct buf error = BUF_INIT;
    const bool done =
        store_members_visit(store, group, NULL, row_list, listing, &error) &&
        !listing->failed;

    complain_lines(buf_str(&error));
    buf_finish(&error);
    if (done && listing->json)
        puts(listing->listed == 0 ? "[]" : "\n]");
    else if (done && listing->listed == 0)
        puts(group != NULL ? "the group has no members" : "no groups");
    else if (done)
        table_print(&listing->table, heading);
    return done;
}

int cmd_group_list(const struct options *options, int count, char **words)
{
    struct listing listing = {.json = options_has(options, OPTION_JSON),
                              .table = {.columns = 3}};
    struct store *store = NULL;
    const char *group = NULL;
    struct site site;
    int status = EXIT_WRONG;

    if (site_init(&site, options) &&
        (count == 0 || (group = site_group(&site, words[0])) != NULL)) {
        store = site_store_open(&site, STORE_READ);
        status = store != NULL && group_list(store, group, &listing) ? EXIT_DONE
                                                                     : EXIT_FAILED;
    }
    table_finish(&listing.table);
    store_close(store);
    site_finish(&site);
    return status;
}
