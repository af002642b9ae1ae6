/* SPDX-License-Identifier: BSD-2-Clause */
/* login.h - the one form in which a login is compared. */
#ifndef SENDAS_MAIL_LOGIN_H
#define SENDAS_MAIL_LOGIN_H

#include <stddef.h>

#include "base/arena.h"

/*
 * Normalises a login as the MTA reports it or as an owner map names it: ASCII lower
 * case, and "@login_domain" completes one without "@" (login_domain NULL or "": nothing
 * does). NULL for what can never be a login - empty, over 512 bytes, or with control
 * bytes - or when memory ran out (arena->failed). The result lives in the arena.
 */
const char *login_normalise(const char *login, size_t len, const char *login_domain,
                            struct arena *arena);

#endif
