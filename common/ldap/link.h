/* SPDX-License-Identifier: BSD-2-Clause */
/* link.h - one LDAP session on which many threads search at once. */
#ifndef SENDAS_LDAP_LINK_H
#define SENDAS_LDAP_LINK_H

#include <stdbool.h>

#include <ldap.h>

#include "base/buf.h"
#include "ldap/directory.h"
#include "ldap/handle.h"
#include "ldap/patience.h"

struct link;

/* How a search on a link ended. */
enum link_end {
    LINK_ANSWERED, /* the server's result is there */
    LINK_LATE,     /* not in time, on a connection that lives */
    LINK_SILENT,   /* not in time, and nothing else came meanwhile: given up */
    LINK_LOST,     /* the connection is lost */
    LINK_FAILED    /* it could not be sent: the question is at fault */
};

/* Takes the handle over (also when it fails). Nothing at all for `silence_ms` is
 * silence, less is not. NULL: out of memory. */
struct link *link_create(struct handle *handle, int64_t silence_ms);

/* NULL is allowed. Nobody may be using it. */
void link_destroy(struct link *link);

/*
 * Searches, any number of threads at once, within the patience. LINK_ANSWERED: the
 * messages in *chain_r, to be freed with ldap_msgfree(). Else: why, in *error_r. A link
 * that was LINK_SILENT or LINK_LOST once is so for all that use it, then and later.
 */
enum link_end link_search(struct link *link, const struct directory_query *query,
                          const struct patience *patience, LDAPMessage **chain_r,
                          struct buf *error_r);

/* Whether it can be used, as far as is known without asking the server. The caller
 * makes sure that nobody is using it. */
bool link_idle_good(struct link *link);

/* Whether it is given up. Any thread. */
bool link_broken(const struct link *link);

/* libldap's number for the scope. */
int link_scope(enum directory_scope scope);

/* The session, to read messages with. */
LDAP *link_session(struct link *link);

#endif
