/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf/conf_table.h"
#include "ctl/output.h"
#include "mail/login.h"
#include "mail/reason.h"

static const char default_path[] = SYSCONFDIR "/sendas/sendas.conf";

const char *site_conf_path(const struct options *options)
{
    if (options_has(options, OPTION_CONFIG))
        return options->value[OPTION_CONFIG];
    return access(default_path, F_OK) != 0 && errno == ENOENT ? NULL : default_path;
}

bool site_load(struct site *site, const struct options *options, struct buf *error_r)
{
    *site = (struct site){0};
    site->conf = conf_load(site_conf_path(options), error_r);
    if (site->conf == NULL)
        return false;
    if (options_has(options, OPTION_STORE)) {
        site->conf->store = options->value[OPTION_STORE];
        if (site->conf->store[0] == '\0') {
            buf_adds(error_r, "option --store wants the name of a file");
            return false;
        }
    }
    site->rules.case_sensitive_local_part = site->conf->case_sensitive_local_part;
    site->rules.delimiters = site->conf->recipient_delimiter;
    site->map_site.rules = site->rules;
    site->map_site.store = site->conf->store;
    return true;
}

bool site_init(struct site *site, const struct options *options)
{
    struct buf error = BUF_INIT;
    bool done = site_load(site, options, &error);

    if (!done)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

void site_finish(struct site *site)
{
    owner_set_destroy(site->owners);
    conf_destroy(site->conf);
    arena_finish(&site->arena);
}

bool site_maps_open(struct site *site)
{
    struct buf error = BUF_INIT;

    site->owners = owner_set_create(site->conf, &error);
    if (site->owners == NULL)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return site->owners != NULL;
}

struct store *site_store_open(const struct site *site, enum store_mode mode)
{
    struct buf error = BUF_INIT;
    struct store *store = store_open(site->conf->store, mode, &error);

    if (store == NULL)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return store;
}

const char *login_read(const char *word, const struct conf *conf, struct arena *arena,
                       const char **why_r)
{
    const char *login;

    if (strcmp(word, "*") == 0)
        return "*";
    /* An owner map's value is a list: such a login could never be found in it. */
    if (strpbrk(word, " \t,") != NULL) {
        *why_r = "a login holds no blank and no comma";
        return NULL;
    }
    if (strncasecmp(word, "group:", 6) == 0) {
        *why_r = "that is a group, no login";
        return NULL;
    }
    login = login_normalise(word, strlen(word), conf->login_domain, arena);
    if (login == NULL)
        *why_r = arena->failed ? "out of memory"
                               : "a login is 1 to 512 bytes without control bytes";
    return login;
}

const char *group_read(const char *word, struct arena *arena, const char **why_r)
{
    const char *name;

    if (strpbrk(word, " \t,:*") != NULL) {
        *why_r = "the name of a group holds no blank, comma, colon or star";
        return NULL;
    }
    name = login_normalise(word, strlen(word), NULL, arena);
    if (name == NULL)
        *why_r = arena->failed
                     ? "out of memory"
                     : "the name of a group is 1 to 512 bytes without control "
                       "bytes";
    return name;
}

const char *owner_read(const char *word, const struct conf *conf, struct arena *arena,
                       const char **why_r)
{
    const char *name, *owner;

    if (strncasecmp(word, "group:", 6) != 0)
        return login_read(word, conf, arena, why_r);
    name = group_read(word + 6, arena, why_r);
    if (name == NULL)
        return NULL;
    owner = arena_printf(arena, "group:%s", name);
    if (owner == NULL)
        *why_r = "out of memory";
    return owner;
}

const char *key_read(const char *word, const struct address_rules *rules,
                     struct arena *arena, const char **why_r)
{
    enum reason reason = REASON_NONE;
    const char *key = address_normalise_key(word, rules, arena, &reason);

    if (key == NULL)
        *why_r = arena->failed ? "out of memory" : reason_sentence(reason);
    else if (strchr(key, '@') == NULL) {
        /* Postfix finds such a row for its own domains; no address ever leads us to it.
         */
        *why_r = "it has no domain; expected user@domain or @domain";
        key = NULL;
    }
    return key;
}

const char *site_login(struct site *site, const char *word)
{
    const char *why = NULL;
    const char *login = login_read(word, site->conf, &site->arena, &why);

    if (login == NULL)
        complain("no login: \"%.200s\": %s", word, why);
    return login;
}

const char *site_owner(struct site *site, const char *word)
{
    const char *why = NULL;
    const char *owner = owner_read(word, site->conf, &site->arena, &why);

    if (owner == NULL)
        complain("no login: \"%.200s\": %s", word, why);
    return owner;
}

const char *site_group(struct site *site, const char *word)
{
    const char *why = NULL;
    const char *name = group_read(word, &site->arena, &why);

    if (name == NULL)
        complain("no group: \"%.200s\": %s", word, why);
    return name;
}

const char *site_domain(struct site *site, const char *word)
{
    const char *domain = address_normalise_domain(word, strlen(word), &site->arena);

    if (domain == NULL)
        complain("no domain: \"%.200s\"%s", word,
                 site->arena.failed ? ": out of memory" : "");
    return domain;
}

const char *site_key(struct site *site, const char *word)
{
    const char *why = NULL;
    const char *key = key_read(word, &site->rules, &site->arena, &why);

    if (key == NULL)
        complain("no address: \"%.200s\": %s", word, why);
    return key;
}
