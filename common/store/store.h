/* SPDX-License-Identifier: BSD-2-Clause */
/* store.h - the embedded grants file: who may use which address, who is in
 * which group (SQLite). */
#ifndef SENDAS_STORE_STORE_H
#define SENDAS_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/names.h"
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

/* What a grant lets a login do; the numbers stand in the file. */
enum store_right { STORE_SEND_AS = 1, STORE_ON_BEHALF, STORE_RESEND, STORE_DENY };
enum { STORE_RIGHTS = 5 };                        /* room for all of them, by number */
extern const struct name_row store_right_names[]; /* "send-as", ... "deny" */

/* One row: strings are valid during the callback. Times are seconds since 1970. */
struct store_grant {
    enum store_right right;
    const char *address; /* or "@domain", or "@.domain" */
    const char *login;   /* or "*", or "group:NAME" */
    int64_t created;
    int64_t expires; /* from this second on it counts for nothing; 0: it has no end */
};

/* Has the grant come to its end? */
bool store_grant_expired(const struct store_grant *grant, int64_t now);

/*
 * Lets the login use the address by the right (or, STORE_DENY, keeps it from that),
 * until it expires; all normalised by the caller, `created` is not looked at.
 * ANSWER_YES: added, or its end was another; ANSWER_NO: it stood there already;
 * ANSWER_UNKNOWN: failed, *error_r says why. store_revoke() likewise takes it away,
 * whatever its end (ANSWER_NO: there was no such grant).
 */
enum answer store_grant(struct store *store, const struct store_grant *grant,
                        struct buf *error_r);
enum answer store_revoke(struct store *store, const struct store_grant *grant,
                         struct buf *error_r);

/* Called once a row; false stops. It must not change the store. */
typedef bool store_grant_visit(const struct store_grant *grant, void *arg);

/*
 * Visits the grants in order of address, right, login: all of them, or those of one
 * login, or those of one address (NULL: any), expired ones too. false: failed, *error_r
 * says why.
 */
bool store_visit(struct store *store, const char *login, const char *address,
                 store_grant_visit *visit, void *arg, struct buf *error_r);

/* One member of one group: a login or, for a group in the group, "group:NAME". */
struct store_member {
    const char *group;
    const char *member;
    int64_t created;
};

/*
 * Puts a member into a group, which is there as long as it has any; or takes it out.
 * Answers as store_grant() and store_revoke(); both names normalised by the caller.
 */
enum answer store_member_add(struct store *store, const char *group, const char *member,
                             struct buf *error_r);
enum answer store_member_remove(struct store *store, const char *group,
                                const char *member, struct buf *error_r);

/* Takes all members out of a group: ANSWER_NO if it had none. */
enum answer store_group_delete(struct store *store, const char *group,
                               struct buf *error_r);

/* Called once a member; false stops. It must not change the store. */
typedef bool store_member_visit(const struct store_member *member, void *arg);

/* Visits members in order of group, then member: of one group, or those rows that have
 * one member (NULL: any). Errors as store_visit(). */
bool store_members_visit(struct store *store, const char *group, const char *member,
                         store_member_visit *visit, void *arg, struct buf *error_r);

/* What the builtin map runs; each row is one login, "*" or "group:NAME". */
struct store_queries {
    const char *list; /* the values of the key ?1 */
    /* Of these, the ones that are ?2, ?3 or ?4, and the groups; NULL: `list` does. */
    const char *find;
    const char *any; /* a row, if there is one for any key; NULL: that is not asked */
    /* The keys that ?1, ?2 or ?3 is a value of, and those that "group:" with one of
     * these is a value of, and so on; NULL: that is not asked. */
    const char *holders;
};

/* By enum store_right, and for groups. */
extern const struct store_queries store_right_queries[STORE_RIGHTS];
extern const struct store_queries store_group_queries;

#endif
