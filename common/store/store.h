/* SPDX-License-Identifier: BSD-2-Clause */
/* store.h - the embedded grants file: who may use which address (SQLite). */
#ifndef SENDAS_STORE_STORE_H
#define SENDAS_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "store/store_file.h" /* enum store_mode */

struct store;

/*
 * Opens the grants file, as store_file_open() does; a new one has mode 0640. NULL with
 * one line in *error_r. A store is used by one thread at a time, and not across fork().
 */
struct store *store_open(const char *path, enum store_mode mode, struct buf *error_r);

/* Closes the file, rolling back what was not committed. NULL is allowed. */
void store_close(struct store *store);

/* Everything between begin and commit happens together or, after rollback, not at all.
 */
bool store_begin(struct store *store, struct buf *error_r);
bool store_commit(struct store *store, struct buf *error_r);
void store_rollback(struct store *store);

/*
 * Lets `login` use `address`; both normalised by the caller (login "*": anybody who is
 * authenticated; address may be "@domain"). ANSWER_YES: added; ANSWER_NO: it stood
 * there already; ANSWER_UNKNOWN: failed, *error_r says why. store_revoke() likewise
 * takes it away (ANSWER_NO: there was no such grant).
 */
enum answer store_grant(struct store *store, const char *login, const char *address,
                        struct buf *error_r);
enum answer store_revoke(struct store *store, const char *login, const char *address,
                         struct buf *error_r);

/* One row: strings are valid during the callback. `created` is seconds since 1970. */
struct store_grant {
    const char *address;
    const char *login;
    int64_t created;
};

/* Called once a row; false stops. It must not change the store. */
typedef bool store_grant_visit(const struct store_grant *grant, void *arg);

/*
 * Visits the grants in order of address, then login: all of them, or those of one
 * login, or those of one address (NULL: any). false: failed, *error_r says why.
 */
bool store_visit(struct store *store, const char *login, const char *address,
                 store_grant_visit *visit, void *arg, struct buf *error_r);

/* The query that the builtin map runs: ?1 is the address, each row one login. */
extern const char store_owner_query[];

#endif
