/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_canonical.c - the one name of whoever logs in. */
#include "config.h"

#include "cred/cred_private.h"
#include "mail/login.h"

enum answer cred_canonical(struct cred *cred, const char *typed, size_t len,
                           const char *realm, struct arena *arena, const char **login_r,
                           struct buf *error_r)
{
    const struct cred_site *site = cred->site;
    const char *login =
        login_canonical(typed, len, realm, site->login_domain, site->lower_case, arena);
    enum answer answer = ANSWER_NO;

    if (arena->failed) {
        buf_adds(error_r, "out of memory");
        return ANSWER_UNKNOWN;
    }
    if (login == NULL)
        return ANSWER_NO;
    *login_r = login;
    /* An alias means an account, never another alias: once is enough. */
    if (cred->reader != NULL)
        answer = accounts_reader_resolve(cred->reader, login, arena, login_r, error_r);
    return answer == ANSWER_UNKNOWN ? ANSWER_UNKNOWN : ANSWER_YES;
}
