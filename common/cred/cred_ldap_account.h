/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_ldap_account.h - an entry of a directory made into an account (pure). */
#ifndef SENDAS_CRED_CRED_LDAP_ACCOUNT_H
#define SENDAS_CRED_CRED_LDAP_ACCOUNT_H

#include "cred/accounts.h"
#include "cred/cred_ldap_conf.h"

/*
 * Takes what the entry holds: its SCRAM verifiers, those that passwords are checked
 * against if that is done here, and the attributes to be served. *account_r has its
 * login already. UNKNOWN: it holds verifiers, but none that can be read, or memory ran
 * out: one line in *error_r.
 */
enum answer cred_ldap_account_take(const struct cred_ldap_conf *conf,
                                   const struct directory_entry *entry,
                                   struct arena *arena, struct account *account_r,
                                   struct buf *error_r);

#endif
