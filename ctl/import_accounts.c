/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/import_accounts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "ctl/command.h"
#include "ctl/hash_many.h"
#include "ctl/input.h"
#include "ctl/output.h"
#include "ctl/progress.h"

enum { PROGRESS_EVERY = 1000 };

static bool wants(const struct account_import *import, enum option_id option)
{
    return options_has(import->options, option);
}

bool account_import_begin(struct account_import *import, const struct options *options,
                          const char *where)
{
    *import = (struct account_import){.options = options};
    if (!auth_site_init(&import->site, options))
        return false;
    import->records.where = where;
    import->records.login_domain = import->site.conf->login_domain;
    import->records.fold_case = !import->site.conf->case_sensitive_login;
    import->records.skip = wants(import, OPTION_SKIP);
    return true;
}

void account_import_finish(struct account_import *import)
{
    records_finish(&import->records);
    arena_finish(&import->scratch);
    auth_site_finish(&import->site);
}

bool account_import_read(struct account_import *import, const struct format *format,
                         struct buf *text)
{
    char empty[] = "";
    struct source source = {.text = text->len != 0 ? text->data : empty,
                            .now = (int64_t)time(NULL),
                            .visit = records_take,
                            .arg = &import->records};
    struct buf error = BUF_INIT;
    bool done = format->read(&source, &error);

    if (error.len != 0)
        complain("%s%s", import->records.where, buf_str(&error));
    else if (!done)
        complain("out of memory");
    buf_finish(&error);
    return done;
}

/* --- storing --- */

/* Wrong rows stop everything, unless they are to be left out. */
static bool wrong_stops(const struct account_import *import)
{
    return import->records.wrong != 0 && !import->records.skip;
}

/* Is the alias one of this account already? */
static bool alias_stands(struct account_import *import, const struct record *record,
                         const char *alias, struct buf *error_r)
{
    struct account account;

    arena_reset(&import->scratch);
    return accounts_find(import->site.accounts, alias, &import->scratch, &account,
                         error_r) == ANSWER_YES &&
           strcmp(account.login, record->login) == 0;
}

static bool aliases_store(struct account_import *import, struct record *record,
                          struct buf *error_r)
{
    for (size_t i = 0; i < record->aliases.count; i++) {
        const char *alias = record->aliases.items[i];
        enum answer answer =
            accounts_alias_add(import->site.accounts, record->login, alias, error_r);

        if (answer == ANSWER_UNKNOWN)
            return false;
        if (answer == ANSWER_NO && !alias_stands(import, record, alias, error_r))
            records_wrong(&import->records, record->line, alias,
                          "the alias belongs to another account");
        buf_clear(error_r);
    }
    return true;
}

/* Adds or changes one account. false: *error_r has a line. */
static bool record_store(struct account_import *import, struct record *record,
                         struct buf *error_r)
{
    struct accounts *accounts = import->site.accounts;
    enum answer answer =
        accounts_add(accounts, record->login, &record->verifiers, error_r);
    bool added = answer == ANSWER_YES;

    if (answer == ANSWER_NO && !wants(import, OPTION_UPDATE)) {
        import->stood++;
        return true;
    }
    if (answer == ANSWER_NO) {
        buf_clear(error_r);
        answer = accounts_set_verifiers(accounts, record->login, &record->verifiers,
                                        error_r);
    }
    if (answer == ANSWER_NO) {
        buf_clear(error_r);
        record_drop(&import->records, record, "the login is an alias of an account");
        return true;
    }
    if (answer == ANSWER_YES && record->disabled_known && (record->disabled || !added))
        answer = accounts_disable(accounts, record->login, record->disabled, error_r);
    if (answer == ANSWER_UNKNOWN)
        return false;
    import->added += added;
    import->changed += !added;
    return aliases_store(import, record, error_r);
}

static bool records_store(struct account_import *import, struct buf *error_r)
{
    size_t done = 0, all = import->records.count;

    for (struct record *r = import->records.first; r != NULL; r = r->next) {
        if (r->gone)
            continue;
        if (!record_store(import, r, error_r))
            return false;
        if (++done % PROGRESS_EVERY == 0 || done == all)
            progress_show("accounts", done, all);
    }
    return !wrong_stops(import);
}

static bool accounts_store(struct account_import *import)
{
    struct accounts *accounts = import->site.accounts;
    struct buf error = BUF_INIT;
    bool done = accounts_begin(accounts, &error) && records_store(import, &error);

    if (done)
        done = accounts_commit(accounts, &error);
    if (!done)
        accounts_rollback(accounts);
    complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

/* What storing would do, found without a change. */
static bool accounts_look(struct account_import *import)
{
    struct buf error = BUF_INIT;
    bool done = true;

    for (struct record *r = import->records.first; r != NULL && done; r = r->next) {
        struct account account;
        enum answer answer;

        if (r->gone)
            continue;
        arena_reset(&import->scratch);
        answer = accounts_find(import->site.accounts, r->login, &import->scratch,
                               &account, &error);
        if (answer == ANSWER_UNKNOWN)
            done = false;
        else if (answer == ANSWER_NO)
            import->added++;
        else if (!wants(import, OPTION_UPDATE))
            import->stood++;
        else if (strcmp(account.login, r->login) != 0)
            record_drop(&import->records, r, "the login is an alias of an account");
        else
            import->changed++;
    }
    complain_lines(buf_str(&error));
    buf_finish(&error);
    return done && !wrong_stops(import);
}

/* --- telling --- */

static void summary_print(const struct account_import *import)
{
    const struct records *records = &import->records;
    const char *would = wants(import, OPTION_DRY_RUN) ? "would be " : "";

    printf("%zu accounts %simported", import->added, would);
    if (wants(import, OPTION_UPDATE))
        printf(", %zu %schanged\n", import->changed, would);
    else
        printf(", %zu stood already\n", import->stood);
    for (size_t i = 0; i < LEFT_OUT_KINDS && records->left_out[i].count != 0; i++)
        printf("%zu left out: %s\n", records->left_out[i].count,
               records->left_out[i].what);
    if (records->wrong != 0)
        printf("%zu left out: wrong\n", records->wrong);
}

static int wrong_tell(const struct account_import *import)
{
    if (import->records.wrong > RECORDS_WRONG_SHOWN)
        complain("%zu lines are wrong; nothing was imported", import->records.wrong);
    return EXIT_WRONG;
}

int account_import_store(struct account_import *import)
{
    bool look = wants(import, OPTION_DRY_RUN);
    bool done;

    if (wrong_stops(import))
        return wrong_tell(import);
    if (!auth_site_open(&import->site, look ? STORE_READ : STORE_WRITE))
        return EXIT_FAILED;
    if (!look && !hash_many(&import->records, &import->site))
        return EXIT_FAILED;
    if (wrong_stops(import))
        return wrong_tell(import);
    done = look ? accounts_look(import) : accounts_store(import);
    if (!done && wrong_stops(import))
        return wrong_tell(import);
    if (!done)
        return EXIT_FAILED;
    summary_print(import);
    return import->records.wrong != 0 ? EXIT_NO : EXIT_DONE;
}

/* --- the formats --- */

/* "FILE:", to begin complaints with; NULL after a complaint. */
static char *where_make(const char *file, struct buf *where)
{
    buf_addf(where, "%s:", input_name(file));
    if (where->failed)
        complain("out of memory");
    return where->failed ? NULL : where->data;
}

int import_accounts(const struct options *options, const struct format *format,
                    const char *file)
{
    struct account_import import = {.options = options};
    struct buf where = BUF_INIT, text = BUF_INIT;
    int status = EXIT_WRONG;

    if (where_make(file, &where) != NULL &&
        account_import_begin(&import, options, buf_str(&where)) &&
        input_read(file, &text) && account_import_read(&import, format, &text))
        status = account_import_store(&import);
    account_import_finish(&import);
    secret_finish(&text);
    buf_finish(&where);
    return status;
}
