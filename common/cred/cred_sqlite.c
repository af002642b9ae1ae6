/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_sqlite.c - "sqlite:FILE.cf": an existing table of users, read and never written.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cred/cred_kinds.h"
#include "cred/cred_private.h"
#include "map/map_params.h"
#include "map/map_sql.h"
#include "map/sqlite_pool.h"

enum { SHOWN = 60 };

/* What stands in the file. */
struct sqlite_params {
    struct map_param_text dbpath;
    struct map_param_text query;
    struct map_param_text default_scheme;
};

static const struct map_param sqlite_table[] = {
    MAP_PARAM(struct sqlite_params, dbpath, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct sqlite_params, query, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct sqlite_params, default_scheme, MAP_PARAM_FILLED, ""),
    {.name = NULL},
};

struct sqlite_source {
    struct arena arena;
    struct map_template_needs needs;
    struct map_sql sql;
    const char *scheme; /* of a value that does not say its own; NULL: none */
    struct sqlite_pool *pool;
    struct cred_kinds kinds;
};

static void sqlite_close(void *state)
{
    struct sqlite_source *source = state;

    sqlite_pool_destroy(source->pool);
    cred_kinds_finish(&source->kinds);
    arena_finish(&source->arena);
    free(source);
}

/* "FILE:LINE: NAME: WHY" */
static bool sqlite_refuse(const char *path, const char *name,
                          const struct map_param_text *param, const char *why,
                          struct buf *error_r)
{
    if (param->line == 0)
        buf_addf(error_r, "%s: expected a parameter \"%s\"", path, name);
    else
        buf_addf(error_r, "%s:%u: %s: %s", path, param->line, name, why);
    return false;
}

static bool sqlite_scheme(struct sqlite_source *source, const char *path,
                          const struct map_param_text *param, struct buf *error_r)
{
    const char *name = param->text;
    const struct scheme *scheme;

    if (param->line == 0)
        return true;
    scheme = scheme_find(name, strlen(name));
    if (scheme == NULL)
        return sqlite_refuse(path, "default_scheme", param,
                             "no such scheme, expected one such as BLF-CRYPT", error_r);
    if (scheme_uses(scheme) & SCHEME_CLEAR)
        return sqlite_refuse(path, "default_scheme", param,
                             "passwords in the clear are never compared, import them "
                             "instead",
                             error_r);
    /* As it is written: a name may leave it to the value which scheme it is. */
    source->scheme = name;
    return true;
}

static bool sqlite_prepare(struct sqlite_source *source, const char *path,
                           const struct cred_site *site, struct buf *error_r)
{
    struct sqlite_params params;
    struct buf why = BUF_INIT;
    struct read_pool_plan plan = {.sql_count = 1,
                                  .connections = site->connections,
                                  .busy_ms = site->busy_ms,
                                  .wait_ms = site->busy_ms};
    bool ok;

    if (!map_params_load(path, sqlite_table, &params, &source->arena, error_r))
        return false;
    if (*params.dbpath.text != '/')
        return sqlite_refuse(path, "dbpath", &params.dbpath,
                             "expected a path that begins with \"/\"", error_r);
    if (params.query.line == 0)
        return sqlite_refuse(path, "query", &params.query, "", error_r);
    ok = map_sql_parse(&source->sql, params.query.text, &source->needs, &source->arena,
                       &why) ||
         sqlite_refuse(path, "query", &params.query, buf_str(&why), error_r);
    buf_finish(&why);
    if (!ok || !sqlite_scheme(source, path, &params.default_scheme, error_r))
        return false;
    plan.path = params.dbpath.text;
    plan.sql = &source->sql.text;
    source->pool = sqlite_pool_create_as(&plan);
    if (source->pool == NULL)
        buf_addf(error_r, "%s: out of memory", path);
    return source->pool != NULL;
}

static void *sqlite_open(const char *name, const struct cred_site *site,
                         struct buf *error_r)
{
    struct sqlite_source *source = calloc(1, sizeof(*source));

    if (source == NULL) {
        buf_addf(error_r, "%s: out of memory", name);
        return NULL;
    }
    cred_kinds_init(&source->kinds);
    if (!sqlite_prepare(source, name, site, error_r)) {
        sqlite_close(source);
        return NULL;
    }
    return source;
}

/* What the rows are added to. */
struct sqlite_result {
    const struct sqlite_source *source;
    struct arena *arena;
    struct account *account;
    struct buf *error;
};

/* The value, with the default scheme before it if it says none. */
static const char *sqlite_value(const struct sqlite_result *result, const char *text)
{
    struct buf why = BUF_INIT;
    struct verifier verifier;
    bool plain = result->source->scheme != NULL && *text != '{' &&
                 !verifier_parse(text, strlen(text), &verifier, &why);

    buf_finish(&why);
    return plain ? arena_printf(result->arena, "{%s}%s", result->source->scheme, text)
                 : text;
}

static bool sqlite_row(const char *text, void *arg)
{
    struct sqlite_result *result = arg;
    const char *value;

    if (strlen(text) > VERIFIER_MAX ||
        result->account->verifiers.count >= VERIFIERS_MAX) {
        buf_addf(result->error,
                 "more or longer verifiers than expected (%d of %d bytes)",
                 VERIFIERS_MAX, VERIFIER_MAX);
        return false;
    }
    value = sqlite_value(result, text);
    if (value != NULL && strlist_add(&result->account->verifiers, result->arena, value))
        return true;
    buf_adds(result->error, "out of memory");
    return false;
}

/* Expands what the query's parameters are. NULL: out of memory. */
static const char **sqlite_params(const struct sqlite_source *source, const char *login,
                                  struct arena *arena)
{
    const char **params =
        arena_alloc(arena, (source->sql.param_count + 1) * sizeof(*params));
    struct buf text = BUF_INIT;

    for (size_t i = 0; params != NULL && i < source->sql.param_count; i++) {
        buf_clear(&text);
        map_template_expand(&source->sql.params[i], login, NULL, NULL, &text);
        params[i] = text.failed ? NULL : arena_strndup(arena, buf_str(&text), text.len);
        if (params[i] == NULL)
            params = NULL;
    }
    buf_finish(&text);
    return params;
}

static enum answer sqlite_find(void *state, const char *login, enum cred_want want,
                               struct arena *arena, struct account *account_r,
                               struct buf *error_r)
{
    struct sqlite_source *source = state;
    struct sqlite_result result = {source, arena, account_r, error_r};
    const char **params;

    (void)want;
    *account_r = (struct account){.login = login};
    if (!map_template_takes_key(&source->needs, login))
        return ANSWER_NO;
    params = sqlite_params(source, login, arena);
    if (params == NULL) {
        buf_adds(error_r, "out of memory");
        return ANSWER_UNKNOWN;
    }
    if (!sqlite_pool_query(source->pool, params, source->sql.param_count, sqlite_row,
                           &result, error_r))
        return ANSWER_UNKNOWN;
    if (account_r->verifiers.count == 0)
        return ANSWER_NO;
    cred_kinds_learn(&source->kinds, &account_r->verifiers, true);
    return ANSWER_YES;
}

static bool sqlite_profile(void *state, struct arena *arena,
                           struct accounts_profile_row **rows_r, size_t *count_r,
                           struct buf *error_r)
{
    struct sqlite_source *source = state;

    return cred_kinds_profile(&source->kinds, arena, rows_r, count_r, error_r);
}

const struct cred_source_type cred_sqlite = {
    .name = "sqlite",
    .takes_name = true,
    .open = sqlite_open,
    .close = sqlite_close,
    .find = sqlite_find,
    .profile = sqlite_profile,
};
