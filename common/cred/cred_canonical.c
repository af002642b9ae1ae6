/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_canonical.c - the one name of whoever logs in. */
#include "config.h"

#include "cred/cred_private.h"
#include "mail/login.h"

/* What the accounts file says of a login, kept in the arena for the next question. NULL
 * with a line in *error_r: it could not be asked. */
static const struct cred_seen *seen_read(struct cred *cred, const char *login,
                                         struct arena *arena, struct buf *error_r)
{
    struct cred_seen *seen = arena_alloc(arena, sizeof(*seen));

    if (seen == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    seen->answer =
        accounts_reader_find(cred->reader, login, arena, &seen->account, error_r);
    return seen->answer != ANSWER_UNKNOWN ? seen : NULL;
}

enum answer cred_canonical(struct cred *cred, const char *typed, size_t len,
                           const char *realm, struct arena *arena,
                           struct cred_login *login_r, struct buf *error_r)
{
    const struct cred_site *site = cred->site;
    const char *login =
        login_canonical(typed, len, realm, site->login_domain, site->lower_case, arena);

    if (arena->failed) {
        buf_adds(error_r, "out of memory");
        return ANSWER_UNKNOWN;
    }
    if (login == NULL)
        return ANSWER_NO;
    *login_r = (struct cred_login){login, NULL};
    if (cred->reader == NULL)
        return ANSWER_YES;
    login_r->seen = seen_read(cred, login, arena, error_r);
    if (login_r->seen == NULL)
        return ANSWER_UNKNOWN;
    /* An alias means an account, never another alias: once is enough. */
    if (login_r->seen->answer == ANSWER_YES)
        login_r->name = login_r->seen->account.login;
    return ANSWER_YES;
}
