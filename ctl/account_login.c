/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/account_login.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "mail/login.h"

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
    const char *login;

    *why_r = login_wrong(word);
    if (*why_r != NULL)
        return NULL;
    login = login_canonical(word, strlen(word), NULL, login_domain, fold_case, arena);
    if (login == NULL)
        *why_r = arena->failed ? "out of memory"
                               : "a login has 1 to 512 bytes and no empty part";
    return login;
}
