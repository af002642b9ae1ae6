/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_user.c - accounts that come, change and go. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "ctl/auth_site.h"
#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/password_choose.h"

/* --- one password --- */

/* Setting it for a login that is new, or for one that is there. */
struct setting {
    bool add;
    enum answer (*apply)(struct accounts *accounts, const char *login,
                         const struct strlist *verifiers, struct buf *error_r);
    const char *done;
};

static const struct setting adding = {true, accounts_add, "added"};
static const struct setting changing = {false, accounts_set_verifiers,
                                        "has a new password"};

/* Why an account cannot be added: it is there, or another has the name. */
static int complain_of_taken(const char *login, const struct account *account)
{
    if (strcmp(account->login, login) == 0)
        complain("there is an account %s already (see sendasctl user passwd)", login);
    else
        complain("%s is an alias of the account %s", login, account->login);
    return EXIT_NO;
}

/* Before anybody is asked for a password: can it be set at all? *login_r may be an
 * alias and is made the account's login. */
static bool setting_possible(struct auth_site *site, const struct setting *setting,
                             const char **login, int *status_r)
{
    struct account account;
    struct buf error = BUF_INIT;
    enum answer answer;

    if (!setting->add) {
        if (!auth_site_find(site, *login, &account, status_r))
            return false;
        *login = account.login;
        return true;
    }
    answer = accounts_find(site->accounts, *login, &site->arena, &account, &error);
    *status_r = EXIT_FAILED;
    if (answer == ANSWER_YES)
        *status_r = complain_of_taken(*login, &account);
    else if (answer == ANSWER_UNKNOWN)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return answer == ANSWER_NO;
}

static int setting_apply(struct auth_site *site, const struct setting *setting,
                         const char *login, const struct buf *password,
                         bool password_shown)
{
    struct strlist verifiers = {0};
    struct buf error = BUF_INIT;
    enum answer answer;

    if (!auth_site_hash(site, login, password, &verifiers))
        return EXIT_WRONG;
    answer = setting->apply(site->accounts, login, &verifiers, &error);
    if (answer == ANSWER_YES) {
        printf("%s %s\n", shown(&site->arena, login, SHOWN_MAX), setting->done);
        if (password_shown)
            printf("password: %s\n", buf_str(password));
    } else if (error.len != 0) {
        complain_lines(buf_str(&error));
    } else {
        complain("the account %s %s meanwhile", login,
                 setting->add ? "was added by somebody else" : "was deleted");
    }
    buf_finish(&error);
    return answer == ANSWER_YES  ? EXIT_DONE
           : answer == ANSWER_NO ? EXIT_NO
                                 : EXIT_FAILED;
}

static int setting_run(const struct setting *setting, const struct options *options,
                       const char *word)
{
    struct auth_site site;
    struct buf password = BUF_INIT;
    const char *login;
    int status = EXIT_WRONG;

    if (auth_site_init(&site, options) &&
        (login = auth_site_login(&site, word)) != NULL) {
        status = EXIT_FAILED;
        if (auth_site_open(&site, STORE_WRITE) &&
            setting_possible(&site, setting, &login, &status)) {
            status = EXIT_WRONG;
            if (password_choose(options, login, &password))
                status = setting_apply(&site, setting, login, &password,
                                       options_has(options, OPTION_GENERATE));
        }
    }
    secret_finish(&password);
    auth_site_finish(&site);
    return status;
}

int cmd_user_add(const struct options *options, int count, char **words)
{
    (void)count;
    return setting_run(&adding, options, words[0]);
}

int cmd_user_passwd(const struct options *options, int count, char **words)
{
    (void)count;
    return setting_run(&changing, options, words[0]);
}

/* --- several accounts at once --- */

struct change {
    enum answer (*apply)(struct accounts *accounts, const char *login,
                         struct buf *error_r);
    const char *done;
};

static enum answer disable(struct accounts *accounts, const char *login,
                           struct buf *error_r)
{
    return accounts_disable(accounts, login, true, error_r);
}

static enum answer enable(struct accounts *accounts, const char *login,
                          struct buf *error_r)
{
    return accounts_disable(accounts, login, false, error_r);
}

static const struct change deleting = {accounts_delete, "deleted"};
static const struct change disabling = {disable, "disabled"};
static const struct change enabling = {enable, "enabled"};

/* The logins, read whole before anything is changed. */
static const char **logins_read(struct auth_site *site, size_t count, char **words)
{
    const char **logins = arena_alloc(&site->arena, (count + 1) * sizeof(*logins));

    if (logins == NULL)
        complain("out of memory");
    for (size_t i = 0; logins != NULL && i < count; i++) {
        logins[i] = auth_site_login(site, words[i]);
        if (logins[i] == NULL)
            return NULL;
    }
    return logins;
}

/* All of it or nothing; an exit status. */
static int change_apply(struct auth_site *site, const struct change *change,
                        const char **logins, size_t count, struct buf *error_r)
{
    if (!accounts_begin(site->accounts, error_r))
        return EXIT_FAILED;
    for (size_t i = 0; i < count; i++) {
        enum answer answer = change->apply(site->accounts, logins[i], error_r);

        if (answer == ANSWER_YES)
            continue;
        accounts_rollback(site->accounts);
        if (answer == ANSWER_NO && error_r->len == 0)
            buf_addf(error_r, "there is no account %s", logins[i]);
        return answer == ANSWER_NO ? EXIT_NO : EXIT_FAILED;
    }
    if (accounts_commit(site->accounts, error_r))
        return EXIT_DONE;
    accounts_rollback(site->accounts);
    return EXIT_FAILED;
}

static int change_run(const struct change *change, const struct options *options,
                      size_t count, char **words)
{
    struct auth_site site;
    struct buf error = BUF_INIT;
    const char **logins;
    int status = EXIT_WRONG;

    if (auth_site_init(&site, options) &&
        (logins = logins_read(&site, count, words)) != NULL) {
        status = EXIT_FAILED;
        if (auth_site_open(&site, STORE_WRITE))
            status = change_apply(&site, change, logins, count, &error);
        complain_lines(buf_str(&error));
        for (size_t i = 0; i < count && status == EXIT_DONE; i++)
            printf("%s %s\n", shown(&site.arena, logins[i], SHOWN_MAX), change->done);
    }
    buf_finish(&error);
    auth_site_finish(&site);
    return status;
}

int cmd_user_delete(const struct options *options, int count, char **words)
{
    return change_run(&deleting, options, (size_t)count, words);
}

int cmd_user_disable(const struct options *options, int count, char **words)
{
    return change_run(&disabling, options, (size_t)count, words);
}

int cmd_user_enable(const struct options *options, int count, char **words)
{
    return change_run(&enabling, options, (size_t)count, words);
}

/* --- aliases --- */

/* One alias; an exit status. */
static int alias_change(struct auth_site *site, const char *login, const char *alias,
                        bool remove, struct buf *error_r)
{
    struct account owner;
    enum answer answer =
        accounts_find(site->accounts, alias, &site->arena, &owner, error_r);

    if (answer == ANSWER_UNKNOWN)
        return EXIT_FAILED;
    if (answer == ANSWER_YES && strcmp(owner.login, alias) == 0)
        buf_addf(error_r, "%s is the login of an account", alias);
    else if (answer == ANSWER_YES && strcmp(owner.login, login) != 0)
        buf_addf(error_r, "%s is an alias of the account %s", alias, owner.login);
    if (error_r->len != 0)
        return EXIT_NO;
    if ((answer == ANSWER_YES) != remove)
        return EXIT_DONE; /* nothing to do */
    answer = remove ? accounts_alias_remove(site->accounts, alias, error_r)
                    : accounts_alias_add(site->accounts, login, alias, error_r);
    return answer == ANSWER_YES  ? EXIT_DONE
           : answer == ANSWER_NO ? EXIT_NO
                                 : EXIT_FAILED;
}

static int aliases_change(struct auth_site *site, const char *login,
                          const char **aliases, size_t count, bool remove,
                          struct buf *error_r)
{
    int status = EXIT_DONE;

    if (!accounts_begin(site->accounts, error_r))
        return EXIT_FAILED;
    for (size_t i = 0; i < count && status == EXIT_DONE; i++)
        status = alias_change(site, login, aliases[i], remove, error_r);
    if (status == EXIT_DONE && !accounts_commit(site->accounts, error_r))
        status = EXIT_FAILED;
    if (status != EXIT_DONE)
        accounts_rollback(site->accounts);
    return status;
}

int cmd_user_alias(const struct options *options, int count, char **words)
{
    bool remove = options_has(options, OPTION_REMOVE);
    size_t aliases = (size_t)count - 1;
    struct auth_site site;
    struct account account;
    struct buf error = BUF_INIT;
    const char **logins;
    int status = EXIT_WRONG;

    if (auth_site_init(&site, options) &&
        (logins = logins_read(&site, (size_t)count, words)) != NULL) {
        status = EXIT_FAILED;
        if (auth_site_open(&site, STORE_WRITE) &&
            auth_site_find(&site, logins[0], &account, &status))
            status = aliases_change(&site, account.login, logins + 1, aliases, remove,
                                    &error);
        complain_lines(buf_str(&error));
        for (size_t i = 1; i <= aliases && status == EXIT_DONE; i++)
            printf("%s %s %s\n", shown(&site.arena, logins[i], SHOWN_MAX),
                   remove ? "is no alias of" : "is an alias of",
                   shown(&site.arena, account.login, SHOWN_MAX));
    }
    buf_finish(&error);
    auth_site_finish(&site);
    return status;
}

/* --- attributes --- */

enum { ATTRIBUTE_NAME_MAX = 64, ATTRIBUTE_VALUE_MAX = 4096 };

/* Is it a name of an attribute, and none of those that are made from verifiers? */
static bool attribute_name_check(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len = strlen(name);

    if (len == 0 || len > ATTRIBUTE_NAME_MAX || strspn(name, allowed) != len) {
        complain(
            "no name of an attribute: \"%.100s\": expected 1 to %d letters, digits, "
            "'-', '_' and '.'",
            name, ATTRIBUTE_NAME_MAX);
        return false;
    }
    if (accounts_attribute_allowed(name))
        return true;
    complain("%s is no attribute to set: it is made from the password", name);
    return false;
}

int cmd_user_set(const struct options *options, int count, char **words)
{
    const char *value = count > 2 ? words[2] : NULL;
    struct auth_site site;
    struct account account;
    struct buf error = BUF_INIT;
    const char *login;
    int status = EXIT_WRONG;

    if (value != NULL && strlen(value) > ATTRIBUTE_VALUE_MAX) {
        complain("the value of an attribute has at most %d bytes", ATTRIBUTE_VALUE_MAX);
        return EXIT_WRONG;
    }
    if (auth_site_init(&site, options) && attribute_name_check(words[1]) &&
        (login = auth_site_login(&site, words[0])) != NULL) {
        status = EXIT_FAILED;
        if (auth_site_open(&site, STORE_WRITE) &&
            auth_site_find(&site, login, &account, &status)) {
            enum answer answer = accounts_attribute(site.accounts, account.login,
                                                    words[1], value, &error);

            status = answer == ANSWER_UNKNOWN ? EXIT_FAILED : EXIT_DONE;
            if (answer == ANSWER_NO && value != NULL)
                status = EXIT_NO;
        }
        complain_lines(buf_str(&error));
        if (status == EXIT_DONE)
            printf("%s: %s %s\n", shown(&site.arena, account.login, SHOWN_MAX),
                   words[1], value != NULL ? "set" : "taken away");
    }
    buf_finish(&error);
    auth_site_finish(&site);
    return status;
}
