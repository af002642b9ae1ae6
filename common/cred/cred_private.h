/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_private.h - the sources of accounts, for the files that ask them. */
#ifndef SENDAS_CRED_CRED_PRIVATE_H
#define SENDAS_CRED_CRED_PRIVATE_H

#include <pthread.h>

#include "cred/choose.h"
#include "cred/cred.h"

/* One kind of source: a file, a const struct like this, a row in cred.c. */
struct cred_source_type {
    const char *name; /* "builtin"; "sqlite" with a name behind ":" */
    bool takes_name;
    /* NULL: a line in *error_r. Opens no database. */
    void *(*open)(const char *name, const struct cred_site *site, struct buf *error_r);
    void (*close)(void *state);
    /* As accounts_reader_find(). */
    enum answer (*find)(void *state, const char *login, enum cred_want want,
                        struct arena *arena, struct account *account_r,
                        struct buf *error_r);
    /* As accounts_reader_profile(). */
    bool (*profile)(void *state, struct arena *arena,
                    struct accounts_profile_row **rows_r, size_t *count_r,
                    struct buf *error_r);

    /* Those below may be NULL: not so. */

    /* Is it asked over a network, so that whoever asks may have to wait? */
    bool blocks;
    /* Can a login be another name of an account, whose own find() then gives? */
    bool (*has_aliases)(const void *state);
    /* Is every login an account here? */
    bool (*has_all)(const void *state);
    /* Has the source itself check the password of an account with `entry`. As
     * cred_check(); result_r has the source already. */
    enum answer (*check)(void *state, const struct account *account,
                         const char *password, size_t len, struct cred_result *result_r,
                         struct buf *error_r);
    /* Takes the time of a check() that finds the password wrong, for a
     * login that is not there. profile() has a row of the source's name, with how many
     * accounts it checks so. */
    void (*check_nobody)(void *state, const char *login);
    /* Takes the time of a find(). */
    void (*find_nobody)(void *state, const char *login);
};

extern const struct cred_source_type cred_builtin;
extern const struct cred_source_type cred_ldap;
extern const struct cred_source_type cred_sqlite;

struct cred_source {
    const struct cred_source_type *type;
    void *state;
    const char *spec; /* as configured */
};

/* What a source said of a login. */
struct cred_seen {
    const struct cred_source *source;
    enum answer answer; /* YES or NO */
    struct account account;
    const struct cred_seen *next; /* of another source */
};

enum { CRED_SCHEMES_MAX = 32 };

/* A kind of verifier, and what one costs. */
struct cred_kind {
    const struct scheme *scheme;
    unsigned cost;
    const struct cred_source *source; /* not NULL: it checks by itself, and the others
                                         say nothing */
};

struct cred_profile {
    struct accounts_profile_row *rows;
    size_t count;
};

struct cred {
    const struct cred_site *site;
    struct cred_source *sources;
    size_t source_count;
    bool writable;                              /* one of them is the builtin one */
    bool blocks;                                /* one of them does */
    struct cred_kind schemes[CRED_SCHEMES_MAX]; /* of site->schemes, as made now */
    size_t scheme_count;
    struct buf sample;           /* a verifier of the first of these */
    pthread_mutex_t lock;        /* guards the rest */
    struct cred_profile profile; /* remembered; its schemes' names are the registry's */
    int64_t profile_until;       /* when it is forgotten; of the monotonic clock, ms */
};

/* The account of a canonical login in the first source that has it; *source_r is that
 * source. A source that cannot tell ends the search: the next one might not know what
 * this one would have said. */
enum answer cred_find(struct cred *cred, const struct cred_login *login,
                      enum cred_want want, struct arena *arena,
                      struct account *account_r, const struct cred_source **source_r,
                      struct buf *error_r);

/* Can logins be other names of the source's accounts? */
bool cred_has_aliases(const struct cred_source *source);

/*
 * Who is found early takes the time of the sources from `first` on that are asked over
 * a network for who is not: those that can have aliases, or those that cannot.
 */
void cred_pause(const struct cred *cred, size_t first, bool aliases, const char *login);

/* Verifiers of the account: `stored`, one of its lists. false: they cannot be,
 * "SOURCE: LOGIN: why" in *error_r. */
bool cred_read(const struct cred_source *source, const struct account *account,
               const struct strlist *stored, struct verifiers *verifiers_r,
               struct buf *error_r);

/* Takes the time of that where there is no account. */
void cred_read_nobody(const struct cred *cred);

/* --- made-up accounts --- */

/* 64 bits that look random, of a login and what they are for. */
uint64_t cred_hash(const struct buf *key, const char *what, uint64_t number,
                   const char *login);

/* The source of that name that checks passwords by itself; NULL: there is none. */
const struct cred_source *cred_checking_source(const struct cred *cred,
                                               const char *spec);

/* What all sources say of the verifiers that they have, or said a moment ago. */
bool cred_profile(struct cred *cred, struct arena *arena,
                  struct cred_profile *profile_r, struct buf *error_r);

/*
 * The kind of verifier that a check of this login's password would have taken, if there
 * were the login: drawn from the profile by a keyed hash of it, the same each time. An
 * account that does exist was drawn from the same profile, so to say, which is why time
 * does not tell them apart. When the profile changes, as upgrades go on, so many draws
 * change as accounts do (a rendezvous hash), and towards what the accounts change to.
 */
struct cred_kind cred_draw_checked(const struct cred *cred,
                                   const struct cred_profile *profile,
                                   const char *login);

/* The same for the cost of a verifier of the scheme, of those that are stored. */
unsigned cred_draw_cost(const struct cred *cred, const struct cred_profile *profile,
                        const struct scheme *scheme, const char *login);

/* --- upgrades --- */

/* What an account's verifiers lack. */
struct cred_plan {
    bool keep[VERIFIERS_MAX]; /* of the ones that it has */
    const struct scheme *make[CRED_SCHEMES_MAX + VERIFIERS_MAX];
    size_t make_count;
    bool needed; /* something is to be made or dropped */
};

void cred_plan(const struct cred *cred, const struct verifiers *verifiers,
               struct cred_plan *plan_r);

#endif
