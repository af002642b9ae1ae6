/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_find.c - rows made into accounts. What is stored may be anything at all. */
#include "config.h"

#include <stdint.h>
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

enum account_read account_read_rows(const struct account_source *source,
                                    enum accounts_statement which, int64_t id,
                                    struct account *account_r)
{
    sqlite3_stmt *stmt = source->stmts[which];
    enum account_read read = ACCOUNT_READ;
    int rc = sqlite3_bind_int64(stmt, 1, id);

    if (rc != SQLITE_OK)
        return ACCOUNT_FAILED;
    while (read == ACCOUNT_READ && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        read = account_take(source, which, account_r);
    if (read == ACCOUNT_READ && rc != SQLITE_DONE)
        return ACCOUNT_FAILED; /* not reset yet: that would forget the reason */
    sqlite3_reset(stmt);
    return read;
}

static enum account_read account_read_several(const struct account_source *source,
                                              const enum accounts_statement *which,
                                              size_t count, int64_t id,
                                              struct account *account_r)
{
    enum account_read read = ACCOUNT_READ;

    for (size_t i = 0; i < count && read == ACCOUNT_READ; i++)
        read = account_read_rows(source, which[i], id, account_r);
    return read;
}

/* Which account a login or alias means (0: none), and the highest there is. */
static enum account_read account_ids(const struct account_source *source,
                                     const char *login, int64_t *id_r, int64_t *last_r)
{
    sqlite3_stmt *stmt = source->stmts[ACCOUNTS_IDS];

    /* A login goes before an alias. */
    if (sqlite3_bind_text(stmt, 1, login, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW)
        return ACCOUNT_FAILED;
    *id_r = sqlite3_column_int64(stmt, 0);
    if (*id_r == 0)
        *id_r = sqlite3_column_int64(stmt, 1);
    *last_r = sqlite3_column_int64(stmt, 2);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return *id_r > 0 ? ACCOUNT_READ : ACCOUNT_NONE;
}

/* Somebody's, always the same for the same login: as an account that is asked for again
 * is in the caches, so is this. */
static int64_t account_decoy(const char *login, int64_t last)
{
    uint64_t code = UINT64_C(0xcbf29ce484222325);

    for (; *login != '\0'; login++)
        code = (code ^ (unsigned char)*login) * UINT64_C(0x100000001b3);
    return last > 0 ? (int64_t)((code ^ code >> 32) % (uint64_t)last) + 1 : 1;
}

/* The row of an account and what hangs on it; NONE: it is another's, or there is none.
 */
static enum account_read account_read_id(const struct account_source *source,
                                         int64_t wanted, int64_t *id_r,
                                         struct account *account_r)
{
    static const enum accounts_statement rest[] = {ACCOUNTS_VERIFIERS, ACCOUNTS_APPS,
                                                   ACCOUNTS_ATTRIBUTES};
    sqlite3_stmt *stmt = source->stmts[ACCOUNTS_BY_ID];
    enum account_read read = ACCOUNT_NONE;
    int rc = sqlite3_bind_int64(stmt, 1, wanted);

    *id_r = wanted;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return ACCOUNT_FAILED;
    if (rc == SQLITE_ROW)
        read = account_read_row(source, stmt, id_r, account_r);
    if (read == ACCOUNT_FAILED)
        return read;
    sqlite3_reset(stmt);
    if (read == ACCOUNT_READ)
        read = account_read_several(source, rest, sizeof(rest) / sizeof(rest[0]), *id_r,
                                    account_r);
    return read == ACCOUNT_READ && *id_r != wanted ? ACCOUNT_NONE : read;
}

enum account_read account_read_login(const struct account_source *source,
                                     const char *login, int64_t *id_r,
                                     struct account *account_r)
{
    struct buf none = BUF_INIT;
    struct account_source decoy = *source;
    int64_t wanted = 0, last = 0;
    enum account_read read;

    *account_r = (struct account){0};
    read = account_ids(source, login, &wanted, &last);
    if (read == ACCOUNT_READ)
        read = account_read_id(source, wanted, id_r, account_r);
    if (read != ACCOUNT_NONE)
        return read;
    decoy.error = &none; /* whatever is wrong with it is another's matter */
    read = account_read_id(&decoy, account_decoy(login, last), id_r, account_r);
    buf_finish(&none);
    *account_r = (struct account){0};
    return read == ACCOUNT_FAILED ? read : ACCOUNT_NONE;
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
        ACCOUNTS_IDS,  ACCOUNTS_BY_ID,      ACCOUNTS_VERIFIERS,
        ACCOUNTS_APPS, ACCOUNTS_ATTRIBUTES, ACCOUNTS_ALIASES};
    const struct account_source source = {accounts->stmts, accounts->file.path, arena,
                                          error_r};
    enum account_read read;
    int64_t id;

    if (!accounts_prepare(accounts, which, sizeof(which) / sizeof(which[0]), error_r))
        return ANSWER_UNKNOWN;
    read = account_read_login(&source, login, &id, account_r);
    if (read == ACCOUNT_READ)
        read = account_read_rows(&source, ACCOUNTS_ALIASES, id, account_r);
    return accounts_answer(accounts, read, error_r);
}

bool accounts_visit(struct accounts *accounts, accounts_visit_one *visit, void *arg,
                    struct buf *error_r)
{
    /* First the one that lists, then what hangs on each. */
    static const enum accounts_statement which[] = {ACCOUNTS_LIST, ACCOUNTS_SCHEMES,
                                                    ACCOUNTS_ALIASES, ACCOUNTS_APPS,
                                                    ACCOUNTS_ATTRIBUTES};
    enum { COUNT = sizeof(which) / sizeof(which[0]) };
    struct arena arena = {0};
    const struct account_source source = {accounts->stmts, accounts->file.path, &arena,
                                          error_r};
    enum account_read read = ACCOUNT_READ;
    struct account account;
    int rc = SQLITE_DONE;
    int64_t id;

    if (!accounts_prepare(accounts, which, COUNT, error_r))
        return false;
    while (read == ACCOUNT_READ &&
           (rc = sqlite3_step(accounts->stmts[ACCOUNTS_LIST])) == SQLITE_ROW) {
        read = account_read_row(&source, accounts->stmts[ACCOUNTS_LIST], &id, &account);
        if (read == ACCOUNT_READ)
            read = account_read_several(&source, which + 1, COUNT - 1, id, &account);
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
