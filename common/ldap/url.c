/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/url.h"

#include <string.h>
#include <strings.h>

#include <ldap.h>

bool url_is_one(const char *text)
{
    return ldap_is_ldap_url(text);
}

static const char *url_fault(int code)
{
    switch (code) {
    case LDAP_URL_ERR_BADSCHEME:
        return "an unknown scheme";
    case LDAP_URL_ERR_BADENCLOSURE:
        return "a missing \">\"";
    case LDAP_URL_ERR_BADHOST:
        return "a wrong host or port";
    case LDAP_URL_ERR_BADATTRS:
        return "wrong attributes";
    case LDAP_URL_ERR_BADSCOPE:
        return "an unknown scope";
    case LDAP_URL_ERR_BADFILTER:
        return "a wrong filter";
    case LDAP_URL_ERR_BADEXTS:
        return "wrong extensions";
    case LDAP_URL_ERR_MEM:
        return "out of memory";
    default:
        return "not in the form of an LDAP URL";
    }
}

static bool url_scope(int scope, enum directory_scope *scope_r)
{
    switch (scope) {
    case LDAP_SCOPE_DEFAULT: /* not given */
    case LDAP_SCOPE_BASE:
        *scope_r = DIRECTORY_BASE;
        return true;
    case LDAP_SCOPE_ONELEVEL:
        *scope_r = DIRECTORY_ONE;
        return true;
    case LDAP_SCOPE_SUBTREE:
        *scope_r = DIRECTORY_SUB;
        return true;
    default:
        return false;
    }
}

/* The one of the schemes that we speak, NULL for others (such as "cldap"). */
static const char *url_scheme(const char *scheme)
{
    static const char *const schemes[] = {"ldap", "ldaps", "ldapi"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strcasecmp(schemes[i], scheme) == 0)
            return schemes[i];
    }
    return NULL;
}

static const char *url_text(const char *text, const char *fallback, struct arena *arena)
{
    return text != NULL && *text != '\0' ? arena_strdup(arena, text) : fallback;
}

/* What is wrong with what libldap has parsed; NULL: nothing. */
static const char *url_take(const LDAPURLDesc *desc, struct arena *arena,
                            struct url *url_r)
{
    *url_r = (struct url){.scheme = url_scheme(desc->lud_scheme)};
    if (url_r->scheme == NULL)
        return url_fault(LDAP_URL_ERR_BADSCHEME);
    if (desc->lud_crit_exts != 0)
        return "a critical extension";
    if (!url_scope(desc->lud_scope, &url_r->scope))
        return url_fault(LDAP_URL_ERR_BADSCOPE);
    url_r->base = url_text(desc->lud_dn, "", arena);
    url_r->filter = url_text(desc->lud_filter, "(objectClass=*)", arena);
    for (char **name = desc->lud_attrs; name != NULL && *name != NULL; name++)
        strlist_add(&url_r->attributes, arena, *name);
    return arena->failed ? url_fault(LDAP_URL_ERR_MEM) : NULL;
}

bool url_parse(const char *text, struct arena *arena, struct url *url_r,
               struct buf *error_r)
{
    LDAPURLDesc *desc = NULL;
    int code = ldap_url_parse(text, &desc);
    const char *fault =
        code == LDAP_URL_SUCCESS ? url_take(desc, arena, url_r) : url_fault(code);

    ldap_free_urldesc(desc);
    if (fault != NULL)
        buf_adds(error_r, fault);
    return fault == NULL;
}
