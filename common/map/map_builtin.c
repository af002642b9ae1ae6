/* SPDX-License-Identifier: BSD-2-Clause */
/* map_builtin.c - "builtin": the grants file that sendasctl writes. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "map/map.h"
#include "map/sqlite_pool.h"
#include "store/store.h"
#include "store/store_schema.h"

enum { QUERY_LIST, QUERY_FIND, QUERY_ANY, QUERY_HOLDERS, QUERIES };
enum { FEW_CONNECTIONS = 2 };

struct builtin {
    struct sqlite_pool *pool;
    size_t numbers[QUERIES]; /* of the queries in the pool */
    bool has[QUERIES];
    const struct map_site *site;
    bool optional;
    atomic_bool seen; /* the file was there */
};

/*
 * Was there never a grants file, and need not be one? Every setting but send_as names
 * it by default, also at a site whose owners are all in other maps. A file that was
 * there and is gone could hold a denial.
 */
static bool builtin_is_missing(struct builtin *builtin)
{
    if (!builtin->optional || atomic_load(&builtin->seen))
        return false;
    if (access(builtin->site->store, F_OK) != 0 && errno == ENOENT)
        return true;
    atomic_store(&builtin->seen, true);
    return false;
}

static bool builtin_check(struct sqlite3 *db, const char *path, struct buf *error_r)
{
    return store_schema_require(db, path, &store_schema, error_r);
}

/* What the grants file is asked for this use; NULL: it has nothing of that kind. */
static const struct store_queries *builtin_queries(enum map_use use)
{
    switch (use) {
    case MAP_SEND_AS:
        return &store_right_queries[STORE_SEND_AS];
    case MAP_ON_BEHALF:
        return &store_right_queries[STORE_ON_BEHALF];
    case MAP_RESEND:
        return &store_right_queries[STORE_RESEND];
    case MAP_DENY:
        return &store_right_queries[STORE_DENY];
    case MAP_GROUPS:
        return &store_group_queries;
    case MAP_ALIAS_DOMAINS:
        break;
    }
    return NULL;
}

static void builtin_close(void *state)
{
    struct builtin *builtin = state;

    sqlite_pool_destroy(builtin->pool);
    free(builtin);
}

static struct builtin *builtin_create(const struct store_queries *queries,
                                      enum map_use use, const struct map_site *site)
{
    const char *const all[QUERIES] = {queries->list, queries->find, queries->any,
                                      queries->holders};
    struct read_pool_plan plan = sqlite_pool_plan(site->store, builtin_check);
    struct builtin *builtin = calloc(1, sizeof(*builtin));
    const char *sql[QUERIES];

    if (builtin == NULL)
        return NULL;
    builtin->site = site;
    builtin->optional = use != MAP_SEND_AS;
    /* The others mostly have few rows or none, and a thread waits some microseconds. */
    if (use != MAP_SEND_AS && use != MAP_GROUPS)
        plan.connections = FEW_CONNECTIONS;
    for (size_t i = 0; i < QUERIES; i++) {
        builtin->has[i] = all[i] != NULL;
        builtin->numbers[i] = plan.sql_count;
        if (all[i] != NULL)
            sql[plan.sql_count++] = all[i];
    }
    plan.sql = sql;
    builtin->pool = sqlite_pool_create_as(&plan);
    if (builtin->pool != NULL)
        return builtin;
    builtin_close(builtin);
    return NULL;
}

static void *builtin_open(const char *name, enum map_use use,
                          const struct map_site *site, struct buf *error_r)
{
    const struct store_queries *queries = builtin_queries(use);
    struct builtin *builtin;

    (void)name;
    if (queries == NULL) {
        buf_adds(error_r, "map \"builtin\": the grants file holds no alias domains");
        return NULL;
    }
    if (site->store == NULL || *site->store == '\0') {
        buf_adds(error_r, "map \"builtin\": no grants file is set (\"store\")");
        return NULL;
    }
    builtin = builtin_create(queries, use, site);
    if (builtin == NULL)
        buf_adds(error_r, "out of memory");
    return builtin;
}

/* What the rows of one lookup are added to. */
struct builtin_result {
    struct arena *arena;
    struct strlist *values;
    struct buf *error;
};

/* A row is one login as it is, even if it holds a blank or a comma. */
static bool builtin_row(const char *text, void *arg)
{
    struct builtin_result *result = arg;

    if (strlist_add(result->values, result->arena, text))
        return true;
    buf_adds(result->error, "out of memory");
    return false;
}

static enum answer builtin_lookup(void *state, const char *key,
                                  const struct map_trace *trace, struct arena *arena,
                                  struct strlist *values_r, struct buf *error_r)
{
    struct builtin *builtin = state;
    struct builtin_result result = {arena, values_r, error_r};

    (void)trace;
    if (builtin_is_missing(builtin))
        return ANSWER_NO;
    return sqlite_pool_query_as(builtin->pool, builtin->numbers[QUERY_LIST], &key, 1,
                                builtin_row, &result, error_r)
               ? ANSWER_YES
               : ANSWER_UNKNOWN;
}

static enum answer builtin_find(void *state, const char *key,
                                const struct map_sought *sought, struct arena *arena,
                                struct strlist *values_r, struct buf *error_r)
{
    struct builtin *builtin = state;
    struct builtin_result result = {arena, values_r, error_r};
    const char *params[1 + MAP_SOUGHT_MAX] = {key};
    size_t count = 1;

    if (!builtin->has[QUERY_FIND] || builtin_is_missing(builtin))
        return builtin_lookup(state, key, NULL, arena, values_r, error_r);
    /* What is not bound is NULL, which nothing is equal to. */
    while (count <= sought->count) {
        params[count] = sought->values[count - 1];
        count++;
    }
    return sqlite_pool_query_as(builtin->pool, builtin->numbers[QUERY_FIND], params,
                                count, builtin_row, &result, error_r)
               ? ANSWER_YES
               : ANSWER_UNKNOWN;
}

static enum answer builtin_holders(void *state, const struct map_sought *sought,
                                   struct arena *arena, struct strlist *groups_r,
                                   struct buf *error_r)
{
    struct builtin *builtin = state;
    struct builtin_result result = {arena, groups_r, error_r};

    if (!builtin->has[QUERY_HOLDERS])
        return ANSWER_NO;
    if (builtin_is_missing(builtin))
        return ANSWER_YES; /* in no group */
    return sqlite_pool_query_as(builtin->pool, builtin->numbers[QUERY_HOLDERS],
                                sought->values, sought->count, builtin_row, &result,
                                error_r)
               ? ANSWER_YES
               : ANSWER_UNKNOWN;
}

/* Any row will do. */
static bool builtin_row_seen(const char *text, void *arg)
{
    (void)text;
    *(bool *)arg = true;
    return true;
}

static bool builtin_is_empty(void *state)
{
    struct builtin *builtin = state;
    struct buf ignored = BUF_INIT;
    bool seen = false, done;

    if (builtin_is_missing(builtin))
        return true;
    if (!builtin->has[QUERY_ANY])
        return false;
    done = sqlite_pool_query_as(builtin->pool, builtin->numbers[QUERY_ANY], NULL, 0,
                                builtin_row_seen, &seen, &ignored);
    buf_finish(&ignored);
    return done && !seen;
}

const struct map_type map_builtin = {
    .open = builtin_open,
    .lookup = builtin_lookup,
    .close = builtin_close,
    .find = builtin_find,
    .is_empty = builtin_is_empty,
    .holders = builtin_holders,
};
