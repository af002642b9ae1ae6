/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_entries.h - which entry of a directory a login's is, remembered for a short
 * while: of whom it was found, and never that there is none. */
#ifndef SENDAS_CRED_CRED_ENTRIES_H
#define SENDAS_CRED_CRED_ENTRIES_H

#include <stdint.h>

#include "base/arena.h"

struct cred_entries;

/* One that remembers each for `ttl_ms`. NULL: out of memory, or no random numbers. */
struct cred_entries *cred_entries_create(int64_t ttl_ms);
void cred_entries_destroy(struct cred_entries *entries); /* NULL is allowed */

/*
 * The DN of the login's entry, and the account's own name, both in the arena, if they
 * were noted lately. NULL: they are not known. Any thread.
 */
const char *cred_entries_find(struct cred_entries *entries, const char *login,
                              struct arena *arena, const char **name_r);

/* Notes them; `asked` (clock_ms()) is when the directory was. Any thread. */
void cred_entries_note(struct cred_entries *entries, const char *login, const char *dn,
                       const char *name, int64_t asked);
void cred_entries_forget(struct cred_entries *entries, const char *login);

#endif
