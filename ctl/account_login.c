/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/account_login.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"

enum { LOGIN_MAX = 512 };

/* Is it text that looks like what it is? */
static bool login_printable(const char *login)
{
    struct buf escaped = BUF_INIT;
    bool printable;

    if (strchr(login, '\\') != NULL)
        return false;
    escape_text(&escaped, login, strlen(login), SIZE_MAX);
    printable = !escaped.failed && strcmp(buf_str(&escaped), login) == 0;
    buf_finish(&escaped);
    return printable;
}

static const char *login_wrong(const char *login)
{
    const char *at = strchr(login, '@');

    if (login[0] == '\0' || strlen(login) > LOGIN_MAX)
        return "a login has 1 to 512 bytes";
    /* An owner map's value is a list: such a login could never be found in it. */
    if (strpbrk(login, " \t,") != NULL)
        return "a login holds no blank and no comma";
    if (!login_printable(login))
        return "a login is printable UTF-8 without a backslash";
    if (at != NULL && (at == login || at[1] == '\0'))
        return "a login has something on either side of its @";
    if (at != NULL && strchr(at + 1, '@') != NULL)
        return "a login has one @";
    return NULL;
}

const char *account_login(const char *word, const char *login_domain, bool fold_case,
                          struct arena *arena, const char **why_r)
{
    char *login;

    *why_r = login_wrong(word);
    if (*why_r != NULL)
        return NULL;
    if (strchr(word, '@') == NULL && login_domain[0] != '\0')
        login = arena_printf(arena, "%s@%s", word, login_domain);
    else
        login = arena_strdup(arena, word);
    if (login == NULL) {
        *why_r = "out of memory";
        return NULL;
    }
    if (strlen(login) > LOGIN_MAX) {
        *why_r = "a login has 1 to 512 bytes";
        return NULL;
    }
    for (char *p = login; fold_case && *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p += 'a' - 'A';
    }
    return login;
}
