/* SPDX-License-Identifier: BSD-2-Clause */
/* cred.h - a login in, its proof out: the configured sources of accounts, asked in
 * order. */
#ifndef SENDAS_CRED_CRED_H
#define SENDAS_CRED_CRED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/event.h"
#include "base/strlist.h"
#include "cred/accounts.h"
#include "cred/scheme.h"

struct cred;

/* Called from any thread, with a line for the log. */
typedef void cred_notice(void *arg, enum event_level level, const char *line);

/* What the sources and the checks need to know; borrowed, must outlive the cred. */
struct cred_site {
    const char *accounts;              /* path of the accounts file, for "builtin" */
    const struct strlist *credentials; /* "builtin", "sqlite:FILE.cf", "ldap:FILE.cf" */
    const char *login_domain;      /* completes a login without one; "": nothing does */
    bool lower_case;               /* fold ASCII letters of logins */
    const struct strlist *schemes; /* made when a password is set or upgraded */
    struct scheme_costs costs;
    bool upgrade;          /* a right password replaces what is out of date */
    bool challenge;        /* serve CRAM-MD5 and DIGEST-MD5 secrets */
    const struct buf *key; /* of the made-up verifiers */
    size_t connections;    /* to each database */
    unsigned profile_ms;   /* how old what is known of the kinds of verifiers may be */
    unsigned busy_ms;      /* the longest wait for a locked database */
    size_t checks;         /* passwords that a directory is asked about at once */
    unsigned request_ms;   /* the longest time that whoever asks will wait; 0: any */
    cred_notice *notice;   /* NULL: nobody listens */
    void *notice_arg;
};

/* NULL: a source's specification or file is wrong, one line in *error_r. No database is
 * opened before the first question. */
struct cred *cred_create(const struct cred_site *site, struct buf *error_r);
void cred_destroy(struct cred *cred); /* NULL is allowed; nobody may be using it */

/* Is one of the sources asked over a network, so that each of the below may wait for as
 * long as that takes? */
bool cred_blocks(const struct cred *cred);
/* The same for a source that is not open. */
bool cred_spec_blocks(const char *spec);

/* What an account is looked for; a source that is asked over a network need not bring
 * more. */
enum cred_want {
    CRED_WANT_CHECK,  /* cred_check() */
    CRED_WANT_VALUES, /* cred_values() */
    CRED_WANT_ALL,
    CRED_WANTS
};

struct cred_seen;

/* A canonical login; {name, NULL} is one, too. */
struct cred_login {
    const char *name;
    /* What sources said of it when they were asked for aliases, so that they need not
     * be asked again; in the same arena. */
    const struct cred_seen *seen;
};

/*
 * The one canonical form of a login as it was typed: outer blanks off, ASCII folded,
 * domain completed (`realm`, may be NULL, is what the mechanism gave apart), aliases
 * resolved; `want` is what it is for. ANSWER_YES: *login_r; it need not exist.
 * ANSWER_NO: never a login (control bytes, two "@", empty parts, not UTF-8, over 512
 * bytes). Idempotent. Any thread.
 */
enum answer cred_canonical(struct cred *cred, const char *typed, size_t len,
                           const char *realm, enum cred_want want, struct arena *arena,
                           struct cred_login *login_r, struct buf *error_r);

/* How a check of a password came out. */
enum cred_why {
    CRED_RIGHT,
    CRED_WRONG,    /* the account is there, the password is not its */
    CRED_NO_LOGIN, /* no such account */
    CRED_DISABLED, /* right or wrong: the account (or this application password) is off
                    */
    CRED_EXPIRED,  /* a right application password past its end; what a directory calls
                      so */
    CRED_NO_VERIFIER, /* an account that nothing can be checked against */
    CRED_LOCKED,      /* right or wrong: the directory has locked the account */
    CRED_MUST_CHANGE, /* right, but good for nothing else before it is changed */
    CRED_REFUSED      /* the directory lets nobody bind as the account */
};

struct cred_result {
    enum cred_why why;
    const char *scheme; /* what it was checked against: "SCRAM-SHA-256", "app", "bind",
                           "" */
    const char *label;  /* of an application password, else NULL */
    const char *source; /* which source knew the login, "" for none */
    bool upgradable;    /* CRED_RIGHT, and cred_upgrade() would find something to do */
};

/*
 * Checks a password that was sent. YES: CRED_RIGHT; NO: any other; UNKNOWN: could not
 * tell, one line in *error_r. An unknown or disabled login costs what a wrong password
 * costs. Any thread; takes the time of a hash.
 */
enum answer cred_check(struct cred *cred, const struct cred_login *login,
                       const char *password, size_t len, struct arena *arena,
                       struct cred_result *result_r, struct buf *error_r);

/*
 * After a check that was right and upgradable, and after its answer went out: replaces
 * the account's verifiers that are out of date and adds those of site->schemes that it
 * lacks. Checks the password once more, against what is stored by then. Takes the time
 * of some hashes, and waits for a locked file but shortly. true: verifiers were
 * replaced or added. false: nothing was changed, with one line in *error_r if that is a
 * failure. Any thread.
 */
bool cred_upgrade(struct cred *cred, const char *login, const char *password,
                  size_t len, struct buf *error_r);

/* One value of a property; any bytes, and a NUL behind them that len does not count. */
struct cred_value {
    const char *bytes;
    size_t len;
};

/*
 * The values of an auxprop property ("authPassword", "cmusaslsecretCRAM-MD5", or an
 * attribute) for a canonical login. For authPassword and the challenge secrets there is
 * always an answer, made up where the login is unknown or disabled or lacks a
 * verifier: one value for each SCRAM mechanism; the challenge secrets are binary, as
 * libsasl wants them, and none without site->challenge. An attribute of an unknown
 * login has no values. *known_r: is there such an account, not disabled (for the log
 * and the throttle, never for the client)? YES: values_r[0..*count_r-1] complete (maybe
 * none). UNKNOWN: could not tell. Never NO.
 */
enum answer cred_values(struct cred *cred, const struct cred_login *login,
                        const char *property, struct arena *arena,
                        struct cred_value **values_r, size_t *count_r, bool *known_r,
                        struct buf *error_r);

/*
 * Sets (password not NULL) or takes away an account's password, as saslpasswd2 does: in
 * the builtin source only. `create`: make the account if it is not there. NO: no such
 * account, or the password cannot be taken, one line in *error_r.
 */
enum answer cred_store(struct cred *cred, const char *login, const char *password,
                       size_t len, bool create, struct buf *error_r);

#endif
