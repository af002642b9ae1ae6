/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts.h - the embedded accounts file: who may log in, by which verifiers (SQLite).
 */
#ifndef SENDAS_CRED_ACCOUNTS_H
#define SENDAS_CRED_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "store/store.h" /* enum store_mode */

/*
 * The accounts file, open for changes by one thread at a time; not across fork(). Its
 * file has mode 0600 and, made by root, the owner of its directory. sendas-authd reads
 * it through accounts_reader (below) meanwhile.
 */
struct accounts;

struct accounts *accounts_open(const char *path, enum store_mode mode,
                               struct buf *error_r);
/* The same for who waits for another writer so long at most, not ten seconds. */
struct accounts *accounts_open_busy(const char *path, enum store_mode mode,
                                    unsigned busy_ms, struct buf *error_r);
void accounts_close(struct accounts *accounts); /* rolls back; NULL is allowed */
bool accounts_begin(struct accounts *accounts, struct buf *error_r);
bool accounts_commit(struct accounts *accounts, struct buf *error_r);
void accounts_rollback(struct accounts *accounts);

/* An application password: made by us, so a fast hash of its many bits is enough. */
struct app_password {
    const char *label;
    const char *stored; /* accounts_app_check() reads it; "" in listings */
    int64_t created;
    int64_t expires; /* seconds since 1970, 0: never */
    bool disabled;
};

/* One account as stored. Strings live in the arena of whoever asked. */
struct account {
    const char *login; /* normalised: login_normalise() */
    int64_t created;
    int64_t changed; /* of the password */
    bool disabled;
    struct strlist verifiers; /* stored forms (scheme.h), at most one a scheme */
    struct strlist aliases;   /* other logins that mean this account */
    struct app_password *apps;
    size_t app_count;
    struct strlist names; /* further attributes, names[i] has values[i] */
    struct strlist values;

    /* The next four are of accounts in a directory. */
    const char *entry; /* its name there, for the directory to check the password; NULL:
                          the verifiers do that */
    const char *remembered; /* the login that `entry` was found by a while ago; NULL: it
                               was just now */
    struct strlist passwords; /* verifiers that passwords are checked against; none:
                                 `verifiers` serves for that, too */
    bool
        suspended; /* the directory says so in the entry; who binds is told by itself */
};

/*
 * Each of these: ANSWER_YES: done; ANSWER_NO: there is no such account (for add: there
 * is one already, or an alias of that name); ANSWER_UNKNOWN: failed, *error_r has a
 * line. Logins and aliases come normalised.
 */
enum answer accounts_add(struct accounts *accounts, const char *login,
                         const struct strlist *verifiers, struct buf *error_r);
enum answer accounts_set_verifiers(struct accounts *accounts, const char *login,
                                   const struct strlist *verifiers,
                                   struct buf *error_r);
enum answer accounts_delete(struct accounts *accounts, const char *login,
                            struct buf *error_r);
enum answer accounts_disable(struct accounts *accounts, const char *login,
                             bool disabled, struct buf *error_r);

/*
 * As accounts_set_verifiers(), but only if `old` (a stored form as it was found) is
 * still there: an upgrade must not undo a change that came between. It is no change of
 * the password, so `changed` stays. ANSWER_NO: `old` is gone, or there is no such
 * account.
 */
enum answer accounts_upgrade(struct accounts *accounts, const char *login,
                             const char *old, const struct strlist *verifiers,
                             struct buf *error_r);

/* ANSWER_NO: no such account, or the alias is taken (add), or not there (remove). */
enum answer accounts_alias_add(struct accounts *accounts, const char *login,
                               const char *alias, struct buf *error_r);
enum answer accounts_alias_remove(struct accounts *accounts, const char *alias,
                                  struct buf *error_r);

/* Can an attribute have that name? No password's or secret's: those never are. */
bool accounts_attribute_allowed(const char *name);

/* value NULL: take it away (there or not). UNKNOWN for a name that is not allowed, too.
 */
enum answer accounts_attribute(struct accounts *accounts, const char *login,
                               const char *name, const char *value,
                               struct buf *error_r);

enum { APP_PASSWORDS_MAX = 32 }; /* of one account */

/*
 * Makes an application password (at least 120 bits, of letters and digits that nobody
 * mistakes, in groups) and appends it to *password_r, a secret. ANSWER_NO: no such
 * account, the label is taken, or it has APP_PASSWORDS_MAX: *error_r says which.
 */
enum answer accounts_app_add(struct accounts *accounts, const char *login,
                             const char *label, int64_t expires, struct buf *password_r,
                             struct buf *error_r);
enum answer accounts_app_delete(struct accounts *accounts, const char *login,
                                const char *label, struct buf *error_r);
enum answer accounts_app_disable(struct accounts *accounts, const char *login,
                                 const char *label, bool disabled, struct buf *error_r);

/* Is this one of the password as typed (groups' blanks and dashes, and case, do not
 * count)? Says nothing of expiry and disabled. */
bool accounts_app_check(const struct app_password *app, const char *password,
                        size_t len);

/* The account of this login or alias. */
enum answer accounts_find(struct accounts *accounts, const char *login,
                          struct arena *arena, struct account *account_r,
                          struct buf *error_r);

/* Visits all accounts in order of login, without verifiers' and apps' stored forms:
 * lists their schemes' names in `verifiers` instead. false from the visitor stops. */
typedef bool accounts_visit_one(const struct account *account, void *arg);
bool accounts_visit(struct accounts *accounts, accounts_visit_one *visit, void *arg,
                    struct buf *error_r);

/* --- reading by many threads --- */

/* A few read-only connections; opened when first needed, opened anew when the file was
 * replaced by rename; a bounded wait for a locked file (`busy_ms`). */
struct accounts_reader;

struct accounts_reader *accounts_reader_create(const char *path, size_t connections,
                                               unsigned busy_ms);
void accounts_reader_destroy(struct accounts_reader *reader);

/* As accounts_find(), from any thread, without the aliases. */
enum answer accounts_reader_find(struct accounts_reader *reader, const char *login,
                                 struct arena *arena, struct account *account_r,
                                 struct buf *error_r);

/*
 * How many verifiers of each scheme and cost are stored, and how many of those are the
 * one of their account that passwords are checked against (kept up to date by the file
 * itself, so that asking is cheap): what a made-up account must look like. Ordered by
 * scheme, cost; at most ACCOUNTS_PROFILE_MAX, of the most frequent.
 */
enum { ACCOUNTS_PROFILE_MAX = 64 };
struct accounts_profile_row {
    const char *scheme;
    unsigned cost;
    uint64_t count;
    uint64_t checked;
};
bool accounts_reader_profile(struct accounts_reader *reader, struct arena *arena,
                             struct accounts_profile_row **rows_r, size_t *count_r,
                             struct buf *error_r);

#endif
