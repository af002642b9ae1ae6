/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_ldap.c - "ldap:FILE.cf": accounts in a directory, read and never written. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cred/cred_entries.h"
#include "cred/cred_kinds.h"
#include "cred/cred_ldap_account.h"
#include "cred/cred_ldap_conf.h"
#include "cred/cred_private.h"
#include "cred/cred_times.h"
#include "cred/prepare.h"
#include "ldap/filter.h"

enum {
    ENTRIES_MAX = 16,  /* that a search for one login may find */
    PAUSE_MAX = 50000, /* us that who was found elsewhere waits for this source */
    MADE_UP_MAX = 256,
    MS_PER_S = 1000
};

struct ldap_source {
    struct arena arena;
    const char *label; /* as configured, "ldap:FILE.cf" */
    const struct cred_site *site;
    struct cred_ldap_conf conf;
    struct directory *directory;
    struct cred_entries *entries; /* NULL: none are remembered */
    struct cred_kinds kinds;
    struct cred_times searches, binds; /* binds that found the password wrong */
};

/* --- open and close --- */

static void ldap_close(void *state)
{
    struct ldap_source *source = state;

    directory_destroy(source->directory);
    cred_entries_destroy(source->entries);
    if (source->conf.params != NULL)
        ldap_params_wipe(source->conf.params);
    cred_kinds_finish(&source->kinds);
    cred_times_finish(&source->searches);
    cred_times_finish(&source->binds);
    arena_finish(&source->arena);
    free(source);
}

/* What happens to the connections, with the source's name before it. */
static void ldap_notice(void *arg, enum event_level level, const char *line)
{
    const struct ldap_source *source = arg;
    struct buf text = BUF_INIT;

    if (source->site->notice == NULL)
        return;
    buf_addf(&text, "%s: %s", source->label, line);
    source->site->notice(source->site->notice_arg, level, buf_str(&text));
    buf_finish(&text);
}

static bool ldap_prepare(struct ldap_source *source, const char *path,
                         struct buf *error_r)
{
    struct cred_ldap_conf *conf = &source->conf;
    struct buf why = BUF_INIT;

    source->label = arena_printf(&source->arena, "ldap:%s", path);
    if (source->label == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return false;
    }
    if (!cred_ldap_conf_load(conf, path, source->site, &source->arena, error_r))
        return false;
    conf->directory.notice = ldap_notice;
    conf->directory.notice_arg = source;
    source->directory = directory_create(&conf->directory, &why);
    if (source->directory == NULL)
        buf_addf(error_r, "%s: %s", path, buf_str(&why));
    buf_finish(&why);
    if (source->directory != NULL && conf->entry_ttl != 0 &&
        conf->check == CRED_LDAP_BIND) {
        source->entries = cred_entries_create((int64_t)conf->entry_ttl * MS_PER_S);
        if (source->entries == NULL) {
            buf_addf(error_r, "%s: entry_ttl: out of memory", path);
            return false;
        }
    }
    /* From the first on there is something to draw from. */
    if (conf->check != CRED_LDAP_LOCAL)
        cred_kinds_count(&source->kinds, source->label, 0, false, true);
    return source->directory != NULL;
}

static void *ldap_open(const char *name, const struct cred_site *site,
                       struct buf *error_r)
{
    struct ldap_source *source = calloc(1, sizeof(*source));

    if (source == NULL) {
        buf_addf(error_r, "%s: out of memory", name);
        return NULL;
    }
    source->site = site;
    cred_kinds_init(&source->kinds);
    cred_times_init(&source->searches);
    cred_times_init(&source->binds);
    if (!ldap_prepare(source, name, error_r)) {
        ldap_close(source);
        return NULL;
    }
    return source;
}

/* --- finding --- */

/* "SOURCE: " before what is wrong. */
static enum answer ldap_failed(const struct ldap_source *source, struct buf *why,
                               struct buf *error_r)
{
    buf_addf(error_r, "%s: %s", source->label, buf_str(why));
    buf_finish(why);
    return ANSWER_UNKNOWN;
}

static const char *ldap_expand(const struct map_template *template, const char *login,
                               map_template_quote *quote, struct arena *arena)
{
    struct buf text = BUF_INIT;
    const char *copy;

    map_template_expand(template, login, NULL, quote, &text);
    copy = text.failed ? NULL : arena_strndup(arena, buf_str(&text), text.len);
    buf_finish(&text);
    return copy;
}

static const char *ldap_filter_for(const struct ldap_filter *filter, const char *login,
                                   struct arena *arena)
{
    struct buf text = BUF_INIT;
    const char *copy;

    ldap_filter_format(filter, login, NULL, &text);
    copy = text.failed ? NULL : arena_strndup(arena, buf_str(&text), text.len);
    if (copy == NULL)
        arena->failed = true;
    buf_finish(&text);
    return copy;
}

/*
 * Does the filter of disabled accounts fit the entry? Asked of `base` where there is no
 * entry, for the time that it takes.
 */
static enum answer ldap_ask_disabled(struct ldap_source *source, const char *base,
                                     const char *login, struct arena *arena,
                                     struct buf *why)
{
    static const char *const nothing[] = {"1.1", NULL};
    const struct ldap_filter *filter = source->conf.disabled;
    struct directory_query query = {
        .base = base, .scope = DIRECTORY_BASE, .attributes = nothing, .size_limit = 1};
    struct directory_entries entries;

    if (filter == NULL)
        return ANSWER_NO;
    query.filter = ldap_filter_for(filter, login, arena);
    if (query.filter == NULL) {
        buf_adds(why, "out of memory");
        return ANSWER_UNKNOWN;
    }
    return directory_search(source->directory, &query, arena, &entries, why);
}

/* The one entry that is the login's. */
static enum answer ldap_search(struct ldap_source *source, const char *login,
                               enum cred_want want, struct arena *arena,
                               const struct directory_entry **entry_r, bool *disabled_r,
                               struct buf *why)
{
    const struct cred_ldap_conf *conf = &source->conf;
    const struct directory_query query = {
        .base = ldap_expand(&conf->base, login, filter_escape_dn, arena),
        .scope = conf->scope,
        .filter = ldap_filter_for(conf->filter, login, arena),
        .attributes = conf->attributes[want],
        .size_limit = ENTRIES_MAX};
    const uint64_t began = cred_times_now();
    struct directory_entries entries = {0};
    enum answer answer, off;

    if (arena->failed) {
        buf_adds(why, "out of memory");
        return ANSWER_UNKNOWN;
    }
    answer = directory_search(source->directory, &query, arena, &entries, why);
    /* A base of one domain alone may be missing; the only one there is a mistake, and
     * nobody's password is wrong because of it. */
    if (answer == ANSWER_NO && entries.no_base && conf->base.fixed) {
        buf_adds(why, "there is no such entry as search_base says");
        return ANSWER_UNKNOWN;
    }
    if (answer == ANSWER_YES)
        answer = cred_ldap_match(&conf->names, &entries, login, arena, entry_r, why);
    if (answer == ANSWER_UNKNOWN)
        return answer;
    off = ldap_ask_disabled(source, answer == ANSWER_YES ? (*entry_r)->dn : query.base,
                            login, arena, why);
    if (off == ANSWER_UNKNOWN)
        return off;
    cred_times_add(&source->searches, cred_times_now() - began);
    *disabled_r = off == ANSWER_YES;
    return answer;
}

/* Counts the account among those that are like it. */
static void ldap_learn(struct ldap_source *source, const struct account *account)
{
    const bool bound = account->entry != NULL;

    cred_kinds_learn(&source->kinds, &account->verifiers,
                     !bound && account->passwords.count == 0);
    cred_kinds_learn(&source->kinds, &account->passwords, !bound);
    if (bound)
        cred_kinds_count(&source->kinds, source->label, 0, false, true);
}

static enum answer ldap_take(struct ldap_source *source, const char *login,
                             const struct directory_entry *entry, struct arena *arena,
                             struct account *account_r, struct buf *why)
{
    account_r->login =
        cred_ldap_account_name(&source->conf.names, entry, login, arena, why);
    if (account_r->login == NULL)
        return ANSWER_UNKNOWN;
    return cred_ldap_account_take(&source->conf, entry, arena, account_r, why);
}

/* Asks the directory for the login's account, and remembers its entry where that is
 * bound as. */
static enum answer ldap_find_anew(struct ldap_source *source, const char *login,
                                  enum cred_want want, struct arena *arena,
                                  struct account *account_r, struct buf *why)
{
    const int64_t asked = clock_ms();
    const struct directory_entry *entry = NULL;
    enum answer answer;

    *account_r = (struct account){.login = login};
    answer = ldap_search(source, login, want, arena, &entry, &account_r->disabled, why);
    if (answer == ANSWER_YES)
        answer = ldap_take(source, login, entry, arena, account_r, why);
    if (answer == ANSWER_YES && source->entries != NULL && !account_r->disabled)
        cred_entries_note(source->entries, login, account_r->entry, account_r->login,
                          asked);
    return answer;
}

/* Whose entry was found a while ago is not searched for when it is only bound as. */
static bool ldap_remembers(const struct ldap_source *source, const char *login,
                           enum cred_want want, struct arena *arena,
                           struct account *account)
{
    if (want != CRED_WANT_CHECK || source->entries == NULL)
        return false;
    account->entry = cred_entries_find(source->entries, login, arena, &account->login);
    if (account->entry != NULL)
        account->remembered = login;
    return account->entry != NULL;
}

static enum answer ldap_find(void *state, const char *login, enum cred_want want,
                             struct arena *arena, struct account *account_r,
                             struct buf *error_r)
{
    struct ldap_source *source = state;
    struct buf why = BUF_INIT;
    enum answer answer = ANSWER_YES;

    *account_r = (struct account){.login = login};
    if (!map_template_takes_key(&source->conf.needs, login))
        return ANSWER_NO;
    if (source->conf.by_template) {
        answer =
            cred_ldap_conf_bind_name(&source->conf, login, arena, &account_r->entry);
        if (answer == ANSWER_UNKNOWN)
            buf_adds(&why, "out of memory");
    } else if (!ldap_remembers(source, login, want, arena, account_r)) {
        answer = ldap_find_anew(source, login, want, arena, account_r, &why);
    }
    if (answer == ANSWER_UNKNOWN)
        return ldap_failed(source, &why, error_r);
    if (answer == ANSWER_YES)
        ldap_learn(source, account_r);
    buf_finish(&why);
    return answer;
}

static void ldap_find_nobody(void *state, const char *login)
{
    struct ldap_source *source = state;
    const uint64_t us = cred_times_draw(&source->searches, source->site->key, login);

    cred_times_wait(cred_times_now(), us < PAUSE_MAX ? us : PAUSE_MAX);
}

/* --- checking --- */

static enum cred_why ldap_why(enum directory_verdict verdict)
{
    switch (verdict) {
    case DIRECTORY_RIGHT:
        return CRED_RIGHT;
    case DIRECTORY_LOCKED:
        return CRED_LOCKED;
    case DIRECTORY_EXPIRED:
        return CRED_EXPIRED;
    case DIRECTORY_MUST_CHANGE:
        return CRED_MUST_CHANGE;
    case DIRECTORY_REFUSED:
        return CRED_REFUSED;
    case DIRECTORY_WRONG:
        break;
    }
    return CRED_WRONG;
}

/* Can it be anybody's password? What cannot never gets as far as the directory. */
static bool ldap_can_be_right(const char *password, size_t len)
{
    return len != 0 && len <= PASSWORD_MAX && memchr(password, '\0', len) == NULL;
}

/* Has the directory check the password of the entry. */
static enum answer ldap_bind(struct ldap_source *source, const char *entry,
                             const char *login, const char *password, size_t len,
                             struct cred_result *result_r, struct buf *why)
{
    const uint64_t began = cred_times_now();
    enum directory_verdict verdict = DIRECTORY_WRONG;
    const bool asked = ldap_can_be_right(password, len);
    enum answer answer = ANSWER_NO;

    if (asked)
        answer =
            directory_check(source->directory, entry, password, len, &verdict, why);
    if (answer == ANSWER_UNKNOWN)
        return answer;
    result_r->why = ldap_why(verdict);
    if (asked && verdict == DIRECTORY_WRONG)
        cred_times_add(&source->binds, cred_times_now() - began);
    else if (answer == ANSWER_NO) /* which may be said sooner than of a wrong one */
        cred_times_wait(began,
                        cred_times_draw(&source->binds, source->site->key, login));
    return answer;
}

/*
 * A password that is not right for an entry that was remembered: is that still the
 * login's entry? It costs the search that was saved, so that a wrong password takes as
 * long as a login that is not there.
 */
static enum answer ldap_check_anew(struct ldap_source *source,
                                   const struct account *account, const char *password,
                                   size_t len, struct cred_result *result_r,
                                   struct buf *why)
{
    struct arena arena = {0};
    struct account now;
    enum answer answer;

    cred_entries_forget(source->entries, account->remembered);
    answer =
        ldap_find_anew(source, account->remembered, CRED_WANT_CHECK, &arena, &now, why);
    if (answer == ANSWER_NO) {
        result_r->why = CRED_NO_LOGIN;
    } else if (answer == ANSWER_YES && now.disabled) {
        result_r->why = CRED_DISABLED;
        answer = ANSWER_NO;
    } else if (answer == ANSWER_YES && strcmp(now.entry, account->entry) == 0) {
        answer = ANSWER_NO;
    } else if (answer == ANSWER_YES) {
        answer =
            ldap_bind(source, now.entry, account->login, password, len, result_r, why);
    }
    arena_finish(&arena);
    return answer;
}

static enum answer ldap_check(void *state, const struct account *account,
                              const char *password, size_t len,
                              struct cred_result *result_r, struct buf *error_r)
{
    struct ldap_source *source = state;
    struct buf why = BUF_INIT;
    enum answer answer;

    result_r->scheme = "bind";
    answer = ldap_bind(source, account->entry, account->login, password, len, result_r,
                       &why);
    if (answer == ANSWER_NO && account->remembered != NULL)
        answer = ldap_check_anew(source, account, password, len, result_r, &why);
    if (answer == ANSWER_UNKNOWN)
        return ldap_failed(source, &why, error_r);
    buf_finish(&why);
    return answer;
}

/*
 * Waits as long as wrong passwords took: a bind as somebody who is not there would be
 * refused before any hash is computed. Only while no such time is known one is made,
 * which takes the way to the server at least.
 */
static void ldap_check_nobody(void *state, const char *login)
{
    static const char password[] = "nobody's";
    struct ldap_source *source = state;
    const uint64_t began = cred_times_now();
    const uint64_t us = cred_times_draw(&source->binds, source->site->key, login);
    enum directory_verdict verdict;
    struct buf why = BUF_INIT;
    char name[MADE_UP_MAX];

    if (us != 0) {
        cred_times_wait(began, us);
        return;
    }
    snprintf(name, sizeof name, "cn=nobody-%" PRIx64,
             cred_hash(source->site->key, "nobody", 0, login));
    directory_check(source->directory, name, password, strlen(password), &verdict,
                    &why);
    buf_finish(&why);
}

static bool ldap_profile(void *state, struct arena *arena,
                         struct accounts_profile_row **rows_r, size_t *count_r,
                         struct buf *error_r)
{
    struct ldap_source *source = state;

    return cred_kinds_profile(&source->kinds, arena, rows_r, count_r, error_r);
}

static bool ldap_has_aliases(const void *state)
{
    const struct ldap_source *source = state;

    return source->conf.names.canonical != NULL;
}

static bool ldap_has_all(const void *state)
{
    const struct ldap_source *source = state;

    return source->conf.by_template;
}

const struct cred_source_type cred_ldap = {
    .name = "ldap",
    .takes_name = true,
    .open = ldap_open,
    .close = ldap_close,
    .find = ldap_find,
    .profile = ldap_profile,
    .blocks = true,
    .has_aliases = ldap_has_aliases,
    .has_all = ldap_has_all,
    .check = ldap_check,
    .check_nobody = ldap_check_nobody,
    .find_nobody = ldap_find_nobody,
};
