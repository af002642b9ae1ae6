/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_find.c - rows made into accounts. What is stored may be anything at all. */
#include "config.h"

#include <string.h>

#include "cred/accounts_private.h"
#include "cred/scheme.h"

enum {
    ACCOUNT_TEXT_MAX = 4096, /* bytes of a login, label, name or value */
    ACCOUNT_ROWS_MAX = 1024  /* aliases or attributes of one account */
};

static enum account_read account_odd(const struct account_source *source,
                                     sqlite3_stmt *stmt, int column, const char *what)
{
    buf_addf(source->error, "%s: %s of an account: %s", source->path,
             sqlite3_column_name(stmt, column), what);
    return ACCOUNT_ODD;
}

enum account_read account_text(const struct account_source *source, sqlite3_stmt *stmt,
                               int column, size_t max, const char **text_r)
{
    const char *text;
    size_t len;

    if (sqlite3_column_type(stmt, column) != SQLITE_TEXT)
        return account_odd(source, stmt, column, "expected a text");
    text = (const char *)sqlite3_column_text(stmt, column);
    if (text == NULL)
        return ACCOUNT_FAILED;
    len = (size_t)sqlite3_column_bytes(stmt, column);
    if (len > max)
        return account_odd(source, stmt, column, "too long");
    /* Cut at the NUL, it could be somebody else's. */
    if (strlen(text) != len)
        return account_odd(source, stmt, column, "holds a NUL byte");
    *text_r = arena_strndup(source->arena, text, len);
    if (*text_r != NULL)
        return ACCOUNT_READ;
    buf_addf(source->error, "%s: out of memory", source->path);
    return ACCOUNT_ODD;
}

enum account_read account_number(const struct account_source *source,
                                 sqlite3_stmt *stmt, int column, int64_t *number_r)
{
    if (sqlite3_column_type(stmt, column) != SQLITE_INTEGER)
        return account_odd(source, stmt, column, "expected a number");
    *number_r = sqlite3_column_int64(stmt, column);
    if (*number_r < 0)
        return account_odd(source, stmt, column, "negative");
    return ACCOUNT_READ;
}

enum account_read account_read_row(const struct account_source *source,
                                   sqlite3_stmt *stmt, int64_t *id_r,
                                   struct account *account_r)
{
    enum account_read read;
    int64_t disabled = 1;

    *account_r = (struct account){0};
    *id_r = sqlite3_column_int64(stmt, 0);
    read = account_text(source, stmt, 1, ACCOUNT_TEXT_MAX, &account_r->login);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 2, &account_r->created);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 3, &account_r->changed);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 4, &disabled);
    account_r->disabled = disabled != 0;
    return read;
}

/* Appends a column to a list. */
static enum account_read account_list(const struct account_source *source,
                                      sqlite3_stmt *stmt, int column, size_t max,
                                      struct strlist *list)
{
    const char *text;
    enum account_read read = account_text(source, stmt, column, max, &text);

    if (read != ACCOUNT_READ)
        return read;
    if (list->count >= ACCOUNT_ROWS_MAX)
        return account_odd(source, stmt, column, "too many");
    if (strlist_add(list, source->arena, text))
        return ACCOUNT_READ;
    buf_addf(source->error, "%s: out of memory", source->path);
    return ACCOUNT_ODD;
}

static enum account_read account_app(const struct account_source *source,
                                     sqlite3_stmt *stmt, struct account *account)
{
    struct app_password *app;
    enum account_read read;
    int64_t disabled = 1;

    if (account->app_count >= APP_PASSWORDS_MAX)
        return account_odd(source, stmt, 0, "too many");
    if (account->apps == NULL)
        account->apps =
            arena_alloc(source->arena, APP_PASSWORDS_MAX * sizeof(*account->apps));
    if (account->apps == NULL) {
        buf_addf(source->error, "%s: out of memory", source->path);
        return ACCOUNT_ODD;
    }
    app = &account->apps[account->app_count];
    read = account_text(source, stmt, 0, ACCOUNT_TEXT_MAX, &app->label);
    if (read == ACCOUNT_READ)
        read = account_text(source, stmt, 1, ACCOUNT_TEXT_MAX, &app->stored);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 2, &app->created);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 3, &app->expires);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 4, &disabled);
    app->disabled = disabled != 0;
    if (read == ACCOUNT_READ)
        account->app_count++;
    return read;
}

/* One row of the statement, wherever it belongs. */
static enum account_read account_take(const struct account_source *source,
                                      enum accounts_statement which,
                                      struct account *account)
{
    sqlite3_stmt *stmt = source->stmts[which];
    enum account_read read;

    switch (which) {
    case ACCOUNTS_VERIFIERS:
    case ACCOUNTS_SCHEMES:
        return account_list(source, stmt, 0, VERIFIER_MAX, &account->verifiers);
    case ACCOUNTS_ALIASES:
        return account_list(source, stmt, 0, ACCOUNT_TEXT_MAX, &account->aliases);
    case ACCOUNTS_APPS:
        return account_app(source, stmt, account);
    default:
        read = account_list(source, stmt, 0, ACCOUNT_TEXT_MAX, &account->names);
        return read == ACCOUNT_READ
                   ? account_list(source, stmt, 1, ACCOUNT_TEXT_MAX, &account->values)
                   : read;
    }
}

static enum account_read account_rows(const struct account_source *source,
                                      enum accounts_statement which, int64_t id,
                                      struct account *account)
{
    sqlite3_stmt *stmt = source->stmts[which];
    enum account_read read = ACCOUNT_READ;
    int rc = sqlite3_bind_int64(stmt, 1, id);

    if (rc != SQLITE_OK)
        return ACCOUNT_FAILED;
    while (read == ACCOUNT_READ && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        read = account_take(source, which, account);
    if (read == ACCOUNT_READ && rc != SQLITE_DONE)
        return ACCOUNT_FAILED; /* not reset yet: that would forget the reason */
    sqlite3_reset(stmt);
    return read;
}

enum account_read account_read_rest(const struct account_source *source, int64_t id,
                                    enum accounts_statement verifiers,
                                    struct account *account_r)
{
    const enum accounts_statement parts[] = {verifiers, ACCOUNTS_ALIASES, ACCOUNTS_APPS,
                                             ACCOUNTS_ATTRIBUTES};
    enum account_read read = ACCOUNT_READ;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && read == ACCOUNT_READ;
         i++)
        read = account_rows(source, parts[i], id, account_r);
    return read;
}

enum account_read account_read_login(const struct account_source *source,
                                     const char *login, struct account *account_r)
{
    sqlite3_stmt *stmt = source->stmts[ACCOUNTS_BY_LOGIN];
    enum account_read read, rest;
    int64_t id = -1; /* nobody's: asked all the same, so that no time tells */
    int rc;

    *account_r = (struct account){0};
    if (sqlite3_bind_text(stmt, 1, login, -1, SQLITE_STATIC) != SQLITE_OK)
        return ACCOUNT_FAILED;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        read = account_read_row(source, stmt, &id, account_r);
    else if (rc == SQLITE_DONE)
        read = ACCOUNT_NONE;
    else
        return ACCOUNT_FAILED;
    if (read != ACCOUNT_FAILED) {
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
    }
    if (read != ACCOUNT_READ && read != ACCOUNT_NONE)
        return read;
    rest = account_read_rest(source, id, ACCOUNTS_VERIFIERS, account_r);
    return rest == ACCOUNT_READ ? read : rest;
}

/* Makes sure that statements are prepared. */
static bool accounts_prepare(struct accounts *accounts,
                             const enum accounts_statement *which, size_t count,
                             struct buf *error_r)
{
    for (size_t i = 0; i < count; i++) {
        if (accounts_bind(accounts, which[i], NULL, 0, error_r) == NULL)
            return false;
    }
    return true;
}

/* Ends reading: statements reset, a failure put into words. */
static enum answer accounts_answer(struct accounts *accounts, enum account_read read,
                                   struct buf *error_r)
{
    if (read == ACCOUNT_FAILED)
        store_file_fail(&accounts->file, error_r);
    for (size_t i = 0; i < ACCOUNTS_STATEMENTS; i++)
        sqlite3_reset(accounts->stmts[i]);
    return read == ACCOUNT_READ   ? ANSWER_YES
           : read == ACCOUNT_NONE ? ANSWER_NO
                                  : ANSWER_UNKNOWN;
}

enum answer accounts_find(struct accounts *accounts, const char *login,
                          struct arena *arena, struct account *account_r,
                          struct buf *error_r)
{
    static const enum accounts_statement which[] = {
        ACCOUNTS_BY_LOGIN, ACCOUNTS_VERIFIERS, ACCOUNTS_ALIASES, ACCOUNTS_APPS,
        ACCOUNTS_ATTRIBUTES};
    const struct account_source source = {accounts->stmts, accounts->file.path, arena,
                                          error_r};

    if (!accounts_prepare(accounts, which, sizeof(which) / sizeof(which[0]), error_r))
        return ANSWER_UNKNOWN;
    return accounts_answer(accounts, account_read_login(&source, login, account_r),
                           error_r);
}

bool accounts_visit(struct accounts *accounts, accounts_visit_one *visit, void *arg,
                    struct buf *error_r)
{
    static const enum accounts_statement which[] = {ACCOUNTS_LIST, ACCOUNTS_SCHEMES,
                                                    ACCOUNTS_ALIASES, ACCOUNTS_APPS,
                                                    ACCOUNTS_ATTRIBUTES};
    struct arena arena = {0};
    const struct account_source source = {accounts->stmts, accounts->file.path, &arena,
                                          error_r};
    enum account_read read = ACCOUNT_READ;
    struct account account;
    int rc = SQLITE_DONE;
    int64_t id;

    if (!accounts_prepare(accounts, which, sizeof(which) / sizeof(which[0]), error_r))
        return false;
    while (read == ACCOUNT_READ &&
           (rc = sqlite3_step(accounts->stmts[ACCOUNTS_LIST])) == SQLITE_ROW) {
        read = account_read_row(&source, accounts->stmts[ACCOUNTS_LIST], &id, &account);
        if (read == ACCOUNT_READ)
            read = account_read_rest(&source, id, ACCOUNTS_SCHEMES, &account);
        for (size_t i = 0; i < account.app_count; i++)
            account.apps[i].stored = "";
        if (read == ACCOUNT_READ && !visit(&account, arg)) {
            rc = SQLITE_DONE;
            break;
        }
        arena_reset(&arena);
    }
    if (read == ACCOUNT_READ && rc != SQLITE_DONE)
        read = ACCOUNT_FAILED;
    arena_finish(&arena);
    return accounts_answer(accounts, read, error_r) == ANSWER_YES;
}
