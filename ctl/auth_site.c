/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/auth_site.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "conf/conf_table.h"
#include "cred/cred_conf.h"
#include "ctl/account_login.h"
#include "ctl/command.h"
#include "ctl/output.h"

static const char default_path[] = SYSCONFDIR "/sendas/authd.conf";

const char *auth_site_conf_path(const struct options *options)
{
    if (options_has(options, OPTION_AUTHD_CONFIG))
        return options->value[OPTION_AUTHD_CONFIG];
    return access(default_path, F_OK) != 0 && errno == ENOENT ? NULL : default_path;
}

/* Puts where the setting stands in front of what is wrong with its value. */
static bool setting_blame(const struct auth_site *site, const char *name,
                          const struct buf *why, struct buf *error_r)
{
    conf_where(&site->conf->head, NULL, name, error_r);
    buf_adds(error_r, buf_str(why));
    return false;
}

static bool costs_take(struct auth_site *site, struct buf *error_r)
{
    struct buf why = BUF_INIT;
    bool right = cred_conf_costs(site->conf, &site->costs, &why) ||
                 setting_blame(site, "schemes", &why, error_r);

    buf_finish(&why);
    return right;
}

static bool schemes_take(struct auth_site *site, struct buf *error_r)
{
    struct buf why = BUF_INIT;

    site->schemes =
        cred_conf_schemes(site->conf, &site->arena, &site->scheme_count, &why);
    if (site->schemes == NULL)
        setting_blame(site, "schemes", &why, error_r);
    buf_finish(&why);
    return site->schemes != NULL;
}

bool auth_site_load(struct auth_site *site, const struct options *options,
                    struct buf *error_r)
{
    *site = (struct auth_site){0};
    site->conf = conf_authd_load(auth_site_conf_path(options), error_r);
    if (site->conf == NULL)
        return false;
    if (options_has(options, OPTION_ACCOUNTS)) {
        site->conf->accounts = options->value[OPTION_ACCOUNTS];
        if (site->conf->accounts[0] == '\0') {
            buf_adds(error_r, "option --accounts wants the name of a file");
            return false;
        }
    }
    return costs_take(site, error_r) && schemes_take(site, error_r);
}

bool auth_site_init(struct auth_site *site, const struct options *options)
{
    struct buf error = BUF_INIT;
    bool done = auth_site_load(site, options, &error);

    if (!done)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

void auth_site_finish(struct auth_site *site)
{
    accounts_close(site->accounts);
    conf_authd_destroy(site->conf);
    arena_finish(&site->arena);
}

bool auth_site_open(struct auth_site *site, enum store_mode mode)
{
    struct buf error = BUF_INIT;

    if (!strlist_has(&site->conf->credentials, "builtin"))
        complain("the setting credentials has no \"builtin\": sendas-authd does not "
                 "look into this accounts file, and other sources are not kept here");

    site->accounts = accounts_open(site->conf->accounts, mode, &error);
    if (site->accounts == NULL)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return site->accounts != NULL;
}

const char *auth_site_login(struct auth_site *site, const char *word)
{
    const char *why = NULL;
    const char *login =
        account_login(word, site->conf->login_domain, !site->conf->case_sensitive_login,
                      &site->arena, &why);

    if (login == NULL)
        complain("no login: \"%.200s\": %s", word, why);
    return login;
}

bool auth_site_hash(struct auth_site *site, const char *login,
                    const struct buf *password, struct strlist *verifiers_r)
{
    struct buf error = BUF_INIT;
    bool done = true;

    for (size_t i = 0; i < site->scheme_count && done; i++) {
        struct buf stored = BUF_INIT;

        done = scheme_make(site->schemes[i], &site->costs, login, buf_str(password),
                           password->len, &stored, &error);
        if (done && (stored.failed ||
                     !strlist_add(verifiers_r, &site->arena, buf_str(&stored)))) {
            buf_adds(&error, "out of memory");
            done = false;
        }
        secret_finish(&stored);
    }
    if (!done)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

bool auth_site_find(struct auth_site *site, const char *login,
                    struct account *account_r, int *status_r)
{
    struct buf error = BUF_INIT;
    enum answer answer =
        accounts_find(site->accounts, login, &site->arena, account_r, &error);

    if (answer == ANSWER_UNKNOWN)
        complain_lines(buf_str(&error));
    else if (answer == ANSWER_NO)
        complain("there is no account %s%s", login,
                 site->conf->credentials.count > 1
                     ? " in the accounts file (other sources are not looked at)"
                     : "");
    *status_r = answer == ANSWER_UNKNOWN ? EXIT_FAILED
                : answer == ANSWER_NO    ? EXIT_NO
                                         : EXIT_DONE;
    buf_finish(&error);
    return answer == ANSWER_YES;
}
