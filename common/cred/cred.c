/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/secret.h"
#include "cred/cred_private.h"

enum { SHOWN = 100 };

static const struct cred_source_type *const cred_types[] = {
    &cred_builtin,
    &cred_sqlite,
#ifdef HAVE_LDAP
    &cred_ldap,
#endif
};
enum { CRED_TYPES = sizeof(cred_types) / sizeof(cred_types[0]) };

/* The row that a specification begins with the name of; *name_r is what is behind it.
 */
static const struct cred_source_type *cred_type(const char *spec, const char **name_r)
{
    for (size_t i = 0; i < CRED_TYPES; i++) {
        size_t len = strlen(cred_types[i]->name);

        if (strncmp(spec, cred_types[i]->name, len) != 0)
            continue;
        if (cred_types[i]->takes_name ? spec[len] == ':' && spec[len + 1] != '\0'
                                      : spec[len] == '\0') {
            *name_r = cred_types[i]->takes_name ? spec + len + 1 : spec + len;
            return cred_types[i];
        }
    }
    return NULL;
}

static bool cred_unknown_type(const char *spec, struct buf *error_r)
{
    buf_addc(error_r, '"');
    escape_text(error_r, spec, strlen(spec), SHOWN);
    buf_adds(error_r, "\": not a source of accounts, expected ");
    for (size_t i = 0; i < CRED_TYPES; i++)
        buf_addf(error_r, "%s%s%s",
                 i == 0                ? ""
                 : i + 1 == CRED_TYPES ? " or "
                                       : ", ",
                 cred_types[i]->name, cred_types[i]->takes_name ? ":FILE.cf" : "");
    return false;
}

static bool cred_open_source(struct cred *cred, const char *spec, struct buf *error_r)
{
    struct cred_source *source = &cred->sources[cred->source_count];
    const char *name;

    source->type = cred_type(spec, &name);
    source->spec = spec;
    if (source->type == NULL)
        return cred_unknown_type(spec, error_r);
    source->state = source->type->open(name, cred->site, error_r);
    if (source->state == NULL)
        return false;
    cred->source_count++;
    cred->writable = cred->writable || source->type == &cred_builtin;
    cred->blocks = cred->blocks || source->type->blocks;
    return true;
}

/* Who knows every login leaves nothing for a source behind. */
static bool cred_order_check(const struct cred *cred, struct buf *error_r)
{
    for (size_t i = 0; i + 1 < cred->source_count; i++) {
        const struct cred_source *source = &cred->sources[i];

        if (source->type->has_all != NULL && source->type->has_all(source->state)) {
            buf_addf(error_r,
                     "%s: takes every login for an account, since it makes their names "
                     "up; expected it to be the last of the sources",
                     source->spec);
            return false;
        }
    }
    return true;
}

/* Makes one, to know that it works here and what it costs. */
static bool cred_open_scheme(struct cred *cred, const char *name, struct buf *error_r)
{
    static const char sample[] = "sample";
    const struct scheme *scheme = scheme_find(name, strlen(name));
    struct buf stored = BUF_INIT;
    struct verifier verifier;
    bool ok;

    if (scheme == NULL || !scheme_makes(scheme)) {
        buf_adds(error_r, "schemes: \"");
        escape_text(error_r, name, strlen(name), SHOWN);
        buf_addf(error_r, "\": %s",
                 scheme == NULL ? "no such scheme" : "is read, but not made");
        return false;
    }
    if (cred->scheme_count == CRED_SCHEMES_MAX) {
        buf_adds(error_r, "schemes: too many");
        return false;
    }
    ok = scheme_make(scheme, &cred->site->costs, "a@b", sample, strlen(sample), &stored,
                     error_r) &&
         verifier_parse(buf_str(&stored), stored.len, &verifier, error_r);
    if (ok) {
        if (cred->scheme_count == 0)
            secret_add(&cred->sample, stored.data, stored.len);
        cred->schemes[cred->scheme_count++] =
            (struct cred_kind){verifier.scheme, verifier.cost, NULL};
    }
    secret_finish(&stored);
    if (cred->sample.failed)
        buf_adds(error_r, "credentials: out of memory");
    return ok && !cred->sample.failed;
}

/* Is there one to check a password against? */
static bool cred_takes_passwords(const struct cred *cred, struct buf *error_r)
{
    for (size_t i = 0; i < cred->scheme_count; i++) {
        if (scheme_uses(cred->schemes[i].scheme) & SCHEME_PASSWORD)
            return true;
    }
    buf_adds(error_r, "schemes: expected one that a password can be checked against, "
                      "such as SCRAM-SHA-256");
    return false;
}

static bool cred_open(struct cred *cred, struct buf *error_r)
{
    const struct cred_site *site = cred->site;

    if (!scheme_costs_check(&site->costs, error_r))
        return false;
    for (size_t i = 0; i < site->schemes->count; i++) {
        if (!cred_open_scheme(cred, site->schemes->items[i], error_r))
            return false;
    }
    if (!cred_takes_passwords(cred, error_r))
        return false;
    for (size_t i = 0; i < site->credentials->count; i++) {
        if (!cred_open_source(cred, site->credentials->items[i], error_r))
            return false;
    }
    if (cred->source_count == 0)
        buf_adds(error_r, "credentials: expected at least one source of accounts");
    return cred->source_count != 0 && cred_order_check(cred, error_r);
}

struct cred *cred_create(const struct cred_site *site, struct buf *error_r)
{
    struct cred *cred = calloc(1, sizeof(*cred));

    if (cred != NULL) {
        cred->site = site;
        cred->sources = calloc(site->credentials->count + 1, sizeof(*cred->sources));
    }
    if (cred == NULL || cred->sources == NULL ||
        pthread_mutex_init(&cred->lock, NULL) != 0) {
        buf_adds(error_r, "credentials: out of memory");
        if (cred != NULL)
            free(cred->sources);
        free(cred);
        return NULL;
    }
    if (!cred_open(cred, error_r)) {
        cred_destroy(cred);
        return NULL;
    }
    return cred;
}

void cred_destroy(struct cred *cred)
{
    if (cred == NULL)
        return;
    for (size_t i = 0; i < cred->source_count; i++)
        cred->sources[i].type->close(cred->sources[i].state);
    free(cred->profile.rows);
    secret_finish(&cred->sample);
    pthread_mutex_destroy(&cred->lock);
    free(cred->sources);
    free(cred);
}

bool cred_blocks(const struct cred *cred)
{
    return cred->blocks;
}

bool cred_spec_blocks(const char *spec)
{
    const char *name;
    const struct cred_source_type *type = cred_type(spec, &name);

    return type != NULL && type->blocks;
}

const struct cred_source *cred_checking_source(const struct cred *cred,
                                               const char *spec)
{
    for (size_t i = 0; i < cred->source_count; i++) {
        if (cred->sources[i].type->check != NULL &&
            strcmp(cred->sources[i].spec, spec) == 0)
            return &cred->sources[i];
    }
    return NULL;
}

/* As the source's find(), unless it has said so before. */
static enum answer cred_ask(const struct cred_source *source,
                            const struct cred_login *login, enum cred_want want,
                            struct arena *arena, struct account *account_r,
                            struct buf *error_r)
{
    for (const struct cred_seen *seen = login->seen; seen != NULL; seen = seen->next) {
        if (seen->source == source) {
            *account_r = seen->account;
            return seen->answer;
        }
    }
    return source->type->find(source->state, login->name, want, arena, account_r,
                              error_r);
}

bool cred_has_aliases(const struct cred_source *source)
{
    return source->type->has_aliases != NULL &&
           source->type->has_aliases(source->state);
}

void cred_pause(const struct cred *cred, size_t first, bool aliases, const char *login)
{
    for (size_t i = first; i < cred->source_count; i++) {
        const struct cred_source *source = &cred->sources[i];

        if (source->type->find_nobody != NULL && cred_has_aliases(source) == aliases)
            source->type->find_nobody(source->state, login);
    }
}

enum answer cred_find(struct cred *cred, const struct cred_login *login,
                      enum cred_want want, struct arena *arena,
                      struct account *account_r, const struct cred_source **source_r,
                      struct buf *error_r)
{
    for (size_t i = 0; i < cred->source_count; i++) {
        const struct cred_source *source = &cred->sources[i];
        enum answer answer = cred_ask(source, login, want, arena, account_r, error_r);

        if (answer == ANSWER_NO)
            continue;
        *source_r = source;
        if (answer == ANSWER_YES)
            cred_pause(cred, i + 1, false, login->name);
        if (answer == ANSWER_YES && login->seen == NULL)
            cred_pause(cred, i + 1, true, login->name);
        return answer;
    }
    *source_r = NULL;
    return ANSWER_NO;
}

bool cred_read(const struct cred_source *source, const struct account *account,
               const struct strlist *stored, struct verifiers *verifiers_r,
               struct buf *error_r)
{
    struct buf why = BUF_INIT;
    bool ok = verifiers_read(stored, verifiers_r, &why);

    if (!ok) {
        buf_addf(error_r, "%s: ", source->spec);
        escape_text(error_r, account->login, strlen(account->login), SHOWN);
        buf_addf(error_r, ": %s", buf_str(&why));
    }
    buf_finish(&why);
    return ok;
}

void cred_read_nobody(const struct cred *cred)
{
    const char *items[] = {cred->sample.data};
    const struct strlist stored = {.items = items, .count = 1};
    struct verifiers verifiers;
    struct buf why = BUF_INIT;

    verifiers_read(&stored, &verifiers, &why);
    buf_finish(&why);
}
