/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_ldap_match.h - whose entry a directory has found: what it holds, and whether it
 * is of the login at all (pure). */
#ifndef SENDAS_CRED_CRED_LDAP_MATCH_H
#define SENDAS_CRED_CRED_LDAP_MATCH_H

#include <stdbool.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ldap/directory.h"

/* How names in a directory are compared with logins. */
struct cred_ldap_names {
    struct strlist logins;    /* attributes that hold logins */
    const char *canonical;    /* the one whose value is the account's name; NULL: the
                                 login is */
    const char *login_domain; /* as login_canonical() */
    bool lower_case;
};

/* The attribute of the name, of any case and without options; NULL: there is none. */
const struct directory_attribute *
cred_ldap_attribute(const struct directory_entry *entry, const char *name);

/*
 * Is the text the login, after the normalisation that logins get? Directories find more
 * than that: by their rules "ALICE", a full-width "a" and a soft hyphen make no
 * difference.
 */
bool cred_ldap_name_is(const struct cred_ldap_names *names, const char *text,
                       size_t len, const char *login, struct arena *arena);

/*
 * The entry, of those that were found, one of whose login attributes is the login. YES:
 * *entry_r; NO: none is; UNKNOWN: several are, and nobody can tell whose password
 * counts, or memory ran out: one line in *error_r.
 */
enum answer cred_ldap_match(const struct cred_ldap_names *names,
                            const struct directory_entries *entries, const char *login,
                            struct arena *arena, const struct directory_entry **entry_r,
                            struct buf *error_r);

/* The account's name: the login, or the canonical attribute's only value, normalised.
 * NULL: there is no such, one line in *error_r. */
const char *cred_ldap_account_name(const struct cred_ldap_names *names,
                                   const struct directory_entry *entry,
                                   const char *login, struct arena *arena,
                                   struct buf *error_r);

/*
 * Does the entry say that its account is locked or disabled? To be asked where the
 * directory itself has no say, since nobody binds. By attributes that directories have
 * for it: cred_ldap_suspending() has their names.
 */
bool cred_ldap_suspended(const struct directory_entry *entry);

/* The i-th of these; NULL: there are no more. */
const char *cred_ldap_suspending(size_t i);

#endif
