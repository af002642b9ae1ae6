/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_private.h - the open accounts file, for the accounts' own files alone. */
#ifndef SENDAS_CRED_ACCOUNTS_PRIVATE_H
#define SENDAS_CRED_ACCOUNTS_PRIVATE_H

#include <sqlite3.h>

#include "cred/accounts.h"
#include "store/store_file.h"
#include "store/store_schema.h"

/* All that is ever said to the file; accounts_sql[] has the words. */
enum accounts_statement {
    /* What a reader says. */
    ACCOUNTS_BEGIN,
    ACCOUNTS_END,
    ACCOUNTS_IDS,
    ACCOUNTS_BY_ID,
    ACCOUNTS_VERIFIERS,
    ACCOUNTS_APPS,
    ACCOUNTS_ATTRIBUTES,
    ACCOUNTS_PROFILE,
    ACCOUNTS_READING, /* how many these are */

    /* What who lists or changes says beside. */
    ACCOUNTS_ALIASES = ACCOUNTS_READING,
    ACCOUNTS_LIST,
    ACCOUNTS_SCHEMES,
    ACCOUNTS_ID,
    ACCOUNTS_INSERT,
    ACCOUNTS_DELETE,
    ACCOUNTS_DISABLE,
    ACCOUNTS_TOUCH,
    ACCOUNTS_HAS_VERIFIER,
    ACCOUNTS_INSERT_VERIFIER,
    ACCOUNTS_DELETE_VERIFIERS,
    ACCOUNTS_INSERT_ALIAS,
    ACCOUNTS_DELETE_ALIAS,
    ACCOUNTS_INSERT_ATTRIBUTE,
    ACCOUNTS_DELETE_ATTRIBUTE,
    ACCOUNTS_COUNT_APPS,
    ACCOUNTS_INSERT_APP,
    ACCOUNTS_DELETE_APP,
    ACCOUNTS_DISABLE_APP,
    ACCOUNTS_STATEMENTS
};

extern const char *const accounts_sql[ACCOUNTS_STATEMENTS];
extern const struct store_schema accounts_schema;

struct accounts {
    struct store_file file;
    sqlite3_stmt *stmts[ACCOUNTS_STATEMENTS]; /* prepared at first use, kept */
};

/* A parameter: the text, or if that is NULL the number. */
struct accounts_param {
    const char *text;
    int64_t number;
};

/* The statement, its parameters bound. NULL with a line in *error_r. */
sqlite3_stmt *accounts_bind(struct accounts *accounts, enum accounts_statement which,
                            const struct accounts_param *params, size_t count,
                            struct buf *error_r);

/* Runs one that changes rows. YES: it did; NO: there were none to change. */
enum answer accounts_run(struct accounts *accounts, enum accounts_statement which,
                         const struct accounts_param *params, size_t count,
                         struct buf *error_r);

/* Runs one that yields a number, or no row (NO). */
enum answer accounts_number(struct accounts *accounts, enum accounts_statement which,
                            const struct accounts_param *params, size_t count,
                            int64_t *number_r, struct buf *error_r);

/* The id of the account of this login, no alias. */
enum answer accounts_id(struct accounts *accounts, const char *login, int64_t *id_r,
                        struct buf *error_r);

/*
 * Several statements as one change, whether or not a transaction is open: enter, do,
 * leave with what came out. Anything but YES is undone. `saved_r` is for leave.
 */
bool accounts_enter(struct accounts *accounts, bool *saved_r, struct buf *error_r);
enum answer accounts_leave(struct accounts *accounts, bool saved, enum answer answer,
                           struct buf *error_r);

/* Where an account is read from. */
struct account_source {
    sqlite3_stmt *const *stmts; /* of accounts_sql[]; the reading ones at least */
    const char *path;           /* for messages */
    struct arena *arena;
    struct buf *error;
};

/* How reading came out. */
enum account_read {
    ACCOUNT_READ,
    ACCOUNT_NONE,
    ACCOUNT_ODD,   /* what is stored cannot be: the source's error has a line */
    ACCOUNT_FAILED /* SQLite's call failed: ask it for the reason */
};

/*
 * The account of a login or alias, without its aliases; the statements are reset. For
 * one that does not exist somebody else's account is read and forgotten, so that it
 * takes the same steps and the same time.
 */
enum account_read account_read_login(const struct account_source *source,
                                     const char *login, int64_t *id_r,
                                     struct account *account_r);

/* From the current row of a statement that begins with id, login, created, changed,
 * disabled. */
enum account_read account_read_row(const struct account_source *source,
                                   sqlite3_stmt *stmt, int64_t *id_r,
                                   struct account *account_r);

/* One kind of what hangs on the account: verifiers (or, from ACCOUNTS_SCHEMES, their
 * names), aliases, application passwords, attributes. */
enum account_read account_read_rows(const struct account_source *source,
                                    enum accounts_statement which, int64_t id,
                                    struct account *account_r);

/* A column as a text without NULs of at most `max` bytes, in the arena. */
enum account_read account_text(const struct account_source *source, sqlite3_stmt *stmt,
                               int column, size_t max, const char **text_r);

/* A column as a number that is not negative. */
enum account_read account_number(const struct account_source *source,
                                 sqlite3_stmt *stmt, int column, int64_t *number_r);

#endif
