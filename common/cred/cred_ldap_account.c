/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_ldap_account.h"

#include <string.h>

#include "cred/choose.h"

/* A value read as a verifier. false: it is none that we know. */
static bool account_verifier(const struct directory_value *value,
                             struct verifier *verifier_r)
{
    struct buf why = BUF_INIT;
    bool ok = value->len <= VERIFIER_MAX &&
              verifier_parse(value->bytes, value->len, verifier_r, &why);

    buf_finish(&why);
    return ok;
}

static bool account_add(struct strlist *list, const struct directory_value *value,
                        struct arena *arena)
{
    return strlist_addn(list, arena, value->bytes, value->len);
}

/*
 * The values that are SCRAM verifiers. The attribute may hold others (RFC 3112), which
 * are nothing to us; but one that is meant for us has to be right.
 */
static bool account_scram(const struct directory_attribute *attribute,
                          struct arena *arena, struct strlist *list,
                          struct buf *error_r)
{
    static const char prefix[] = "SCRAM-";

    for (size_t i = 0; i < attribute->count; i++) {
        const struct directory_value *value = &attribute->values[i];
        struct verifier verifier;

        if (value->len < strlen(prefix) ||
            memcmp(value->bytes, prefix, strlen(prefix)) != 0)
            continue;
        if (!account_verifier(value, &verifier)) {
            buf_addf(error_r, "a value of %s begins as SCRAM verifiers do, but is none",
                     attribute->name);
            return false;
        }
        if (list->count < VERIFIERS_MAX && !account_add(list, value, arena))
            return true; /* out of memory, as the arena says */
    }
    return true;
}

/* Is the value a hash that we can check a password against? Without a scheme it is the
 * password itself (RFC 4519 2.41). */
static bool account_checkable(const struct directory_value *value)
{
    struct verifier verifier;

    return value->len != 0 && value->bytes[0] == '{' &&
           account_verifier(value, &verifier) &&
           (scheme_uses(verifier.scheme) & (SCHEME_PASSWORD | SCHEME_CLEAR)) ==
               SCHEME_PASSWORD;
}

/* The values that passwords can be checked against; all of them, or some? */
static bool account_passwords(const struct directory_attribute *attribute,
                              struct arena *arena, struct strlist *list)
{
    bool all = true;

    for (size_t i = 0; i < attribute->count; i++) {
        if (!account_checkable(&attribute->values[i]))
            all = false;
        else if (list->count < VERIFIERS_MAX &&
                 !account_add(list, &attribute->values[i], arena))
            return false;
    }
    return all;
}

/* Where passwords are checked here, or, if not, who checks them. */
static bool account_check(const struct cred_ldap_conf *conf,
                          const struct directory_entry *entry, struct arena *arena,
                          struct account *account, struct buf *error_r)
{
    const struct directory_attribute *attribute =
        cred_ldap_attribute(entry, conf->password);
    bool all =
        attribute == NULL || account_passwords(attribute, arena, &account->passwords);

    /* Several may be of several passwords, any of which is right: not what we check. */
    if (conf->check == CRED_LDAP_LOCAL_THEN_BIND &&
        (!all || account->passwords.count != 1)) {
        account->passwords.count = 0;
        account->entry = arena_strdup(arena, entry->dn);
    } else if (!all && account->passwords.count == 0) {
        buf_addf(error_r, "no value of %s is a hash that can be checked here",
                 conf->password);
        return false;
    }
    return true;
}

static bool account_served(const struct cred_ldap_conf *conf,
                           const struct directory_entry *entry, struct arena *arena,
                           struct account *account)
{
    for (size_t i = 0; i < conf->served.count; i++) {
        const char *name = conf->served.items[i];
        const struct directory_attribute *attribute = cred_ldap_attribute(entry, name);

        for (size_t j = 0; attribute != NULL && j < attribute->count; j++) {
            if (!strlist_add(&account->names, arena, name) ||
                !account_add(&account->values, &attribute->values[j], arena))
                return false;
        }
    }
    return true;
}

enum answer cred_ldap_account_take(const struct cred_ldap_conf *conf,
                                   const struct directory_entry *entry,
                                   struct arena *arena, struct account *account_r,
                                   struct buf *error_r)
{
    const struct directory_attribute *scram = cred_ldap_attribute(entry, conf->scram);
    bool ok =
        scram == NULL || account_scram(scram, arena, &account_r->verifiers, error_r);

    if (conf->check == CRED_LDAP_BIND)
        account_r->entry = arena_strdup(arena, entry->dn);
    else
        ok = ok && account_check(conf, entry, arena, account_r, error_r);
    account_r->suspended = cred_ldap_suspended(entry);
    ok = ok && account_served(conf, entry, arena, account_r);
    if (arena->failed && error_r->len == 0)
        buf_adds(error_r, "out of memory");
    return ok && !arena->failed ? ANSWER_YES : ANSWER_UNKNOWN;
}
