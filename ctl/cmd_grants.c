/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "ctl/table.h"
#include "ctl/when.h"

/* What is asked: all rows, or those of one login and those of one address - no login
 * and no keys when the word cannot be one. */
struct question {
    bool all;
    const char *login;
    const char *keys[ADDRESS_KEYS_MAX]; /* from most to least specific */
    size_t key_count;
};

/* Where the rows go: a table for each meaning of the word, or one JSON list. */
struct listing {
    bool json;
    bool failed;         /* a complaint was made */
    size_t seen;         /* rows that the store had */
    size_t listed;       /* those that were not left out */
    struct table *table; /* of the meaning that is being listed */
    /* JSON: the rows of this login, or of this address, stand in the list already. */
    const char *listed_login;
    const char *listed_address;
};

static const char *const heading[] = {"ADDRESS", "LOGIN", "GRANTED"};
enum { COLUMNS = 3 };

static bool row_list_json(struct listing *listing, const struct store_grant *grant)
{
    json_t *row =
        json_pack("{s:o, s:o, s:I}", "address", json_text(grant->address), "login",
                  json_text(grant->login), "created", (json_int_t)grant->created);

    listing->failed = !json_print_line(listing->listed == 0 ? "[\n  " : ",\n  ", row);
    listing->listed++;
    return !listing->failed;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

/* A store_grant_visit. */
static bool row_list(const struct store_grant *grant, void *arg)
{
    struct listing *listing = arg;
    char when[WHEN_MAX];

    listing->seen++;
    if (listing->json && (same(listing->listed_login, grant->login) ||
                          same(listing->listed_address, grant->address)))
        return true;
    if (listing->json)
        return row_list_json(listing, grant);
    when_format(grant->created, when, sizeof(when));
    table_add(listing->table,
              (const char *const[]){grant->address, grant->login, when});
    listing->listed++;
    if (listing->table->arena.failed)
        complain("out of memory");
    listing->failed = listing->table->arena.failed;
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

/* Who may use the address: the rows of its first key that has any. */
static bool address_list(struct store *store, const struct question *question,
                         struct listing *listing)
{
    size_t before = listing->seen;

    listing->listed_login = question->login;
    for (size_t i = 0; i < question->key_count && listing->seen == before; i++) {
        if (!rows_list(store, NULL, question->keys[i], listing))
            return false;
        listing->listed_address = question->keys[i];
    }
    listing->listed_login = NULL;
    return true;
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
    listing->table = as_address;
    if (!address_list(store, question, listing))
        return false;
    /* Everybody's grants are this login's too; but an address that is owned and has no
     * grants of its own is hardly a login. */
    listing->table = as_login;
    if (question->login == NULL || strcmp(question->login, "*") == 0 ||
        (own == 0 && listing->seen != 0))
        return true;
    return rows_list(store, "*", NULL, listing);
}

static bool question_print_json(struct store *store, const struct question *question)
{
    struct listing listing = {.json = true};

    if (!question_list(store, question, &listing, NULL, NULL))
        return false;
    puts(listing.listed == 0 ? "[]" : "\n]");
    return true;
}

static bool question_print(struct store *store, const struct question *question,
                           const char *word)
{
    struct table as_login = {.columns = COLUMNS};
    struct table as_address = {.columns = COLUMNS};
    struct listing listing = {.json = false};
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
    const char *why = NULL;
    const char *key;
    struct address address;

    question_r->login = login_read(word, site->conf, &site->arena, &why);
    key = key_read(word, &site->rules, &site->arena, &why);
    if (key != NULL && key[0] == '@')
        question_r->login = NULL;
    if (key != NULL)
        question_r->keys[question_r->key_count++] = key;
    if (key != NULL && address_parse(key, strlen(key), &site->rules, &site->arena,
                                     &address, NULL) == REASON_NONE)
        question_r->key_count =
            address_keys(&address, &site->rules, &site->arena, question_r->keys);
    if (question_r->login == NULL && question_r->key_count == 0)
        complain("neither login nor address: \"%.200s\": %s", word, why);
    return question_r->login != NULL || question_r->key_count != 0;
}

static int question_answer(struct site *site, const struct question *question,
                           bool json, const char *word)
{
    struct store *store = site_store_open(site, STORE_READ);
    bool done = store != NULL && (json ? question_print_json(store, question)
                                       : question_print(store, question, word));

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
