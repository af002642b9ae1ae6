/* SPDX-License-Identifier: BSD-2-Clause */
/* map_sqlite.c - "sqlite:FILE.cf": the tables of Postfix's sqlite_table(5). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "map/map.h"
#include "map/map_domains.h"
#include "map/map_key.h"
#include "map/map_params.h"
#include "map/map_sql.h"
#include "map/map_template.h"
#include "map/sqlite_pool.h"

/* What stands in the table file. */
struct sqlite_params {
    struct map_param_text dbpath;
    struct map_param_text query;
    struct map_param_text result_format;
    struct map_param_text domain;
    int expansion_limit;
    /* From before Postfix 2.2, when there is no query. */
    struct map_param_text table;
    struct map_param_text select_field;
    struct map_param_text where_field;
    struct map_param_text additional_conditions;
};

const struct map_param map_sqlite_params[] = {
    MAP_PARAM(struct sqlite_params, dbpath, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct sqlite_params, query, MAP_PARAM_TEXT, ""),
    MAP_PARAM(struct sqlite_params, result_format, MAP_PARAM_FILLED, "%s"),
    MAP_PARAM(struct sqlite_params, domain, MAP_PARAM_TEXT, ""),
    MAP_PARAM(struct sqlite_params, expansion_limit, MAP_PARAM_NUMBER, "0"),
    MAP_PARAM(struct sqlite_params, table, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct sqlite_params, select_field, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct sqlite_params, where_field, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct sqlite_params, additional_conditions, MAP_PARAM_TEXT, ""),
    {.name = NULL},
};

struct sqlite_map {
    struct arena arena;
    struct map_template_needs needs;
    struct map_sql sql;
    struct map_template result;
    struct map_domains *domains;
    struct sqlite_pool *pool;
    int expansion_limit;
};

static void sqlite_close(void *state)
{
    struct sqlite_map *map = state;

    sqlite_pool_destroy(map->pool);
    map_domains_close(map->domains);
    arena_finish(&map->arena);
    free(map);
}

/* The query of the parameters, built from the old ones if need be. NULL: there is none.
 */
static const char *sqlite_query(const struct sqlite_params *params, struct arena *arena)
{
    if (*params->query.text != '\0')
        return params->query.text;
    if (*params->table.text == '\0' || *params->select_field.text == '\0' ||
        *params->where_field.text == '\0')
        return NULL;
    return arena_printf(arena, "SELECT %s FROM %s WHERE %s = '%%s' %s",
                        params->select_field.text, params->table.text,
                        params->where_field.text, params->additional_conditions.text);
}

static bool sqlite_prepare(struct sqlite_map *map, const char *path,
                           const struct sqlite_params *params,
                           const struct map_site *site, struct buf *error_r)
{
    const char *query = sqlite_query(params, &map->arena);
    const struct map_param_text *format = &params->result_format;
    size_t start = error_r->len;

    if (*params->dbpath.text == '\0' || query == NULL) {
        buf_addf(error_r, "%s: expected a parameter \"%s\"", path,
                 query == NULL ? "query" : "dbpath");
        return false;
    }
    if (*params->dbpath.text != '/') {
        buf_adds(error_r, "expected a path that begins with \"/\"");
        return map_params_blame(error_r, start, path, &params->dbpath);
    }
    if (!map_sql_parse(&map->sql, query, &map->needs, &map->arena, error_r))
        return map_params_blame(error_r, start, path,
                                params->query.line != 0 ? &params->query
                                                        : &params->where_field);
    if (!map_template_parse(&map->result, format->text, strlen(format->text),
                            MAP_TEMPLATE_RESULT, &map->needs, &map->arena, error_r))
        return map_params_blame(error_r, start, path, format);
    map->domains = map_domains_open(params->domain.text, site, error_r);
    if (map->domains == NULL && error_r->len != start)
        return map_params_blame(error_r, start, path, &params->domain);
    map->expansion_limit = params->expansion_limit;
    map->pool = sqlite_pool_create(params->dbpath.text, map->sql.text, NULL);
    if (map->pool == NULL)
        buf_addf(error_r, "%s: out of memory", path);
    return map->pool != NULL;
}

static void *sqlite_open(const char *name, enum map_use use,
                         const struct map_site *site, struct buf *error_r)
{
    struct sqlite_map *map = calloc(1, sizeof(*map));
    struct sqlite_params params;

    (void)use;
    if (map == NULL) {
        buf_addf(error_r, "%s: out of memory", name);
        return NULL;
    }
    if (!map_params_load(name, map_sqlite_params, &params, &map->arena, error_r) ||
        !sqlite_prepare(map, name, &params, site, error_r)) {
        sqlite_close(map);
        return NULL;
    }
    return map;
}

/* What the rows of one lookup are added to. */
struct sqlite_result {
    const struct sqlite_map *map;
    const char *key;
    const struct map_trace *trace;
    struct arena *arena;
    struct strlist *values;
    struct buf text;
    int expansions;
    struct buf *error;
};

static void sqlite_tell_row(const struct sqlite_result *result, const char *value)
{
    const struct event_field fields[] = {{"value", value},
                                         {"result", buf_str(&result->text)}};

    map_trace_tell(result->trace, 1, "row", fields, 2);
}

static bool sqlite_row(const char *value, void *arg)
{
    struct sqlite_result *result = arg;
    const struct sqlite_map *map = result->map;

    if (!map_template_takes_value(&map->needs, value))
        return true;
    if (map->expansion_limit > 0 && ++result->expansions > map->expansion_limit) {
        buf_addf(result->error, "more than %d values (expansion_limit)",
                 map->expansion_limit);
        return false;
    }
    buf_clear(&result->text);
    map_template_expand(&map->result, result->key, value, NULL, &result->text);
    sqlite_tell_row(result, value);
    if (!result->text.failed &&
        map_add_values(result->values, result->arena, buf_str(&result->text)))
        return true;
    buf_adds(result->error, "out of memory");
    return false;
}

/* What is about to be asked. */
static void sqlite_tell_query(const struct sqlite_map *map, const char *key,
                              const char *const *params, const struct map_trace *trace,
                              struct arena *arena)
{
    const char *list = "";

    for (size_t i = 0; trace != NULL && i < map->sql.param_count; i++)
        list = arena_printf(arena, "%s%s?%zu=%s", list != NULL ? list : "",
                            i == 0 ? "" : " ", i + 1, params[i]);
    map_trace_tell(trace, 0, "query",
                   (const struct event_field[]){
                       {"key", key}, {"sql", map->sql.text}, {"parameters", list}},
                   3);
}

/* One form of the key: filters, parameters, query. */
static enum answer sqlite_ask(const struct sqlite_map *map, const char *key,
                              const struct map_trace *trace, struct arena *arena,
                              struct strlist *values_r, struct buf *error_r)
{
    struct sqlite_result result = {.map = map,
                                   .key = key,
                                   .trace = trace,
                                   .arena = arena,
                                   .values = values_r,
                                   .text = BUF_INIT,
                                   .error = error_r};
    const char **params;
    enum answer answer;
    bool done;

    if (!map_template_takes_key(&map->needs, key))
        return ANSWER_NO;
    answer = map->domains != NULL ? map_domains_match(map->domains, key, arena, error_r)
                                  : ANSWER_YES;
    if (answer != ANSWER_YES)
        return answer;
    params = arena_alloc(arena, (map->sql.param_count + 1) * sizeof(*params));
    for (size_t i = 0; params != NULL && i < map->sql.param_count; i++) {
        buf_clear(&result.text);
        map_template_expand(&map->sql.params[i], key, NULL, NULL, &result.text);
        params[i] = arena_strndup(arena, buf_str(&result.text), result.text.len);
    }
    if (arena->failed || result.text.failed) {
        buf_adds(error_r, "out of memory");
        done = false;
    } else {
        sqlite_tell_query(map, key, params, trace, arena);
        done = sqlite_pool_query(map->pool, params, map->sql.param_count, sqlite_row,
                                 &result, error_r);
    }
    buf_finish(&result.text);
    return done ? ANSWER_YES : ANSWER_UNKNOWN;
}

static enum answer sqlite_lookup(void *state, const char *key,
                                 const struct map_trace *trace, struct arena *arena,
                                 struct strlist *values_r, struct buf *error_r)
{
    const char *forms[MAP_KEY_FORMS];
    size_t count = map_key_forms(key, arena, forms);
    size_t before = values_r->count;
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < count; i++) {
        answer = sqlite_ask(state, forms[i], trace, arena, values_r, error_r);
        if (answer == ANSWER_UNKNOWN || values_r->count != before)
            break;
    }
    return answer;
}

const struct map_type map_sqlite = {
    .open = sqlite_open,
    .lookup = sqlite_lookup,
    .close = sqlite_close,
};
