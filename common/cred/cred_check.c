/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_check.c - is it the password of this login? */
#include "config.h"

#include <time.h>

#include "base/secret.h"
#include "cred/cred_private.h"

/* One question, and what is known so far. */
struct check {
    struct cred *cred;
    const char *login;
    const char *password;
    size_t len;
    struct cred_profile profile;
    struct cred_kind kind;   /* of what follows */
    struct buf stored;       /* holds made_up */
    struct verifier made_up; /* that fits no password */
    struct cred_result *result;
    struct buf *error;
};

static enum answer check_no(const struct check *check, enum cred_why why)
{
    check->result->why = why;
    return ANSWER_NO;
}

static bool check_failed(const struct check *check, const char *scheme)
{
    if (check->error->len == 0)
        buf_addf(check->error, "a check against %s failed: out of memory?", scheme);
    return false;
}

/* Makes up what the password is checked against if there is nothing else: for every
 * login, so that it takes the same time. */
static bool check_make_up(struct check *check)
{
    const struct cred_kind kind =
        cred_draw_checked(check->cred, &check->profile, check->login);

    check->kind = kind;
    if (kind.source != NULL)
        return true;
    return (scheme_make_up(kind.scheme, kind.cost, check->cred->site->key, check->login,
                           &check->stored) &&
            verifier_parse(buf_str(&check->stored), check->stored.len, &check->made_up,
                           check->error)) ||
           check_failed(check, scheme_name(kind.scheme));
}

/* Where there is nothing to check: takes the time that a wrong password takes, with a
 * verifier that fits no password, or as a source that checks by itself would. */
static enum answer check_made_up(const struct check *check, enum cred_why why)
{
    const struct cred_source *source = check->kind.source;

    if (source != NULL) {
        source->type->check_nobody(source->state, check->login);
        return check_no(check, why);
    }
    if (verifier_check(&check->made_up, check->password, check->len) != ANSWER_UNKNOWN)
        return check_no(check, why);
    check_failed(check, scheme_name(check->made_up.scheme));
    return ANSWER_UNKNOWN;
}

/* The application password that this is, NULL: none. All are tried, found or not. */
static const struct app_password *check_apps(const struct check *check,
                                             const struct account *account)
{
    const struct app_password *found = NULL;

    for (size_t i = 0; i < account->app_count; i++) {
        if (accounts_app_check(&account->apps[i], check->password, check->len))
            found = &account->apps[i];
    }
    return found;
}

static enum answer check_app(const struct check *check, const struct app_password *app)
{
    check->result->scheme = "app";
    check->result->label = app->label;
    if (app->disabled)
        return check_made_up(check, CRED_DISABLED);
    if (app->expires != 0 && app->expires <= (int64_t)time(NULL))
        return check_made_up(check, CRED_EXPIRED);
    check->result->why = CRED_RIGHT;
    return ANSWER_YES;
}

static enum answer check_verifiers(const struct check *check,
                                   const struct cred_source *source,
                                   const struct account *account)
{
    struct verifiers verifiers;
    struct cred_plan plan;
    enum answer answer;

    if (!cred_read(source, account,
                   account->passwords.count != 0 ? &account->passwords
                                                 : &account->verifiers,
                   &verifiers, check->error))
        return ANSWER_UNKNOWN;
    if (verifiers.checked == NULL)
        return check_made_up(check, CRED_NO_VERIFIER);
    check->result->scheme = scheme_name(verifiers.checked->scheme);
    answer = verifier_check(verifiers.checked, check->password, check->len);
    if (answer == ANSWER_UNKNOWN) {
        buf_addf(check->error, "%s: a check against %s failed: out of memory?",
                 source->spec, check->result->scheme);
        return answer;
    }
    if (answer == ANSWER_NO)
        return check_no(check, CRED_WRONG);
    check->result->why = CRED_RIGHT;
    if (source->type == &cred_builtin && check->cred->site->upgrade) {
        cred_plan(check->cred, &verifiers, &plan);
        check->result->upgradable = plan.needed;
    }
    return answer;
}

/* The account, and its password. */
static enum answer check_login(struct check *check, const struct cred_login *login,
                               struct arena *arena)
{
    const struct cred_source *source;
    const struct app_password *app;
    struct account account;
    enum answer answer = cred_find(check->cred, login, CRED_WANT_CHECK, arena, &account,
                                   &source, check->error);

    if (answer == ANSWER_UNKNOWN)
        return answer;
    if (answer == ANSWER_NO) {
        cred_read_nobody(check->cred);
        return check_made_up(check, CRED_NO_LOGIN);
    }
    check->result->source = source->spec;
    if (account.disabled || (account.suspended && account.entry == NULL))
        return check_made_up(check, CRED_DISABLED);
    if (account.entry != NULL)
        return source->type->check(source->state, &account, check->password, check->len,
                                   check->result, check->error);
    app = check_apps(check, &account);
    return app != NULL ? check_app(check, app)
                       : check_verifiers(check, source, &account);
}

enum answer cred_check(struct cred *cred, const struct cred_login *login,
                       const char *password, size_t len, struct arena *arena,
                       struct cred_result *result_r, struct buf *error_r)
{
    struct check check = {.cred = cred,
                          .login = login->name,
                          .password = password,
                          .len = len,
                          .result = result_r,
                          .error = error_r};
    enum answer answer = ANSWER_UNKNOWN;

    *result_r = (struct cred_result){CRED_NO_LOGIN, "", NULL, "", false};
    /* Before anything is known, so that it is asked for every login alike. */
    if (cred_profile(cred, arena, &check.profile, error_r) && check_make_up(&check))
        answer = check_login(&check, login, arena);
    secret_finish(&check.stored);
    return answer;
}
