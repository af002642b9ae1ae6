/* SPDX-License-Identifier: BSD-2-Clause */
/* entries.h - a search's messages from the wire made entries in an arena. */
#ifndef SENDAS_LDAP_ENTRIES_H
#define SENDAS_LDAP_ENTRIES_H

#include <stdbool.h>

#include <ldap.h>

#include "base/arena.h"
#include "ldap/directory.h"

/*
 * Copies all entries of the chain of messages behind those that are there; what else is
 * in it (references, the result) is passed over. false: out of memory, or a message
 * that cannot be read.
 */
bool entries_read(LDAP *ld, LDAPMessage *chain, struct arena *arena,
                  struct directory_entries *entries);

#endif
