/* SPDX-License-Identifier: BSD-2-Clause */
/* hash_many.h - the passwords of an import made into verifiers, by all processors. */
#ifndef SENDAS_CTL_HASH_MANY_H
#define SENDAS_CTL_HASH_MANY_H

#include <stdbool.h>

#include "ctl/auth_site.h"
#include "ctl/records.h"

/*
 * Gives each record with a password a verifier of each configured scheme that it has
 * none of; shows how far it is on a terminal. A record whose password a scheme does not
 * take is dropped after a complaint. false after a complaint: memory or threads failed.
 */
bool hash_many(struct records *records, const struct auth_site *site);

#endif
