/* SPDX-License-Identifier: BSD-2-Clause */
/* directory.h - an LDAP directory behind several servers: asked by many threads, each
 * answered within a deadline. */
#ifndef SENDAS_LDAP_DIRECTORY_H
#define SENDAS_LDAP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/event.h"
#include "base/strlist.h"

struct directory;

enum directory_bind {
    DIRECTORY_ANONYMOUS, /* no bind at all */
    DIRECTORY_SIMPLE,    /* by DN and password */
    DIRECTORY_SASL       /* by a SASL mechanism, EXTERNAL for one */
};

enum directory_scope { DIRECTORY_BASE, DIRECTORY_ONE, DIRECTORY_SUB };

/*
 * Called from any thread, with a line for the log, once for each thing that happens: a
 * server is away and why, the next one is asked, the preferred one is back.
 */
typedef void directory_notice(void *arg, enum event_level level, const char *line);

/* How a directory is reached. All borrowed, must outlive it; texts are never NULL, ""
 * is "not given". */
struct directory_settings {
    const struct strlist
        *uris;           /* ldap://, ldaps://, ldapi://; the preferred one first */
    unsigned timeout_ms; /* the longest that any question takes, over all servers */
    int version;         /* of the protocol, 2 or 3 */

    bool start_tls;
    bool require_cert; /* check the server's certificate and name */
    const char *ca_file;
    const char *ca_dir;
    const char *cert;
    const char *key;
    const char *ciphers;

    enum directory_bind bind;
    const char *bind_dn;
    const char *bind_pw;
    const char *bind_pw_file; /* read anew for each connection: its first line */
    const char *sasl_mechs;
    const char *sasl_realm;
    const char *sasl_authz_id;
    int sasl_minssf;

    int dereference; /* LDAP_DEREF_NEVER .. LDAP_DEREF_ALWAYS, 0 to 3 */
    bool chase_referrals;

    size_t connections; /* for searches, shared by all threads, at most */
    size_t checks;      /* for password checks, each used by one thread, at most */

    directory_notice *notice; /* NULL: nobody listens */
    void *notice_arg;
};

/*
 * Contacts nobody: no connection and no thread before the first question, so that it
 * may be made before a fork() and used after it. NULL with one line in *error_r: a
 * wrong URI, a file that cannot be read, out of memory.
 */
struct directory *directory_create(const struct directory_settings *settings,
                                   struct buf *error_r);

/* NULL is allowed. Nobody may be using it. */
void directory_destroy(struct directory *directory);

/* A search. `filter` and `base` hold nothing from outside that is not escaped
 * (filter.h). */
struct directory_query {
    const char *base;
    enum directory_scope scope;
    const char *filter;
    const char *const *attributes; /* to be read, ends with NULL */
    int size_limit;                /* entries; one more is a failure; 0: none */
    unsigned timeout_ms; /* what is left of a time for several; 0: the settings' own */
};

/* Any bytes, and a NUL behind them that len does not count. */
struct directory_value {
    const char *bytes;
    size_t len;
};

struct directory_attribute {
    const char *name; /* as the server spells it, options and all */
    struct directory_value *values;
    size_t count;
};

struct directory_entry {
    const char *dn;
    struct directory_attribute *attributes;
    size_t count;
};

struct directory_entries {
    struct directory_entry *items; /* in the arena that was given */
    size_t count;
    const char *server; /* the URI of the one that answered */
    bool no_base;       /* there is no such entry as the base: nothing was searched */
};

/*
 * Searches, on the preferred server or, where it does not answer, on the next. YES:
 * complete, with at least one entry. NO: complete, with none (or no such base).
 * UNKNOWN: no server answered in time, or the answer is an error or not complete; one
 * line in *error_r. Takes at most settings->timeout_ms, and at most query->timeout_ms
 * if that is given. Any thread.
 */
enum answer directory_search(struct directory *directory,
                             const struct directory_query *query, struct arena *arena,
                             struct directory_entries *entries_r, struct buf *error_r);

/* What a directory says of a password. */
enum directory_verdict {
    DIRECTORY_RIGHT,
    DIRECTORY_WRONG,       /* or no such entry: directories do not tell */
    DIRECTORY_LOCKED,      /* its password policy has locked the account */
    DIRECTORY_EXPIRED,     /* the password is past its time */
    DIRECTORY_MUST_CHANGE, /* right, and good for nothing but to be changed */
    DIRECTORY_REFUSED      /* the entry cannot be bound as: no password, not allowed */
};

/*
 * Binds as `dn` with the password, on a connection that is used for nothing else, with
 * the control of draft-behera-ldap-password-policy. An empty password is never sent: it
 * would be an anonymous bind (RFC 4513 5.1.2), and is DIRECTORY_WRONG. YES:
 * DIRECTORY_RIGHT; NO: any other; UNKNOWN: could not tell, one line in *error_r. Takes
 * at most settings->timeout_ms. Any thread.
 */
enum answer directory_check(struct directory *directory, const char *dn,
                            const char *password, size_t len,
                            enum directory_verdict *verdict_r, struct buf *error_r);

#endif
