/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_file.h - what the tests of accounts files share. */
#ifndef SENDAS_TESTS_ACCOUNTS_FILE_H
#define SENDAS_TESTS_ACCOUNTS_FILE_H

#include <sqlite3.h>

#include "cred/accounts.h"
#include "cred/scheme.h"

/* Costs that cost no time. */
static inline struct scheme_costs cheap_costs(void)
{
    struct scheme_costs costs = scheme_costs_default;

    costs.scram_iterations = 4096;
    costs.bcrypt_cost = 4;
    costs.sha_crypt_rounds = 1000;
    return costs;
}

/* A new verifier in the arena. */
static inline const char *new_verifier(struct arena *arena, const char *scheme,
                                       unsigned cost, const char *password)
{
    struct scheme_costs costs = cheap_costs();
    struct buf stored = BUF_INIT, error = BUF_INIT;
    const char *copy;

    if (cost != 0 && strcmp(scheme, "SHA512-CRYPT") == 0)
        costs.sha_crypt_rounds = cost;
    else if (cost != 0)
        costs.scram_iterations = cost;
    if (!scheme_make(scheme_find(scheme, strlen(scheme)), &costs, "alice@x.org",
                     password, strlen(password), &stored, &error))
        fail_msg("%s", buf_str(&error));
    copy = arena_strndup(arena, buf_str(&stored), stored.len);
    buf_finish(&stored);
    return copy;
}

static inline struct accounts *open_accounts(const char *path, enum store_mode mode)
{
    struct buf error = BUF_INIT;
    struct accounts *accounts = accounts_open(path, mode, &error);

    if (accounts == NULL)
        fail_msg("%s", buf_str(&error));
    return accounts;
}

/* Adds an account with the verifiers given, up to a NULL. */
static inline void add_account(struct accounts *accounts, const char *login,
                               const char *first, const char *second)
{
    struct arena arena = {0};
    struct strlist list = {0};
    struct buf error = BUF_INIT;

    if (first != NULL)
        assert_true(strlist_add(&list, &arena, first));
    if (second != NULL)
        assert_true(strlist_add(&list, &arena, second));
    if (accounts_add(accounts, login, &list, &error) != ANSWER_YES)
        fail_msg("%s: %s", login, buf_str(&error));
    arena_finish(&arena);
}

static inline void run_sql(const char *path, const char *sql)
{
    char *why = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

#endif
