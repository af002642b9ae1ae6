/* SPDX-License-Identifier: BSD-2-Clause */
/* locks.h - what a running sendas-authd has locked against guessing. */
#ifndef SENDAS_CTL_LOCKS_H
#define SENDAS_CTL_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/auth_site.h"
#include "wire/wire.h"

/* More of them do not fit into an answer. */
enum { LOCKS_MAX = WIRE_FIELDS_MAX / 2 };

/* One lock, as sendas-authd names it. */
struct lock {
    const char *name;
    int64_t until; /* seconds since 1970 */
};

/*
 * Asks for all locks; they live in the site's arena. false: one line in *error_r, such
 * as that nobody listens.
 */
bool locks_ask(struct auth_site *site, struct lock **locks_r, size_t *count_r,
               struct buf *error_r);

/*
 * Ends the locks of a login or of a client's address: `login` or `client`, the other is
 * NULL. *ended_r: how many there were. false: one line in *error_r.
 */
bool locks_end(struct auth_site *site, const char *login, const char *client,
               unsigned long *ended_r, struct buf *error_r);

/* Does the lock have to do with this login? */
bool lock_concerns(const struct lock *lock, const char *login);

#endif
