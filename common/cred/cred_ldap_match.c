/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_ldap_match.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "mail/login.h"

enum { SHOWN = 120 };

const struct directory_attribute *
cred_ldap_attribute(const struct directory_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (strcasecmp(entry->attributes[i].name, name) == 0)
            return &entry->attributes[i];
    }
    return NULL;
}

bool cred_ldap_name_is(const struct cred_ldap_names *names, const char *text,
                       size_t len, const char *login, struct arena *arena)
{
    const char *name =
        login_canonical(text, len, NULL, names->login_domain, names->lower_case, arena);

    return name != NULL && strcmp(name, login) == 0;
}

/* Is one of the entry's login attributes the login? */
static bool match_entry(const struct cred_ldap_names *names,
                        const struct directory_entry *entry, const char *login,
                        struct arena *arena)
{
    for (size_t i = 0; i < names->logins.count; i++) {
        const struct directory_attribute *attribute =
            cred_ldap_attribute(entry, names->logins.items[i]);

        for (size_t j = 0; attribute != NULL && j < attribute->count; j++) {
            const struct directory_value *value = &attribute->values[j];

            if (cred_ldap_name_is(names, value->bytes, value->len, login, arena))
                return true;
        }
    }
    return false;
}

static void match_show(struct buf *error_r, const char *before, const char *text)
{
    buf_adds(error_r, before);
    escape_text(error_r, text, strlen(text), SHOWN);
    buf_addc(error_r, '"');
}

enum answer cred_ldap_match(const struct cred_ldap_names *names,
                            const struct directory_entries *entries, const char *login,
                            struct arena *arena, const struct directory_entry **entry_r,
                            struct buf *error_r)
{
    *entry_r = NULL;
    for (size_t i = 0; i < entries->count; i++) {
        const struct directory_entry *entry = &entries->items[i];

        if (!match_entry(names, entry, login, arena))
            continue;
        if (*entry_r != NULL) {
            match_show(error_r, "ambiguous, the login is that of \"", (*entry_r)->dn);
            match_show(error_r, " and of \"", entry->dn);
            return ANSWER_UNKNOWN;
        }
        *entry_r = entry;
    }
    if (!arena->failed)
        return *entry_r != NULL ? ANSWER_YES : ANSWER_NO;
    buf_adds(error_r, "out of memory");
    return ANSWER_UNKNOWN;
}

const char *cred_ldap_account_name(const struct cred_ldap_names *names,
                                   const struct directory_entry *entry,
                                   const char *login, struct arena *arena,
                                   struct buf *error_r)
{
    const struct directory_attribute *attribute;
    const char *name = NULL;

    if (names->canonical == NULL)
        return login;
    attribute = cred_ldap_attribute(entry, names->canonical);
    if (attribute != NULL && attribute->count == 1)
        name = login_canonical(attribute->values[0].bytes, attribute->values[0].len,
                               NULL, names->login_domain, names->lower_case, arena);
    if (arena->failed) {
        buf_adds(error_r, "out of memory");
    } else if (name == NULL) {
        match_show(error_r, "\"", entry->dn);
        buf_addf(error_r, ": expected one value of %s that can be a login",
                 names->canonical);
    }
    return name;
}

/* --- accounts that are off --- */

static bool suspends_always(const struct directory_value *value)
{
    (void)value;
    return true;
}

static bool suspends_true(const struct directory_value *value)
{
    return strcasecmp(value->bytes, "TRUE") == 0;
}

static bool suspends_by_bit(const struct directory_value *value)
{
    enum { ACCOUNTDISABLE = 2 };

    return (strtol(value->bytes, NULL, 10) & ACCOUNTDISABLE) != 0;
}

static const struct suspending {
    const char *attribute;
    bool (*suspends)(const struct directory_value *value);
} suspending[] = {
    {"pwdAccountLockedTime", suspends_always}, /* OpenLDAP's ppolicy overlay */
    {"nsAccountLock", suspends_true},          /* 389, FreeIPA */
    {"userAccountControl", suspends_by_bit},   /* Active Directory */
};
enum { SUSPENDING = sizeof(suspending) / sizeof(suspending[0]) };

bool cred_ldap_suspended(const struct directory_entry *entry)
{
    for (size_t i = 0; i < SUSPENDING; i++) {
        const struct directory_attribute *attribute =
            cred_ldap_attribute(entry, suspending[i].attribute);

        for (size_t j = 0; attribute != NULL && j < attribute->count; j++) {
            if (suspending[i].suspends(&attribute->values[j]))
                return true;
        }
    }
    return false;
}

const char *cred_ldap_suspending(size_t i)
{
    return i < SUSPENDING ? suspending[i].attribute : NULL;
}
