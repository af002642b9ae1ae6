/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "ctl/table.h"
#include "ctl/when.h"
#include "policy/owner.h"

enum { GROUPS_MAX = 1000 }; /* a login's, those that these are in counted */

/* What is asked: all rows, or those of one login and those of one address - no login
 * and no keys when the word cannot be one. */
struct question {
    bool all;
    const char *login;      /* or "group:NAME" */
    struct owner_keys keys; /* from most to least specific */
};

/* Where the rows go: a table for each meaning of the word, or one JSON list. */
struct listing {
    struct arena *arena;
    int64_t now;
    bool json;
    bool failed;         /* a complaint was made */
    size_t seen;         /* rows that the store had */
    size_t listed;       /* those that were not left out */
    struct table *table; /* of the meaning that is being listed */
    /* JSON: the rows of these logins and addresses stand in the list already. */
    struct strlist listed_logins;
    struct strlist listed_addresses;
    /* Of an address: which rights a more specific key has decided, and which this one
     * does, by number. A denial counts whatever else there is. */
    bool by_key;
    bool decided[STORE_RIGHTS];
    bool decides[STORE_RIGHTS];
};

static const char *const heading[] = {"ADDRESS", "LOGIN", "RIGHT", "UNTIL", "GRANTED"};
enum { COLUMNS = 5 };

static bool row_list_json(struct listing *listing, const struct store_grant *grant)
{
    json_t *row =
        json_pack("{s:o, s:o, s:s, s:I, s:o, s:b}", "address",
                  json_text(grant->address), "login", json_text(grant->login), "right",
                  names_name(store_right_names, (int)grant->right), "created",
                  (json_int_t)grant->created, "expires",
                  grant->expires != 0 ? json_integer(grant->expires) : json_null(),
                  "expired", (int)store_grant_expired(grant, listing->now));

    listing->failed = !json_print_line(listing->listed == 0 ? "[\n  " : ",\n  ", row);
    listing->listed++;
    return !listing->failed;
}

static void row_list_text(struct listing *listing, const struct store_grant *grant)
{
    const bool expired = store_grant_expired(grant, listing->now);
    char created[WHEN_MAX], end[WHEN_MAX];
    char until[WHEN_MAX + sizeof("expired ")] = "-";

    when_format(grant->created, created, sizeof created);
    if (grant->expires != 0) {
        when_format(grant->expires, end, sizeof end);
        snprintf(until, sizeof until, "%s%s", expired ? "expired " : "", end);
    }
    table_add(listing->table,
              (const char *const[]){grant->address, grant->login,
                                    names_name(store_right_names, (int)grant->right),
                                    until, created});
    listing->listed++;
    listing->failed = listing->table->arena.failed;
    if (listing->failed)
        complain("out of memory");
}

/* Of an address: is the row beside the point, as a more specific key decides? */
static bool row_decided(struct listing *listing, const struct store_grant *grant)
{
    if (!listing->by_key || grant->right == STORE_DENY ||
        (int)grant->right >= STORE_RIGHTS)
        return false;
    if (!store_grant_expired(grant, listing->now))
        listing->decides[grant->right] = true;
    return listing->decided[grant->right];
}

/* A store_grant_visit. */
static bool row_list(const struct store_grant *grant, void *arg)
{
    struct listing *listing = arg;

    if (row_decided(listing, grant))
        return true;
    listing->seen++;
    if (listing->json && (strlist_has(&listing->listed_logins, grant->login) ||
                          strlist_has(&listing->listed_addresses, grant->address)))
        return true;
    if (listing->json)
        return row_list_json(listing, grant);
    row_list_text(listing, grant);
    return !listing->failed;
}

/* Lists rows; false after a complaint. */
static bool rows_list(struct store *store, const char *login, const char *address,
                      struct listing *listing)
{
    struct buf error = BUF_INIT;
    bool done = store_visit(store, login, address, row_list, listing, &error);

    if (!done && !listing->failed)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return done && !listing->failed;
}

/* Who may use the address: for each right the rows of its first key that has any. */
static bool address_list(struct store *store, const struct question *question,
                         struct listing *listing)
{
    const struct strlist logins = listing->listed_logins;

    listing->by_key = true;
    for (size_t i = 0; i < question->keys.count; i++) {
        if (!rows_list(store, NULL, question->keys.items[i], listing) ||
            !strlist_add(&listing->listed_addresses, listing->arena,
                         question->keys.items[i]))
            return false;
        for (size_t right = 0; right < STORE_RIGHTS; right++)
            listing->decided[right] |= listing->decides[right];
    }
    listing->by_key = false;
    listing->listed_logins = logins;
    return true;
}

/* What a walk over the groups of a login adds to. */
struct membership {
    struct strlist names; /* "group:NAME" */
    struct arena *arena;
};

/* A store_member_visit. */
static bool membership_add(const struct store_member *member, void *arg)
{
    struct membership *membership = arg;
    const char *name = arena_printf(membership->arena, "group:%s", member->group);

    return name != NULL && (strlist_has(&membership->names, name) ||
                            (membership->names.count < GROUPS_MAX &&
                             strlist_add(&membership->names, membership->arena, name)));
}

/* What the login may use as a member of groups, which may be members of others. */
static bool groups_list(struct store *store, const char *login, struct listing *listing)
{
    struct membership membership = {.arena = listing->arena};
    struct buf error = BUF_INIT;
    bool done =
        store_members_visit(store, NULL, login, membership_add, &membership, &error);

    for (size_t i = 0; i < membership.names.count && done; i++)
        done = store_members_visit(store, NULL, membership.names.items[i],
                                   membership_add, &membership, &error);
    complain_lines(buf_str(&error));
    buf_finish(&error);
    for (size_t i = 0; i < membership.names.count && done; i++)
        done = strcmp(membership.names.items[i], login) == 0 ||
               rows_list(store, membership.names.items[i], NULL, listing);
    return done;
}

/* Lists all that the question asks for: as a login first, then as an address. */
static bool question_list(struct store *store, const struct question *question,
                          struct listing *listing, struct table *as_login,
                          struct table *as_address)
{
    size_t own;

    listing->table = as_login;
    if (question->all)
        return rows_list(store, NULL, NULL, listing);
    if (question->login != NULL && !rows_list(store, question->login, NULL, listing))
        return false;
    own = listing->seen;
    if (question->login != NULL &&
        !strlist_add(&listing->listed_logins, listing->arena, question->login))
        return false;
    listing->table = as_address;
    if (!address_list(store, question, listing))
        return false;
    /* Everybody's grants are this login's too; but an address that is owned and has no
     * grants of its own is hardly a login. */
    listing->table = as_login;
    listing->listed_logins.count = 0;
    if (question->login == NULL || strcmp(question->login, "*") == 0 ||
        (own == 0 && listing->seen != 0))
        return true;
    return groups_list(store, question->login, listing) &&
           (strncmp(question->login, "group:", 6) == 0 ||
            rows_list(store, "*", NULL, listing));
}

static bool question_print_json(struct site *site, struct store *store,
                                const struct question *question)
{
    struct listing listing = {
        .arena = &site->arena, .now = (int64_t)time(NULL), .json = true};

    if (!question_list(store, question, &listing, NULL, NULL))
        return false;
    puts(listing.listed == 0 ? "[]" : "\n]");
    return true;
}

static bool question_print(struct site *site, struct store *store,
                           const struct question *question, const char *word)
{
    struct table as_login = {.columns = COLUMNS};
    struct table as_address = {.columns = COLUMNS};
    struct listing listing = {.arena = &site->arena, .now = (int64_t)time(NULL)};
    bool done = question_list(store, question, &listing, &as_login, &as_address);

    if (done && as_login.count != 0) {
        if (!question->all)
            printf("%s may use:\n", word);
        table_print(&as_login, heading);
    }
    if (done && as_address.count != 0) {
        printf("%s%s may be used by:\n", as_login.count != 0 ? "\n" : "", word);
        table_print(&as_address, heading);
    }
    if (done && listing.listed == 0)
        printf("no grants%s%s\n", question->all ? "" : " for ", word);
    table_finish(&as_login);
    table_finish(&as_address);
    return done;
}

/* Finds out what the word can be. false after a complaint: neither of them. */
static bool question_read(struct site *site, const char *word,
                          struct question *question_r)
{
    const struct owner_site nowhere = {.rules = site->rules};
    const char *why = NULL;
    const char *key;
    struct address address;
    struct buf ignored = BUF_INIT;

    question_r->login = owner_read(word, site->conf, &site->arena, &why);
    key = key_read(word, &site->rules, &site->arena, &why);
    if (key != NULL && key[0] == '@')
        question_r->login = NULL;
    if (key != NULL)
        question_r->keys.items[question_r->keys.count++] = key;
    if (key != NULL && address_parse(key, strlen(key), &site->rules, &site->arena,
                                     &address, NULL) == REASON_NONE)
        owner_find_keys(&nowhere, &address, &site->arena, &question_r->keys, &ignored);
    buf_finish(&ignored);
    if (question_r->login == NULL && question_r->keys.count == 0)
        complain("neither login nor address: \"%.200s\": %s", word, why);
    return question_r->login != NULL || question_r->keys.count != 0;
}

static int question_answer(struct site *site, const struct question *question,
                           bool json, const char *word)
{
    struct store *store = site_store_open(site, STORE_READ);
    bool done = store != NULL && (json ? question_print_json(site, store, question)
                                       : question_print(site, store, question, word));

    store_close(store);
    return done ? EXIT_DONE : EXIT_FAILED;
}

int cmd_grants(const struct options *options, int count, char **words)
{
    struct site site;
    struct question question = {.all = count == 0};
    int status = EXIT_WRONG;

    if (site_init(&site, options) &&
        (question.all || question_read(&site, words[0], &question)))
        status = question_answer(
            &site, &question, options_has(options, OPTION_JSON),
            question.all ? "" : shown(&site.arena, words[0], SHOWN_MAX));
    site_finish(&site);
    return status;
}
