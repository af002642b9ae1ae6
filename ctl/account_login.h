/* SPDX-License-Identifier: BSD-2-Clause */
/* account_login.h - the login of an account as an admin types it. */
#ifndef SENDAS_CTL_ACCOUNT_LOGIN_H
#define SENDAS_CTL_ACCOUNT_LOGIN_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The form in which accounts hold the login: the domain completes one without ("":
 * nothing does), ASCII letters in lower case if `fold_case`. NULL: never a login, and
 * *why_r says why (static text). The result lives in the arena.
 */
const char *account_login(const char *word, const char *login_domain, bool fold_case,
                          struct arena *arena, const char **why_r);

#endif
