/* SPDX-License-Identifier: BSD-2-Clause */
/* choose.h - which of an account's verifiers a password is checked against (pure). */
#ifndef SENDAS_CRED_CHOOSE_H
#define SENDAS_CRED_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "cred/scheme.h"

enum { VERIFIERS_MAX = 32 }; /* of one account: one a scheme */

/* An account's verifiers, read. They borrow from the stored forms. */
struct verifiers {
    struct verifier items[VERIFIERS_MAX];
    size_t count;
    const struct verifier *checked; /* NULL: a password can be checked against none */
};

/*
 * Reads the stored forms and chooses. false with "what is wrong" in *error_r: one
 * cannot be read, is a password in the clear, or is the second of its scheme.
 *
 * An account's verifiers are of one password, so one check tells. Which one must not
 * depend on the password, nor on how the last check came out, or time would tell more
 * than the answer does: it is the first in the order of the registry, whatever is
 * stored beside. So each account has one (scheme, cost) that a check takes the time of,
 * the accounts file counts those (accounts_profile_row.checked), and a login that does
 * not exist takes the time of one that is drawn from the same counts. Choosing the
 * fastest instead would be no use: costs of different schemes cannot be compared, and
 * once upgraded all accounts have the first anyway.
 */
bool verifiers_read(const struct strlist *stored, struct verifiers *verifiers_r,
                    struct buf *error_r);

/* The account's verifier of the scheme, NULL if it has none. */
const struct verifier *verifiers_of(const struct verifiers *verifiers,
                                    const struct scheme *scheme);

#endif
