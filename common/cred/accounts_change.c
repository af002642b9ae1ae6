/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_change.c - accounts made, changed and taken away. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/secret.h"
#include "cred/accounts_private.h"
#include "cred/choose.h"

enum { SHOWN = 100 };

/* "PATH: LOGIN: " */
static void change_prefix(struct accounts *accounts, const char *login,
                          struct buf *error_r)
{
    buf_addf(error_r, "%s: ", accounts->file.path);
    escape_text(error_r, login, strlen(login), SHOWN);
    buf_adds(error_r, ": ");
}

/* In the order of the schemes' names, so that they are read in it. */
static int64_t verifier_number(const struct verifiers *verifiers,
                               const struct verifier *verifier)
{
    int64_t number = 0;

    _Static_assert(VERIFIERS_MAX <= 64, "the table has ids for all of an account");
    for (size_t i = 0; i < verifiers->count; i++)
        number += strcmp(scheme_name(verifiers->items[i].scheme),
                         scheme_name(verifier->scheme)) < 0;
    return number;
}

static enum answer insert_verifier(struct accounts *accounts, int64_t id,
                                   const struct verifiers *verifiers,
                                   const struct verifier *verifier, struct buf *error_r)
{
    struct buf stored = BUF_INIT;
    enum answer answer = ANSWER_UNKNOWN;

    verifier_format(verifier, &stored);
    if (stored.failed) {
        buf_addf(error_r, "%s: out of memory", accounts->file.path);
    } else {
        const struct accounts_param params[] = {
            {NULL, id},
            {NULL, verifier_number(verifiers, verifier)},
            {scheme_name(verifier->scheme), 0},
            {NULL, verifier->cost},
            {NULL, verifier == verifiers->checked},
            {buf_str(&stored), 0}};

        answer = accounts_run(accounts, ACCOUNTS_INSERT_VERIFIER, params, 6, error_r);
    }
    secret_finish(&stored);
    return answer;
}

/* Makes these the account's verifiers, and no others. */
static enum answer replace_verifiers(struct accounts *accounts, int64_t id,
                                     const struct verifiers *verifiers,
                                     struct buf *error_r)
{
    const struct accounts_param params[] = {{NULL, id}};

    if (accounts_run(accounts, ACCOUNTS_DELETE_VERIFIERS, params, 1, error_r) ==
        ANSWER_UNKNOWN)
        return ANSWER_UNKNOWN;
    for (size_t i = 0; i < verifiers->count; i++) {
        if (insert_verifier(accounts, id, verifiers, &verifiers->items[i], error_r) !=
            ANSWER_YES)
            return ANSWER_UNKNOWN;
    }
    return ANSWER_YES;
}

/* Reads what the caller gave; whatever is stored can be read again. */
static bool read_verifiers(struct accounts *accounts, const char *login,
                           const struct strlist *stored, struct verifiers *verifiers_r,
                           struct buf *error_r)
{
    size_t start = error_r->len;
    struct buf why = BUF_INIT;
    bool ok = verifiers_read(stored, verifiers_r, &why);

    if (!ok) {
        buf_cut(error_r, start);
        change_prefix(accounts, login, error_r);
        buf_adds(error_r, buf_str(&why));
    }
    buf_finish(&why);
    return ok;
}

static enum answer add_account(struct accounts *accounts, const char *login,
                               const struct verifiers *verifiers, struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}};
    enum answer answer = accounts_run(accounts, ACCOUNTS_INSERT, params, 1, error_r);
    int64_t id;

    if (answer == ANSWER_YES)
        answer = accounts_id(accounts, login, &id, error_r);
    return answer == ANSWER_YES ? replace_verifiers(accounts, id, verifiers, error_r)
                                : answer;
}

enum answer accounts_add(struct accounts *accounts, const char *login,
                         const struct strlist *verifiers, struct buf *error_r)
{
    struct verifiers read;
    bool saved;

    if (!read_verifiers(accounts, login, verifiers, &read, error_r) ||
        !accounts_enter(accounts, &saved, error_r))
        return ANSWER_UNKNOWN;
    return accounts_leave(accounts, saved, add_account(accounts, login, &read, error_r),
                          error_r);
}

static enum answer set_verifiers(struct accounts *accounts, const char *login,
                                 const struct verifiers *verifiers, struct buf *error_r)
{
    struct accounts_param id = {0};
    enum answer answer = accounts_id(accounts, login, &id.number, error_r);

    if (answer == ANSWER_YES)
        answer = replace_verifiers(accounts, id.number, verifiers, error_r);
    return answer == ANSWER_YES
               ? accounts_run(accounts, ACCOUNTS_TOUCH, &id, 1, error_r)
               : answer;
}

enum answer accounts_set_verifiers(struct accounts *accounts, const char *login,
                                   const struct strlist *verifiers, struct buf *error_r)
{
    struct verifiers read;
    bool saved;

    if (!read_verifiers(accounts, login, verifiers, &read, error_r) ||
        !accounts_enter(accounts, &saved, error_r))
        return ANSWER_UNKNOWN;
    return accounts_leave(accounts, saved,
                          set_verifiers(accounts, login, &read, error_r), error_r);
}

static enum answer upgrade_verifiers(struct accounts *accounts, const char *login,
                                     const char *old, const struct verifiers *verifiers,
                                     struct buf *error_r)
{
    struct accounts_param params[] = {{NULL, 0}, {old, 0}};
    enum answer answer = accounts_id(accounts, login, &params[0].number, error_r);
    int64_t one;

    if (answer == ANSWER_YES)
        answer =
            accounts_number(accounts, ACCOUNTS_HAS_VERIFIER, params, 2, &one, error_r);
    return answer == ANSWER_YES
               ? replace_verifiers(accounts, params[0].number, verifiers, error_r)
               : answer;
}

enum answer accounts_upgrade(struct accounts *accounts, const char *login,
                             const char *old, const struct strlist *verifiers,
                             struct buf *error_r)
{
    struct verifiers read;
    bool saved;

    if (!read_verifiers(accounts, login, verifiers, &read, error_r) ||
        !accounts_enter(accounts, &saved, error_r))
        return ANSWER_UNKNOWN;
    return accounts_leave(accounts, saved,
                          upgrade_verifiers(accounts, login, old, &read, error_r),
                          error_r);
}

enum answer accounts_delete(struct accounts *accounts, const char *login,
                            struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}};

    return accounts_run(accounts, ACCOUNTS_DELETE, params, 1, error_r);
}

enum answer accounts_disable(struct accounts *accounts, const char *login,
                             bool disabled, struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}, {NULL, disabled}};

    return accounts_run(accounts, ACCOUNTS_DISABLE, params, 2, error_r);
}

enum answer accounts_alias_add(struct accounts *accounts, const char *login,
                               const char *alias, struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}, {alias, 0}};

    return accounts_run(accounts, ACCOUNTS_INSERT_ALIAS, params, 2, error_r);
}

enum answer accounts_alias_remove(struct accounts *accounts, const char *alias,
                                  struct buf *error_r)
{
    const struct accounts_param params[] = {{alias, 0}};

    return accounts_run(accounts, ACCOUNTS_DELETE_ALIAS, params, 1, error_r);
}

bool accounts_attribute_allowed(const char *name)
{
    return *name != '\0' && strcasecmp(name, "userPassword") != 0 &&
           strcasecmp(name, "authPassword") != 0 &&
           strncasecmp(name, "cmusaslsecret", strlen("cmusaslsecret")) != 0;
}

static enum answer set_attribute(struct accounts *accounts, const char *login,
                                 const char *name, const char *value,
                                 struct buf *error_r)
{
    struct accounts_param params[] = {{NULL, 0}, {name, 0}, {value, 0}};
    enum answer answer = accounts_id(accounts, login, &params[0].number, error_r);

    if (answer != ANSWER_YES)
        return answer;
    if (value != NULL)
        return accounts_run(accounts, ACCOUNTS_INSERT_ATTRIBUTE, params, 3, error_r);
    answer = accounts_run(accounts, ACCOUNTS_DELETE_ATTRIBUTE, params, 2, error_r);
    return answer == ANSWER_NO ? ANSWER_YES : answer;
}

enum answer accounts_attribute(struct accounts *accounts, const char *login,
                               const char *name, const char *value, struct buf *error_r)
{
    bool saved;

    if (!accounts_attribute_allowed(name)) {
        change_prefix(accounts, login, error_r);
        buf_addc(error_r, '"');
        escape_text(error_r, name, strlen(name), SHOWN);
        buf_adds(error_r, "\" cannot be an attribute");
        return ANSWER_UNKNOWN;
    }
    if (!accounts_enter(accounts, &saved, error_r))
        return ANSWER_UNKNOWN;
    return accounts_leave(
        accounts, saved, set_attribute(accounts, login, name, value, error_r), error_r);
}
