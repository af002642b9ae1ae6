/* SPDX-License-Identifier: BSD-2-Clause */
/* auth_site.h - what the commands for accounts need: authd.conf, schemes, accounts. */
#ifndef SENDAS_CTL_AUTH_SITE_H
#define SENDAS_CTL_AUTH_SITE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "conf/conf_authd.h"
#include "cred/accounts.h"
#include "cred/scheme.h"
#include "ctl/options.h"

struct auth_site {
    struct conf_authd *conf;
    struct scheme_costs costs;
    const struct scheme **schemes; /* what a password is made into */
    size_t scheme_count;
    struct accounts *accounts; /* after auth_site_open() */
    struct arena arena;        /* for whatever the command keeps until its end */
};

/*
 * Loads sendas-authd's configuration that the options name: --authd-config, or the
 * default file, or the defaults when that file does not exist; --accounts replaces its
 * accounts file. false after a complaint. auth_site_finish() is due in either case.
 */
bool auth_site_init(struct auth_site *site, const struct options *options);
void auth_site_finish(struct auth_site *site);

/* The same without a complaint: *error_r has a line for each thing that is wrong. */
bool auth_site_load(struct auth_site *site, const struct options *options,
                    struct buf *error_r);

/* The configuration file that the options name, NULL for the built-in defaults. */
const char *auth_site_conf_path(const struct options *options);

/* Opens the accounts file. false after a complaint. */
bool auth_site_open(struct auth_site *site, enum store_mode mode);

/* A login, as accounts hold it; NULL after a complaint. In the site's arena. */
const char *auth_site_login(struct auth_site *site, const char *word);

/*
 * Makes a verifier of each configured scheme from the password. false after a
 * complaint.
 */
bool auth_site_hash(struct auth_site *site, const char *login,
                    const struct buf *password, struct strlist *verifiers_r);

/*
 * Looks the account of the login or alias up. false after a complaint, with the exit
 * status in *status_r: there is none, or the file could not tell.
 */
bool auth_site_find(struct auth_site *site, const char *login,
                    struct account *account_r, int *status_r);

#endif
