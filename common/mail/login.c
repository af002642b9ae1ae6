/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/login.h"

#include <string.h>

#include <unistr.h>

enum { LOGIN_MAX = 512 };

/* Without control bytes of ASCII? */
static bool login_plain(const char *login, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)login[i] < 0x20 || login[i] == 0x7f)
            return false;
    }
    return true;
}

/* "login@domain", or the login alone where there is no domain to add. */
static char *login_join(const char *login, size_t len, const char *domain,
                        struct arena *arena)
{
    size_t domain_len = domain != NULL ? strlen(domain) : 0;
    char *out;

    if (memchr(login, '@', len) != NULL)
        domain_len = 0;
    out = arena_alloc(arena, len + domain_len + 2);
    if (out == NULL)
        return NULL;
    memcpy(out, login, len);
    if (domain_len != 0) {
        out[len] = '@';
        memcpy(out + len + 1, domain, domain_len);
    }
    return out;
}

static void login_fold(char *p)
{
    for (; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p += 'a' - 'A';
    }
}

const char *login_normalise(const char *login, size_t len, const char *login_domain,
                            struct arena *arena)
{
    char *out;

    if (len == 0 || len > LOGIN_MAX || !login_plain(login, len))
        return NULL;
    out = login_join(login, len, login_domain, arena);
    if (out != NULL)
        login_fold(out);
    return out;
}

/* UTF-8 without the controls that it has beside ASCII's, U+0080 to U+009F? */
static bool login_utf8(const char *login, size_t len)
{
    if (u8_check((const uint8_t *)login, len) != NULL)
        return false;
    for (size_t i = 0; i + 1 < len; i++) {
        if ((unsigned char)login[i] == 0xc2 && (unsigned char)login[i + 1] < 0xa0)
            return false;
    }
    return true;
}

/* No domain, or one "@" with something on both sides and no empty label. */
static bool login_parts(const char *login)
{
    const char *at = strchr(login, '@');
    size_t len = strlen(login);

    if (at == NULL)
        return true;
    return at != login && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
           at[1] != '.' && login[len - 1] != '.' && strstr(at, "..") == NULL;
}

static void login_trim(const char **text_io, size_t *len_io)
{
    while (*len_io != 0 && (**text_io == ' ' || **text_io == '\t')) {
        ++*text_io;
        --*len_io;
    }
    while (*len_io != 0 &&
           ((*text_io)[*len_io - 1] == ' ' || (*text_io)[*len_io - 1] == '\t'))
        --*len_io;
}

const char *login_canonical(const char *typed, size_t len, const char *realm,
                            const char *login_domain, bool lower_case,
                            struct arena *arena)
{
    bool given = realm != NULL && *realm != '\0';
    char *out;

    login_trim(&typed, &len);
    if (len == 0 || len > LOGIN_MAX || !login_plain(typed, len))
        return NULL;
    if (given &&
        (memchr(typed, '@', len) != NULL || !login_plain(realm, strlen(realm))))
        return NULL;
    out = login_join(typed, len, given ? realm : login_domain, arena);
    if (out == NULL)
        return NULL;
    len = strlen(out);
    while (len != 0 && (out[len - 1] == ' ' || out[len - 1] == '\t'))
        out[--len] = '\0'; /* of the realm */
    if (len > LOGIN_MAX || !login_utf8(out, len) || !login_parts(out))
        return NULL;
    if (lower_case)
        login_fold(out);
    else if (strchr(out, '@') != NULL)
        login_fold(strchr(out, '@'));
    return out;
}
