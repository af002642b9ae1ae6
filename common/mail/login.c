/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/login.h"

#include <string.h>

enum { LOGIN_MAX = 512 };

const char *login_normalise(const char *login, size_t len, const char *login_domain,
                            struct arena *arena)
{
    size_t domain_len = login_domain != NULL ? strlen(login_domain) : 0;
    char *out;

    if (len == 0 || len > LOGIN_MAX)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)login[i] < 0x20 || login[i] == 0x7f)
            return NULL;
    }
    if (memchr(login, '@', len) != NULL)
        domain_len = 0;
    out = arena_alloc(arena, len + domain_len + 2);
    if (out == NULL)
        return NULL;
    memcpy(out, login, len);
    if (domain_len != 0) {
        out[len] = '@';
        memcpy(out + len + 1, login_domain, domain_len);
    }
    for (char *p = out; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p += 'a' - 'A';
    }
    return out;
}
