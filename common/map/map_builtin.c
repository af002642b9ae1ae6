/* SPDX-License-Identifier: BSD-2-Clause */
/* map_builtin.c - "builtin": the grants file that sendasctl writes. */
#include "config.h"

#include "map/map.h"
#include "map/sqlite_pool.h"
#include "store/store.h"
#include "store/store_schema.h"

static bool builtin_check(struct sqlite3 *db, const char *path, struct buf *error_r)
{
    return store_schema_require(db, path, &store_schema, error_r);
}

static void *builtin_open(const char *name, enum map_use use,
                          const struct map_site *site, struct buf *error_r)
{
    struct sqlite_pool *pool;

    (void)use;
    (void)name;
    if (site->store == NULL || *site->store == '\0') {
        buf_adds(error_r, "map \"builtin\": no grants file is set (\"store\")");
        return NULL;
    }
    pool = sqlite_pool_create(site->store, store_owner_query, builtin_check);
    if (pool == NULL)
        buf_adds(error_r, "out of memory");
    return pool;
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
    struct builtin_result result = {arena, values_r, error_r};

    (void)trace;
    return sqlite_pool_query(state, &key, 1, builtin_row, &result, error_r)
               ? ANSWER_YES
               : ANSWER_UNKNOWN;
}

static void builtin_close(void *state)
{
    sqlite_pool_destroy(state);
}

const struct map_type map_builtin = {
    .open = builtin_open,
    .lookup = builtin_lookup,
    .close = builtin_close,
};
