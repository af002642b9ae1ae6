/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_ldap_conf.h"

#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "ldap/filter.h"
#include "map/ldap_params.h"
#include "map/map_params.h"

enum { MS_PER_S = 1000, TIMEOUT_MS = 10000, ENTRY_TTL_MAX = 3600 };

/* What stands in the file. */
struct ldap_file {
    struct ldap_params ldap;
    struct ldap_search_params search;
    struct map_param_text disabled_filter;
    struct map_param_text login_attribute;
    struct map_param_text canonical_attribute;
    struct map_param_text scram_attribute;
    struct map_param_text password_attribute;
    struct map_param_text served_attributes;
    int entry_ttl;
    int password_check; /* enum cred_ldap_check */
    struct map_param_text bind_template;
};

static const struct name_row ldap_checks[] = {
    {"bind", CRED_LDAP_BIND},
    {"local", CRED_LDAP_LOCAL},
    {"local-then-bind", CRED_LDAP_LOCAL_THEN_BIND},
    {NULL, 0}};

#define ROW(param, its_kind, ...)                                                      \
    MAP_PARAM(struct ldap_file, param, its_kind, __VA_ARGS__)

/* No timeout given: as long as whoever asks will wait. And passwords go to nobody who
 * cannot show who he is. */
const struct map_param cred_ldap_params[] = {
    LDAP_PARAMS_ROWS(struct ldap_file, "0", "yes"),
    LDAP_SEARCH_ROWS(struct ldap_file, ""),
    ROW(disabled_filter, MAP_PARAM_TEXT, ""),
    ROW(login_attribute, MAP_PARAM_FILLED, "uid"),
    ROW(canonical_attribute, MAP_PARAM_TEXT, ""),
    ROW(scram_attribute, MAP_PARAM_TEXT, "authPassword"),
    ROW(password_attribute, MAP_PARAM_FILLED, "userPassword"),
    ROW(served_attributes, MAP_PARAM_TEXT, ""),
    ROW(password_check, MAP_PARAM_WORD, "bind", .words = ldap_checks),
    ROW(entry_ttl, MAP_PARAM_NUMBER, "0", .min = 0, .max = ENTRY_TTL_MAX),
    ROW(bind_template, MAP_PARAM_FILLED, ""),
    {.name = NULL},
};

/* One file on its way. */
struct conf_reader {
    struct cred_ldap_conf *conf;
    const char *path;
    struct ldap_file *file; /* in the arena */
    const struct cred_site *site;
    struct arena *arena;
    struct buf *error;
};

/* "FILE:LINE: NAME: WHY" */
static bool conf_refuse(const struct conf_reader *reader,
                        const struct map_param_text *param, const char *why)
{
    const size_t start = reader->error->len;

    if (param->line == 0) {
        buf_addf(reader->error, "%s: %s: %s", reader->path, param->name, why);
        return false;
    }
    buf_adds(reader->error, why);
    return map_params_blame(reader->error, start, reader->path, param);
}

static bool conf_memory(const struct conf_reader *reader)
{
    if (reader->arena->failed && reader->error->len == 0)
        buf_addf(reader->error, "%s: out of memory", reader->path);
    return !reader->arena->failed;
}

/* --- parts --- */

/* A list of attributes, parted by commas and blanks. */
static bool conf_attributes(const struct conf_reader *reader,
                            const struct map_param_text *param, struct strlist *list)
{
    static const char blanks[] = ", \t\r\n";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    const char *at = param->text;

    for (at += strspn(at, blanks); *at != '\0'; at += strspn(at, blanks)) {
        const size_t len = strcspn(at, blanks);

        if (strspn(at, letters) < len)
            return conf_refuse(reader, param,
                               "expected names of attributes, parted by commas");
        if (!strlist_addn(list, reader->arena, at, len))
            return conf_memory(reader);
        at += len;
    }
    return true;
}

static bool conf_template(const struct conf_reader *reader,
                          const struct map_param_text *param, const char *text,
                          struct map_template *template_r)
{
    struct buf why = BUF_INIT;
    bool ok = map_template_parse(template_r, text, strlen(text), MAP_TEMPLATE_QUERY,
                                 &reader->conf->needs, reader->arena, &why) ||
              conf_refuse(reader, param, buf_str(&why));

    buf_finish(&why);
    return ok;
}

/*
 * The filter where none is given: every login attribute, as a whole address and as the
 * local part alone. Whether what it finds is the login is seen by cred_ldap_match().
 */
static const char *conf_filter_default(const struct conf_reader *reader)
{
    const struct strlist *logins = &reader->conf->names.logins;
    struct buf text = BUF_INIT;
    const char *copy;

    buf_adds(&text, "(|");
    for (size_t i = 0; i < logins->count; i++)
        buf_addf(&text, "(%s=%%s)(%s=%%u)", logins->items[i], logins->items[i]);
    buf_addc(&text, ')');
    copy = text.failed ? NULL : arena_strdup(reader->arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

static const struct ldap_filter *conf_filter(const struct conf_reader *reader,
                                             const struct map_param_text *param,
                                             const char *text)
{
    struct buf why = BUF_INIT;
    const struct ldap_filter *filter = ldap_filter_parse(
        text, MAP_TEMPLATE_QUERY, &reader->conf->needs, reader->arena, &why);

    if (filter == NULL)
        conf_refuse(reader, param, buf_str(&why));
    buf_finish(&why);
    return filter;
}

static bool conf_filters(const struct conf_reader *reader)
{
    const struct map_param_text *query = &reader->file->search.filter;
    const struct map_param_text *disabled = &reader->file->disabled_filter;
    const char *text = query->line != 0 ? query->text : conf_filter_default(reader);
    struct cred_ldap_conf *conf = reader->conf;

    if (text == NULL)
        return conf_memory(reader);
    conf->filter = conf_filter(reader, query, text);
    if (*disabled->text != '\0')
        conf->disabled = conf_filter(reader, disabled, disabled->text);
    return conf->filter != NULL && (*disabled->text == '\0' || conf->disabled != NULL);
}

/* Adds the items of a list. */
static bool attributes_add(struct strlist *all, const struct strlist *more,
                           struct arena *arena)
{
    for (size_t i = 0; i < more->count; i++) {
        if (!strlist_add(all, arena, more->items[i]))
            return false;
    }
    return true;
}

/* What a search for that is to bring. */
static bool conf_read_for(const struct conf_reader *reader, enum cred_want want)
{
    struct cred_ldap_conf *conf = reader->conf;
    struct arena *arena = reader->arena;
    const bool bound = want == CRED_WANT_CHECK && conf->check == CRED_LDAP_BIND;
    struct strlist all = {0};
    bool ok = attributes_add(&all, &conf->names.logins, arena);

    if (want != CRED_WANT_CHECK)
        ok = ok && attributes_add(&all, &conf->served, arena);
    if (want != CRED_WANT_VALUES && conf->check != CRED_LDAP_BIND)
        ok = ok && strlist_add(&all, arena, conf->password);
    if (!bound && *conf->scram != '\0')
        ok = ok && strlist_add(&all, arena, conf->scram);
    for (size_t i = 0; cred_ldap_suspending(i) != NULL && !bound && ok; i++)
        ok = strlist_add(&all, arena, cred_ldap_suspending(i));
    ok = ok && strlist_add(&all, arena, "");
    if (ok)
        all.items[all.count - 1] = NULL;
    conf->attributes[want] = all.items;
    return conf_memory(reader);
}

static bool conf_read_attributes(const struct conf_reader *reader)
{
    return conf_read_for(reader, CRED_WANT_CHECK) &&
           conf_read_for(reader, CRED_WANT_VALUES) &&
           conf_read_for(reader, CRED_WANT_ALL);
}

static bool conf_names(const struct conf_reader *reader)
{
    const struct ldap_file *file = reader->file;
    struct cred_ldap_names *names = &reader->conf->names;
    struct strlist canonical = {0};

    names->login_domain = reader->site->login_domain;
    names->lower_case = reader->site->lower_case;
    if (!conf_attributes(reader, &file->login_attribute, &names->logins) ||
        !conf_attributes(reader, &file->canonical_attribute, &canonical))
        return false;
    if (names->logins.count == 0)
        return conf_refuse(reader, &file->login_attribute,
                           "expected at least one attribute");
    if (canonical.count > 1)
        return conf_refuse(reader, &file->canonical_attribute,
                           "expected one attribute");
    if (canonical.count == 0)
        return true;
    /* An account is found by its own name, too. */
    names->canonical = canonical.items[0];
    for (size_t i = 0; i < names->logins.count; i++) {
        if (strcasecmp(names->logins.items[i], names->canonical) == 0)
            return true;
    }
    return strlist_add(&names->logins, reader->arena, names->canonical) ||
           conf_memory(reader);
}

static bool conf_search(const struct conf_reader *reader)
{
    const struct ldap_file *file = reader->file;
    struct cred_ldap_conf *conf = reader->conf;

    if (file->search.base.line == 0)
        return conf_refuse(reader, &file->search.base,
                           "expected this parameter, or bind_template");
    conf->scope = (enum directory_scope)file->search.scope;
    conf->entry_ttl = file->entry_ttl;
    conf->check = (enum cred_ldap_check)file->password_check;
    conf->scram = file->scram_attribute.text;
    conf->password = file->password_attribute.text;
    return conf_names(reader) &&
           conf_attributes(reader, &file->served_attributes, &conf->served) &&
           conf_template(reader, &file->search.base, file->search.base.text,
                         &conf->base) &&
           conf_filters(reader) && conf_read_attributes(reader);
}

/* --- names from a template --- */

/* Parameters that say how to search, where nothing is searched for. */
static bool conf_no_search(const struct conf_reader *reader)
{
    const struct ldap_file *file = reader->file;
    const struct map_param_text *const all[] = {
        &file->search.base,        &file->search.filter,    &file->disabled_filter,
        &file->login_attribute,    &file->scram_attribute,  &file->canonical_attribute,
        &file->password_attribute, &file->served_attributes};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i]->line != 0)
            return conf_refuse(reader, all[i],
                               "has no meaning beside bind_template: what a search "
                               "finds is bound as without one");
    }
    return true;
}

/* Does the template have one of the letters, large or small? */
static bool template_has(const struct map_template *template, const char *letters)
{
    for (size_t i = 0; i < template->count; i++) {
        const char kind = template->pieces[i].kind;

        if (kind != 0 && strchr(letters, kind) != NULL)
            return true;
    }
    return false;
}

static bool conf_by_template(const struct conf_reader *reader)
{
    const struct map_param_text *param = &reader->file->bind_template;
    struct cred_ldap_conf *conf = reader->conf;

    if (!reader->site->lower_case)
        return conf_refuse(reader, param,
                           "does not go with case_sensitive_login: to the directory "
                           "names that differ in case are the same");
    if (!conf_no_search(reader) ||
        !conf_template(reader, param, param->text, &conf->template))
        return false;
    if (!template_has(&conf->template, "sSuU"))
        return conf_refuse(reader, param, "expected %u or %s in it, for the login");
    conf->by_template = true;
    conf->names.login_domain = reader->site->login_domain;
    conf->names.lower_case = true;
    conf->template_is_dn = strchr(param->text, '=') != NULL;
    conf->template_whole = template_has(&conf->template, "sSdD");
    return true;
}

/*
 * Printable ASCII without blanks. To the directory a letter beyond that may be another
 * one or none at all, and of blanks it counts not all: "a\xc2\xadlice" is her.
 */
static bool bind_name_plain(const char *login)
{
    for (; *login != '\0'; login++) {
        if (*login <= ' ' || *login > '~')
            return false;
    }
    return true;
}

enum answer cred_ldap_conf_bind_name(const struct cred_ldap_conf *conf,
                                     const char *login, struct arena *arena,
                                     const char **name_r)
{
    struct buf text = BUF_INIT;
    bool ok;

    *name_r = NULL;
    if (!bind_name_plain(login))
        return ANSWER_NO;
    /* Without its domain the name is that of the login in login_domain alone. */
    if (!conf->template_whole &&
        !cred_ldap_name_is(&conf->names, login, strcspn(login, "@"), login, arena))
        return arena->failed ? ANSWER_UNKNOWN : ANSWER_NO;
    map_template_expand(&conf->template, login, NULL,
                        conf->template_is_dn ? filter_escape_dn : NULL, &text);
    *name_r = text.failed ? NULL : arena_strndup(arena, buf_str(&text), text.len);
    ok = *name_r != NULL;
    buf_finish(&text);
    return ok ? ANSWER_YES : ANSWER_UNKNOWN;
}

/* --- the whole --- */

/* A line about what is no error. */
static void conf_remark(void *arg, const char *line)
{
    const struct conf_reader *reader = arg;
    const struct cred_site *site = reader->site;

    if (site->notice != NULL)
        site->notice(site->notice_arg, EVENT_WARNING, line);
}

/* A directory is given no longer than whoever asks will wait. */
static void conf_timeout(struct conf_reader *reader)
{
    /* Who waited in vain can still say so in time. */
    const unsigned most = reader->site->request_ms / 4 * 3;
    struct directory_settings *settings = &reader->conf->directory;
    struct buf text = BUF_INIT;

    if (settings->timeout_ms == 0)
        settings->timeout_ms = TIMEOUT_MS;
    else if (most != 0 && settings->timeout_ms > most)
        buf_addf(&text,
                 "%s: timeout: %u s is too long for a request_timeout of %u s; no "
                 "answer is waited for longer than three quarters of that",
                 reader->path, settings->timeout_ms / MS_PER_S,
                 reader->site->request_ms / MS_PER_S);
    if (text.len != 0)
        conf_remark(reader, buf_str(&text));
    buf_finish(&text);
    if (most != 0 && settings->timeout_ms > most)
        settings->timeout_ms = most;
}

static bool conf_is_here(const char *uri)
{
    static const char *const here[] = {"ldapi:", "ldap://127.", "ldap://[::1]",
                                       "ldap://localhost"};

    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        if (strncasecmp(uri, here[i], strlen(here[i])) == 0)
            return true;
    }
    return false;
}

/* Passwords are for nobody on the way. */
static void conf_review(struct conf_reader *reader)
{
    const struct directory_settings *settings = &reader->conf->directory;
    struct buf text = BUF_INIT;

    ldap_params_review(&reader->file->ldap, reader->path, conf_remark, reader);
    for (size_t i = 0; i < settings->uris->count && !settings->start_tls; i++) {
        const char *uri = settings->uris->items[i];

        if (strncasecmp(uri, "ldaps:", 6) == 0 || conf_is_here(uri))
            continue;
        buf_addf(&text,
                 "%s: passwords go to %s in the clear, expected \"start_tls = yes\" or "
                 "ldaps://",
                 reader->path, uri);
        conf_remark(reader, buf_str(&text));
        break;
    }
    buf_finish(&text);
}

bool cred_ldap_conf_load(struct cred_ldap_conf *conf_r, const char *path,
                         const struct cred_site *site, struct arena *arena,
                         struct buf *error_r)
{
    struct conf_reader reader = {
        .conf = conf_r, .path = path, .site = site, .arena = arena, .error = error_r};

    *conf_r = (struct cred_ldap_conf){.disabled = NULL};
    reader.file = arena_alloc(arena, sizeof(*reader.file));
    if (reader.file == NULL)
        return conf_memory(&reader);
    conf_r->params = &reader.file->ldap;
    if (!map_params_load(path, cred_ldap_params, reader.file, arena, error_r) ||
        !ldap_params_settings(&reader.file->ldap, path, arena, &conf_r->directory,
                              error_r))
        return false;
    conf_r->directory.checks = site->checks != 0 ? site->checks : 1;
    conf_timeout(&reader);
    conf_review(&reader);
    return reader.file->bind_template.line != 0 ? conf_by_template(&reader)
                                                : conf_search(&reader);
}
