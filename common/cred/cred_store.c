/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_store.c - passwords set, and verifiers renewed, in the builtin source. */
#include "config.h"

#include <string.h>

#include "base/escape.h"
#include "base/secret.h"
#include "cred/cred_private.h"

enum { UPGRADE_BUSY_MS = 250, SHOWN = 100 };

/* A password of somebody. */
struct secret_of {
    const char *login;
    const char *password;
    size_t len;
};

void cred_plan(const struct cred *cred, const struct verifiers *verifiers,
               struct cred_plan *plan_r)
{
    *plan_r = (struct cred_plan){0};
    for (size_t i = 0; i < verifiers->count; i++) {
        const struct verifier *verifier = &verifiers->items[i];

        plan_r->keep[i] = !verifier_outdated(verifier, &cred->site->costs);
        if (plan_r->keep[i])
            continue;
        plan_r->needed = true;
        if (scheme_makes(verifier->scheme))
            plan_r->make[plan_r->make_count++] = verifier->scheme;
    }
    for (size_t i = 0; i < cred->scheme_count; i++) {
        if (verifiers_of(verifiers, cred->schemes[i].scheme) != NULL)
            continue;
        plan_r->needed = true;
        plan_r->make[plan_r->make_count++] = cred->schemes[i].scheme;
    }
}

/* Makes one verifier and adds it to the list. */
static bool store_make(const struct cred *cred, const struct scheme *scheme,
                       const struct secret_of *secret, struct arena *arena,
                       struct strlist *list, struct buf *error_r)
{
    struct buf stored = BUF_INIT;
    bool ok = scheme_make(scheme, &cred->site->costs, secret->login, secret->password,
                          secret->len, &stored, error_r);

    if (ok && !strlist_add(list, arena, buf_str(&stored))) {
        buf_adds(error_r, "out of memory");
        ok = false;
    }
    secret_finish(&stored);
    return ok;
}

/* The plan carried out: what is kept and what is made anew. false: nothing to gain. */
static bool store_renew(const struct cred *cred, const struct cred_plan *plan,
                        const struct strlist *stored, const struct secret_of *secret,
                        struct arena *arena, struct strlist *list, struct buf *error_r)
{
    for (size_t i = 0; i < stored->count; i++) {
        if (plan->keep[i] && !strlist_add(list, arena, stored->items[i])) {
            buf_adds(error_r, "out of memory");
            return false;
        }
    }
    for (size_t i = 0; i < plan->make_count; i++) {
        if (!store_make(cred, plan->make[i], secret, arena, list, error_r))
            return false;
    }
    return true;
}

static enum answer upgrade_write(const struct cred *cred, const char *login,
                                 const char *old, const struct strlist *list,
                                 struct buf *error_r)
{
    unsigned busy_ms =
        cred->site->busy_ms < UPGRADE_BUSY_MS ? cred->site->busy_ms : UPGRADE_BUSY_MS;
    struct accounts *accounts =
        accounts_open_busy(cred->site->accounts, STORE_WRITE, busy_ms, error_r);
    enum answer answer = ANSWER_UNKNOWN;

    if (accounts != NULL)
        answer = accounts_upgrade(accounts, login, old, list, error_r);
    accounts_close(accounts);
    return answer;
}

/*
 * The check that was right may be long past, and its password no longer the account's:
 * so it is checked once more, and written only over the very verifier that this was
 * checked against.
 */
static bool upgrade(struct cred *cred, const struct secret_of *secret,
                    struct arena *arena, struct buf *error_r)
{
    const struct cred_source *source;
    struct strlist list = {0};
    struct verifiers verifiers;
    struct account account;
    struct cred_plan plan;
    const struct cred_login login = {.name = secret->login}; /* anew */
    const char *old;

    if (cred_find(cred, &login, CRED_WANT_ALL, arena, &account, &source, error_r) !=
            ANSWER_YES ||
        source->type != &cred_builtin || account.disabled ||
        !cred_read(source, &account, &account.verifiers, &verifiers, error_r))
        return false;
    cred_plan(cred, &verifiers, &plan);
    if (!plan.needed || verifiers.checked == NULL ||
        verifier_check(verifiers.checked, secret->password, secret->len) != ANSWER_YES)
        return false;
    old = account.verifiers.items[verifiers.checked - verifiers.items];
    return store_renew(cred, &plan, &account.verifiers, secret, arena, &list,
                       error_r) &&
           upgrade_write(cred, secret->login, old, &list, error_r) == ANSWER_YES;
}

bool cred_upgrade(struct cred *cred, const char *login, const char *password,
                  size_t len, struct buf *error_r)
{
    const struct secret_of secret = {login, password, len};
    struct arena arena = {0};
    bool done = cred->site->upgrade && upgrade(cred, &secret, &arena, error_r);

    arena_finish(&arena);
    return done;
}

static enum answer store_write(struct accounts *accounts, const char *login,
                               const struct strlist *list, bool create,
                               struct buf *error_r)
{
    enum answer answer = accounts_set_verifiers(accounts, login, list, error_r);

    if (answer == ANSWER_NO && create)
        answer = accounts_add(accounts, login, list, error_r);
    if (answer == ANSWER_NO) {
        escape_text(error_r, login, strlen(login), SHOWN);
        buf_addf(error_r, ": %s",
                 create ? "is another account's alias" : "no such account");
    }
    return answer;
}

static enum answer store_set(struct cred *cred, const char *login,
                             const struct strlist *list, bool create,
                             struct buf *error_r)
{
    struct accounts *accounts = accounts_open_busy(cred->site->accounts, STORE_WRITE,
                                                   cred->site->busy_ms, error_r);
    enum answer answer = ANSWER_UNKNOWN;

    if (accounts != NULL && accounts_begin(accounts, error_r)) {
        answer = store_write(accounts, login, list, create, error_r);
        if (answer == ANSWER_YES && !accounts_commit(accounts, error_r))
            answer = ANSWER_UNKNOWN;
    }
    accounts_close(accounts); /* which rolls back what was not committed */
    return answer;
}

enum answer cred_store(struct cred *cred, const char *login, const char *password,
                       size_t len, bool create, struct buf *error_r)
{
    const struct secret_of secret = {login, password, len};
    struct strlist list = {0};
    struct arena arena = {0};
    enum answer answer = ANSWER_NO;
    bool ok = cred->writable;

    if (!ok)
        buf_adds(error_r, "credentials: none of the sources can be written to");
    for (size_t i = 0; i < cred->scheme_count && password != NULL && ok; i++)
        ok = store_make(cred, cred->schemes[i].scheme, &secret, &arena, &list, error_r);
    if (ok)
        answer = store_set(cred, login, &list, create && password != NULL, error_r);
    arena_finish(&arena);
    return answer;
}
