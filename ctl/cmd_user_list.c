/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_user_list.c - accounts shown: all of them, or all of one. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/app_passwords.h"
#include "ctl/auth_site.h"
#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/locks.h"
#include "ctl/output.h"
#include "ctl/table.h"
#include "ctl/when.h"

/* A list of strings as JSON; NULL when memory ran out. */
static json_t *strings_json(const struct strlist *strings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < strings->count && list != NULL; i++) {
        if (json_array_append_new(list, json_text(strings->items[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* --- user list --- */

/* Where the accounts go. */
struct listing {
    bool json;
    bool failed;  /* a complaint was made */
    size_t count; /* accounts seen */
    struct table table;
};

static const char *const heading[] = {"LOGIN", "STATE", "VERIFIERS", "PASSWORD SET"};
enum { COLUMNS = 4 };

static void row_list_json(struct listing *listing, const struct account *account)
{
    json_t *row = json_pack(
        "{s:o, s:b, s:o, s:I, s:I}", "login", json_text(account->login), "disabled",
        account->disabled, "schemes", strings_json(&account->verifiers), "created",
        (json_int_t)account->created, "changed", (json_int_t)account->changed);

    listing->failed = !json_print_line(listing->count == 0 ? "[\n  " : ",\n  ", row);
}

/* An accounts_visit_one. */
static bool row_list(const struct account *account, void *arg)
{
    struct listing *listing = arg;
    struct buf schemes = BUF_INIT;
    char when[WHEN_MAX];

    if (listing->json) {
        row_list_json(listing, account);
    } else {
        for (size_t i = 0; i < account->verifiers.count; i++)
            buf_addf(&schemes, "%s%s", i != 0 ? ", " : "", account->verifiers.items[i]);
        when_format(account->changed, when, sizeof(when));
        table_add(&listing->table,
                  (const char *const[]){account->login,
                                        account->disabled ? "disabled" : "enabled",
                                        schemes.len != 0 ? buf_str(&schemes) : "none",
                                        account->verifiers.count != 0 ? when : ""});
        listing->failed = listing->table.arena.failed || schemes.failed;
        if (listing->failed)
            complain("out of memory");
    }
    buf_finish(&schemes);
    listing->count++;
    return !listing->failed;
}

static bool accounts_list(struct auth_site *site, bool json)
{
    struct listing listing = {.json = json, .table = {.columns = COLUMNS}};
    struct buf error = BUF_INIT;
    bool done = accounts_visit(site->accounts, row_list, &listing, &error);

    if (!done && !listing.failed)
        complain_lines(buf_str(&error));
    done = done && !listing.failed;
    if (done && json)
        puts(listing.count == 0 ? "[]" : "\n]");
    else if (done && listing.count == 0)
        puts("no accounts");
    else if (done)
        table_print(&listing.table, heading);
    table_finish(&listing.table);
    buf_finish(&error);
    return done;
}

int cmd_user_list(const struct options *options, int count, char **words)
{
    struct auth_site site;
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (auth_site_init(&site, options)) {
        status = EXIT_FAILED;
        if (auth_site_open(&site, STORE_READ) &&
            accounts_list(&site, options_has(options, OPTION_JSON)))
            status = EXIT_DONE;
    }
    auth_site_finish(&site);
    return status;
}

/* --- user show --- */

/* What is to be shown of one account. */
struct view {
    struct auth_site *site;
    struct account account;
    bool locks_known; /* sendas-authd answered */
    struct lock *locks;
    size_t lock_count;
};

/* The locks of the account, if a running sendas-authd says them. */
static void locks_find(struct view *view)
{
    struct buf ignored = BUF_INIT;
    struct lock *all;
    size_t count;

    view->locks_known = locks_ask(view->site, &all, &count, &ignored);
    buf_finish(&ignored);
    if (!view->locks_known)
        return;
    view->locks = all;
    for (size_t i = 0; i < count; i++) {
        if (lock_concerns(&all[i], view->account.login))
            view->locks[view->lock_count++] = all[i];
    }
}

/* Reads a stored verifier for what it is; false: it is none that we know. */
static bool verifier_look(const char *stored, struct verifier *verifier_r)
{
    struct buf ignored = BUF_INIT;
    bool known = verifier_parse(stored, strlen(stored), verifier_r, &ignored);

    buf_finish(&ignored);
    return known;
}

static void list_append(json_t **list, json_t *item)
{
    if (*list != NULL && json_array_append_new(*list, item) != 0) {
        json_decref(*list);
        *list = NULL;
    } else if (*list == NULL) {
        json_decref(item);
    }
}

static json_t *verifiers_json(const struct account *account)
{
    json_t *list = json_array();

    for (size_t i = 0; i < account->verifiers.count; i++) {
        struct verifier verifier;

        if (verifier_look(account->verifiers.items[i], &verifier))
            list_append(&list,
                        json_pack("{s:s, s:I}", "scheme", scheme_name(verifier.scheme),
                                  "cost", (json_int_t)verifier.cost));
        else
            list_append(&list, json_pack("{s:n, s:n}", "scheme", "cost"));
    }
    return list;
}

static json_t *attributes_json(const struct account *account)
{
    json_t *list = json_array();

    for (size_t i = 0; i < account->names.count; i++)
        list_append(&list,
                    json_pack("{s:o, s:o}", "name", json_text(account->names.items[i]),
                              "value", json_text(account->values.items[i])));
    return list;
}

static json_t *locks_json(const struct view *view)
{
    json_t *list = json_array();

    if (!view->locks_known) {
        json_decref(list);
        return json_null();
    }
    for (size_t i = 0; i < view->lock_count; i++)
        list_append(&list,
                    json_pack("{s:o, s:I}", "name", json_text(view->locks[i].name),
                              "until", (json_int_t)view->locks[i].until));
    return list;
}

static bool view_print_json(const struct view *view)
{
    const struct account *account = &view->account;

    return json_print(json_pack(
        "{s:o, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "login",
        json_text(account->login), "disabled", account->disabled, "created",
        (json_int_t)account->created, "changed", (json_int_t)account->changed,
        "verifiers", verifiers_json(account), "aliases",
        strings_json(&account->aliases), "app_passwords", app_passwords_json(account),
        "attributes", attributes_json(account), "locks", locks_json(view)));
}

static void verifiers_print(const struct account *account)
{
    if (account->verifiers.count == 0)
        puts("  no password");
    for (size_t i = 0; i < account->verifiers.count; i++) {
        struct verifier verifier;

        if (!verifier_look(account->verifiers.items[i], &verifier))
            puts("  verifier   of an unknown scheme");
        else if (verifier.cost != 0)
            printf("  verifier   %s, cost %u\n", scheme_name(verifier.scheme),
                   verifier.cost);
        else
            printf("  verifier   %s\n", scheme_name(verifier.scheme));
    }
}

static void view_print(const struct view *view)
{
    const struct account *account = &view->account;
    struct arena *arena = &view->site->arena;
    char when[WHEN_MAX];

    printf("%s%s\n", shown(arena, account->login, SHOWN_MAX),
           account->disabled ? " (disabled)" : "");
    when_format(account->created, when, sizeof(when));
    printf("  created    %s\n", when);
    if (account->verifiers.count != 0) {
        when_format(account->changed, when, sizeof(when));
        printf("  password   set %s\n", when);
    }
    verifiers_print(account);
    for (size_t i = 0; i < account->aliases.count; i++)
        printf("  alias      %s\n", shown(arena, account->aliases.items[i], SHOWN_MAX));
    for (size_t i = 0; i < account->names.count; i++)
        printf("  attribute  %s=%s\n", shown(arena, account->names.items[i], SHOWN_MAX),
               shown(arena, account->values.items[i], SHOWN_MAX));
    for (size_t i = 0; i < account->app_count; i++)
        printf("  app        %s\n", app_password_line(&account->apps[i], arena));
    for (size_t i = 0; i < view->lock_count; i++) {
        when_format(view->locks[i].until, when, sizeof(when));
        printf("  locked     %s until %s\n",
               shown(arena, view->locks[i].name, SHOWN_MAX), when);
    }
}

int cmd_user_show(const struct options *options, int count, char **words)
{
    struct auth_site site;
    struct view view = {.site = &site};
    const char *login;
    int status = EXIT_WRONG;

    (void)count;
    if (auth_site_init(&site, options) &&
        (login = auth_site_login(&site, words[0])) != NULL) {
        status = EXIT_FAILED;
        if (auth_site_open(&site, STORE_READ) &&
            auth_site_find(&site, login, &view.account, &status)) {
            locks_find(&view);
            if (!options_has(options, OPTION_JSON))
                view_print(&view);
            else if (!view_print_json(&view))
                status = EXIT_FAILED;
        }
    }
    auth_site_finish(&site);
    return status;
}
