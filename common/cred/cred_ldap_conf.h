/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_ldap_conf.h - the file of a directory of accounts: its parameters, checked. */
#ifndef SENDAS_CRED_CRED_LDAP_CONF_H
#define SENDAS_CRED_CRED_LDAP_CONF_H

#include "cred/cred.h"
#include "cred/cred_ldap_match.h"
#include "cred/cred_private.h"
#include "ldap/directory.h"
#include "map/ldap_filter.h"
#include "map/ldap_params.h"
#include "map/map_params.h"
#include "map/map_template.h"

/* Who checks a password. */
enum cred_ldap_check {
    CRED_LDAP_BIND,           /* the directory: we bind as the entry */
    CRED_LDAP_LOCAL,          /* we do, by verifiers that the entry holds */
    CRED_LDAP_LOCAL_THEN_BIND /* we do, if the entry holds one that we know */
};

/* What stands in the file. All in the arena that was given, or the site's. */
struct cred_ldap_conf {
    struct ldap_params
        *params; /* what `directory` borrows from; NULL: nothing read yet */
    struct directory_settings directory;
    enum cred_ldap_check check;
    struct cred_ldap_names names;

    /* The search; not with a template. */
    struct map_template_needs needs; /* of all templates */
    struct map_template base;
    const struct ldap_filter *filter, *disabled; /* of disabled accounts; NULL: none */
    enum directory_scope scope;
    int entry_ttl;     /* seconds that an entry is remembered; 0: not at all */
    const char *scram; /* attributes; "": none */
    const char *password;
    struct strlist served; /* to whoever asks libsasl for them */
    /* What is to be read for what; each list ends with NULL. */
    const char *const *attributes[CRED_WANTS];

    /* Names that are made up instead of searched for. */
    bool by_template;
    bool template_is_dn; /* or else another name that the directory binds as */
    bool template_whole; /* it has the login's domain in it, too */
    struct map_template template;
};

/* The file's parameters. */
extern const struct map_param cred_ldap_params[];

/*
 * Reads the file. What is not wrong but will not work as it stands is told to the
 * site's notice. false: "FILE:LINE: what" in *error_r.
 */
bool cred_ldap_conf_load(struct cred_ldap_conf *conf_r, const char *path,
                         const struct cred_site *site, struct arena *arena,
                         struct buf *error_r);

/*
 * The name to bind as that the template makes of the login. YES: *name_r; NO: it makes
 * none, or one that is another login's, too; UNKNOWN: out of memory.
 */
enum answer cred_ldap_conf_bind_name(const struct cred_ldap_conf *conf,
                                     const char *login, struct arena *arena,
                                     const char **name_r);

#endif
