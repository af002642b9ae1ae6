/* SPDX-License-Identifier: BSD-2-Clause */
/* import_accounts.h - records into the accounts file, for the formats that have them.
 */
#ifndef SENDAS_CTL_IMPORT_ACCOUNTS_H
#define SENDAS_CTL_IMPORT_ACCOUNTS_H

#include "ctl/auth_site.h"
#include "ctl/format.h"
#include "ctl/options.h"
#include "ctl/records.h"

/* An import of accounts under way. */
struct account_import {
    const struct options *options;
    struct auth_site site;
    struct records records;
    struct arena scratch; /* for one look at an account */
    size_t added;
    size_t changed;
    size_t stood;
};

/*
 * Loads the configuration and makes `records` ready; `where` begins complaints about a
 * row and is borrowed. false after a complaint. account_import_finish() is due in
 * either case.
 */
bool account_import_begin(struct account_import *import, const struct options *options,
                          const char *where);
void account_import_finish(struct account_import *import);

/* Reads `text`, which is changed, by the format. false after a complaint. */
bool account_import_read(struct account_import *import, const struct format *format,
                         struct buf *text);

/* Hashes and stores what was read, and says what was done; returns an exit status. */
int account_import_store(struct account_import *import);

#endif
