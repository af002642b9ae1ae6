/* SPDX-License-Identifier: BSD-2-Clause */
/* login.h - the one form in which a login is compared. */
#ifndef SENDAS_MAIL_LOGIN_H
#define SENDAS_MAIL_LOGIN_H

#include <stdbool.h>
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

/*
 * The one form of a login as a client typed it, for who lets it in: blanks around it
 * off; completed by `realm` (what the mechanism gave apart; NULL or "": nothing) or
 * else `login_domain`; ASCII lower case (the domain in any case, the rest if
 * `lower_case`). Its own result is what it makes of that, and, with lower_case, what
 * login_normalise() makes of it: who logs in and who sends is compared alike.
 *
 * What could be taken for somebody else is refused, not repaired, since the MTA may
 * know it by the name that was typed: NULL beside what login_normalise() refuses for
 * what is not UTF-8, has control characters, a second "@" (a realm behind an "@" counts
 * as one), nothing before or behind the "@", an empty label in its domain (a dot at the
 * end), or is over 512 bytes in the end. Letters beyond ASCII stay as they are, so a
 * full-width one is no other than itself.
 */
const char *login_canonical(const char *typed, size_t len, const char *realm,
                            const char *login_domain, bool lower_case,
                            struct arena *arena);

#endif
