/* SPDX-License-Identifier: BSD-2-Clause */
/* app_passwords.h - application passwords, shown. */
#ifndef SENDAS_CTL_APP_PASSWORDS_H
#define SENDAS_CTL_APP_PASSWORDS_H

#include "base/arena.h"
#include "cred/accounts.h"
#include "ctl/json.h"

/* Those of an account: a list of {"label", "created", "expires", "disabled"}; expires
 * is null for one that never does. NULL when memory ran out. */
json_t *app_passwords_json(const struct account *account);

/* One on a line, made printable; in the arena. */
const char *app_password_line(const struct app_password *app, struct arena *arena);

#endif
