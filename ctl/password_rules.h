/* SPDX-License-Identifier: BSD-2-Clause */
/* password_rules.h - the system's rules for passwords (libpwquality). */
#ifndef SENDAS_CTL_PASSWORD_RULES_H
#define SENDAS_CTL_PASSWORD_RULES_H

#include <stdbool.h>

#include "base/buf.h"

struct password_rules;

/*
 * Reads pwquality.conf(5). Without cracklib's dictionary the rules count without the
 * look into it, which is said in a complaint. NULL after a complaint.
 */
struct password_rules *password_rules_create(void);
void password_rules_destroy(struct password_rules *rules); /* NULL is allowed */

/*
 * Does the password keep the rules? The login, as a whole and without its domain, must
 * not be in it. false: what rule it breaks is in *error_r.
 */
bool password_rules_check(struct password_rules *rules, const char *password,
                          const char *login, struct buf *error_r);

/* Does the site want the rules kept ("enforcing"), or just told? */
bool password_rules_enforced(struct password_rules *rules);

/*
 * Appends a random password that keeps the rules to *password_r, a secret. false: one
 * line in *error_r, as when no password can keep them.
 */
bool password_rules_generate(struct password_rules *rules, struct buf *password_r,
                             struct buf *error_r);

#endif
