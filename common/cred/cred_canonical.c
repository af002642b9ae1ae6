/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_canonical.c - the one name of whoever logs in. */
#include "config.h"

#include <string.h>

#include "cred/cred_private.h"
#include "mail/login.h"

/*
 * Asks the source whether the login is another name, and puts its answer in front of
 * *seen_io, kept in the arena for the next question. UNKNOWN: it could not be asked.
 */
static enum answer seen_add(const struct cred_source *source, const char *login,
                            enum cred_want want, struct arena *arena,
                            const struct cred_seen **seen_io, struct buf *error_r)
{
    struct cred_seen *seen = arena_alloc(arena, sizeof(*seen));

    if (seen == NULL) {
        buf_adds(error_r, "out of memory");
        return ANSWER_UNKNOWN;
    }
    seen->source = source;
    seen->next = *seen_io;
    seen->answer =
        source->type->find(source->state, login, want, arena, &seen->account, error_r);
    *seen_io = seen;
    return seen->answer;
}

/* A source has the login under its own name: what others said of it as it was typed is
 * nothing that they would say of that. */
static void login_rename(struct cred_login *login, const struct cred_seen *found,
                         struct arena *arena)
{
    struct cred_seen *alone = arena_alloc(arena, sizeof(*alone));

    if (strcmp(login->name, found->account.login) == 0)
        return;
    if (alone != NULL) {
        *alone = *found;
        alone->next = NULL;
    }
    login->name = found->account.login;
    login->seen = alone;
}

enum answer cred_canonical(struct cred *cred, const char *typed, size_t len,
                           const char *realm, enum cred_want want, struct arena *arena,
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
    for (size_t i = 0; i < cred->source_count; i++) {
        const struct cred_source *source = &cred->sources[i];
        enum answer answer;

        if (!cred_has_aliases(source))
            continue;
        answer = seen_add(source, login, want, arena, &login_r->seen, error_r);
        if (answer == ANSWER_UNKNOWN)
            return answer;
        if (answer == ANSWER_NO)
            continue;
        /* An alias means an account, never another alias: once is enough. */
        login_rename(login_r, login_r->seen, arena);
        cred_pause(cred, i + 1, true, login);
        break;
    }
    return ANSWER_YES;
}
