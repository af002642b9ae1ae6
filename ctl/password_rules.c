/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/password_rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pwquality.h>

#include "base/secret.h"
#include "ctl/output.h"

enum { GENERATED_BITS = 100 };

struct password_rules {
    pwquality_settings_t *settings;
};

/* Is there a dictionary of cracklib with this name? It may be packed. */
static bool dictionary_there(const char *path)
{
    static const char *const suffixes[] = {".pwd", ".pwd.gz"};
    bool there = false;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        struct buf name = BUF_INIT;

        buf_addf(&name, "%s%s", path, suffixes[i]);
        there = there || access(buf_str(&name), R_OK) == 0;
        buf_finish(&name);
    }
    return there;
}

/*
 * Is the dictionary where the settings, or else cracklib as the distributions build it,
 * look for it? Without it every password would be refused, and cracklib would print.
 */
static bool dictionary_find(pwquality_settings_t *settings)
{
    static const char *const usual[] = {"/var/cache/cracklib/cracklib_dict",
                                        "/usr/share/cracklib/pw_dict",
                                        "/usr/lib/cracklib_dict"};
    const char *path = NULL;

    if (pwquality_get_str_value(settings, PWQ_SETTING_DICT_PATH, &path) == 0 &&
        path != NULL && path[0] != '\0')
        return dictionary_there(path);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (dictionary_there(usual[i]))
            return true;
    }
    return false;
}

static void dictionary_check(pwquality_settings_t *settings)
{
    int wanted = 0;

    pwquality_get_int_value(settings, PWQ_SETTING_DICT_CHECK, &wanted);
    if (wanted == 0 || dictionary_find(settings))
        return;
    /* For whoever can do something about it; in a script's log it would be noise. */
    if (isatty(STDERR_FILENO))
        complain("warning: there is no dictionary to look passwords up in (Debian: "
                 "package cracklib-runtime; or set dictcheck = 0 in pwquality.conf)");
    pwquality_set_int_value(settings, PWQ_SETTING_DICT_CHECK, 0);
}

/* The library's text for what it returned, which frees `detail`. */
static void reason_add(struct buf *error_r, int code, void *detail)
{
    char text[PWQ_MAX_ERROR_MESSAGE_LEN];

    buf_adds(error_r, pwquality_strerror(text, sizeof text, code, detail));
}

struct password_rules *password_rules_create(void)
{
    struct password_rules *rules = calloc(1, sizeof(*rules));
    struct buf error = BUF_INIT;
    void *detail = NULL;
    int code;

    if (rules != NULL)
        rules->settings = pwquality_default_settings();
    if (rules == NULL || rules->settings == NULL) {
        complain("out of memory");
        password_rules_destroy(rules);
        return NULL;
    }
    code = pwquality_read_config(rules->settings, NULL, &detail);
    /* That there is no file means the library's own rules. */
    if (code != 0 && code != PWQ_ERROR_CFGFILE_OPEN) {
        reason_add(&error, code, detail);
        complain("the rules for passwords cannot be read: %s", buf_str(&error));
        buf_finish(&error);
        password_rules_destroy(rules);
        return NULL;
    }
    dictionary_check(rules->settings);
    return rules;
}

void password_rules_destroy(struct password_rules *rules)
{
    if (rules == NULL)
        return;
    if (rules->settings != NULL)
        pwquality_free_settings(rules->settings);
    free(rules);
}

static bool check_for(struct password_rules *rules, const char *password,
                      const char *name, struct buf *error_r)
{
    void *detail = NULL;
    int code = pwquality_check(rules->settings, password, NULL, name, &detail);

    if (code >= 0)
        return true;
    reason_add(error_r, code, detail);
    return false;
}

bool password_rules_check(struct password_rules *rules, const char *password,
                          const char *login, struct buf *error_r)
{
    const char *at = strrchr(login, '@');
    char *name;
    bool kept;

    if (!check_for(rules, password, login, error_r))
        return false;
    if (at == NULL)
        return true;
    name = strndup(login, (size_t)(at - login));
    if (name == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    kept = check_for(rules, password, name, error_r);
    free(name);
    return kept;
}

bool password_rules_enforced(struct password_rules *rules)
{
    int enforced = 1;

    pwquality_get_int_value(rules->settings, PWQ_SETTING_ENFORCING, &enforced);
    return enforced != 0;
}

bool password_rules_generate(struct password_rules *rules, struct buf *password_r,
                             struct buf *error_r)
{
    char *password = NULL;
    int code = pwquality_generate(rules->settings, GENERATED_BITS, &password);

    if (code != 0 || password == NULL) {
        buf_adds(error_r, "no password could be made: ");
        reason_add(error_r, code != 0 ? code : PWQ_ERROR_MEM_ALLOC, NULL);
        return false;
    }
    secret_add(password_r, password, strlen(password));
    secret_wipe(password, strlen(password));
    free(password);
    if (password_r->failed)
        buf_adds(error_r, "out of memory");
    return !password_r->failed;
}
