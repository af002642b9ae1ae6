/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

#ifdef HAVE_LDAP
#define MAP_LDAP &map_ldap
#else
#define MAP_LDAP NULL
#endif

#ifdef HAVE_PCRE
#define MAP_PCRE &map_pcre
#else
#define MAP_PCRE NULL
#endif

/*
 * The registry. `type` is NULL for a back end that was left out at build time: its name
 * stays known, so that the message can say so.
 */
static const struct map_row {
    const char *name;
    const struct map_type *type;
    bool takes_name; /* "type:name" rather than just "type" */
} map_rows[] = {
    {"builtin", &map_builtin, false}, {"fail", &map_fail, true},
    {"file", &map_file, true},        {"inline", &map_inline, true},
    {"ldap", MAP_LDAP, true},         {"pcre", MAP_PCRE, true},
    {"sqlite", &map_sqlite, true},
};

enum { MAP_ROWS = sizeof(map_rows) / sizeof(map_rows[0]), SPEC_SHOWN = 200 };

struct map {
    const struct map_type *type;
    void *state;
    struct cache *cache; /* NULL: the table is asked each time */
    char spec[];
};

void map_types(struct buf *out)
{
    for (size_t i = 0; i < MAP_ROWS; i++) {
        if (i != 0)
            buf_adds(out, i + 1 == MAP_ROWS ? " or " : ", ");
        buf_adds(out, map_rows[i].name);
    }
}

static const struct map_row *map_find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < MAP_ROWS; i++) {
        if (strlen(map_rows[i].name) == len && memcmp(map_rows[i].name, name, len) == 0)
            return &map_rows[i];
    }
    return NULL;
}

/* Says what is wrong with a spec whose type is `row`, NULL if there is no such type. */
static void map_refuse_spec(const char *spec, const struct map_row *row,
                            struct buf *error_r)
{
    buf_adds(error_r, "map \"");
    escape_text(error_r, spec, strlen(spec), SPEC_SHOWN);
    buf_adds(error_r, "\": ");
    if (row == NULL) {
        buf_adds(error_r, "unknown type, expected ");
        map_types(error_r);
    } else if (row->type == NULL) {
        buf_addf(error_r, "type %s is not built into this program", row->name);
    } else {
        buf_addf(error_r, "expected %s%s", row->name,
                 row->takes_name ? ":NAME" : " and nothing behind it");
    }
}

/* The row that `spec` begins with, and the name behind the colon ("" if there is none).
 */
static const struct map_row *map_parse_spec(const char *spec, const char **name_r,
                                            struct buf *error_r)
{
    const char *colon = strchr(spec, ':');
    size_t len = colon != NULL ? (size_t)(colon - spec) : strlen(spec);
    const struct map_row *row = map_find_row(spec, len);

    *name_r = colon != NULL ? colon + 1 : "";
    if (row != NULL && row->type != NULL &&
        (row->takes_name ? **name_r != '\0' : colon == NULL))
        return row;
    map_refuse_spec(spec, row, error_r);
    return NULL;
}

struct map *map_open(const char *spec, enum map_use use, const struct map_site *site,
                     struct buf *error_r)
{
    const char *name;
    const struct map_row *row = map_parse_spec(spec, &name, error_r);
    struct map *map;

    if (row == NULL)
        return NULL;
    map = calloc(1, sizeof(*map) + strlen(spec) + 1);
    if (map == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    memcpy(map->spec, spec, strlen(spec));
    map->type = row->type;
    map->state = map->type->open(name, use, site, error_r);
    if (map->state == NULL) {
        free(map);
        return NULL;
    }
    return map;
}

void map_close(struct map *map)
{
    if (map == NULL)
        return;
    cache_destroy(map->cache);
    map->type->close(map->state);
    free(map);
}

const char *map_spec(const struct map *map)
{
    return map->spec;
}

void map_trace_tell(const struct map_trace *trace, unsigned depth, const char *step,
                    const struct event_field *fields, size_t count)
{
    if (trace != NULL)
        trace->step(trace->arg, depth, step, fields, count);
}

/* Asks the table itself; the line in *error_r is without the spec. */
static enum answer map_ask(struct map *map, const char *key,
                           const struct map_trace *trace, struct arena *arena,
                           struct strlist *values_r, struct buf *error_r)
{
    size_t value_count = values_r->count;

    if (map->type->lookup(map->state, key, trace, arena, values_r, error_r) ==
        ANSWER_UNKNOWN) {
        values_r->count = value_count;
        return ANSWER_UNKNOWN;
    }
    return values_r->count != value_count ? ANSWER_YES : ANSWER_NO;
}

/* A cache_ask. */
static enum answer map_ask_for_cache(void *arg, const char *key, struct arena *arena,
                                     struct strlist *values_r, struct buf *error_r)
{
    return map_ask(arg, key, NULL, arena, values_r, error_r);
}

enum answer map_lookup(struct map *map, const char *key, struct arena *arena,
                       struct strlist *values_r, struct buf *error_r)
{
    return map_lookup_traced(map, key, NULL, arena, values_r, error_r);
}

/* Puts the spec before what a table said. */
static void map_blame(const struct map *map, struct buf *error, struct buf *error_r)
{
    escape_text(error_r, map->spec, strlen(map->spec), SPEC_SHOWN);
    buf_addf(error_r, ": %s", error->failed ? "out of memory" : buf_str(error));
}

enum answer map_lookup_traced(struct map *map, const char *key,
                              const struct map_trace *trace, struct arena *arena,
                              struct strlist *values_r, struct buf *error_r)
{
    struct buf error = BUF_INIT;
    bool stale = false;
    enum answer answer;

    if (map->cache != NULL && trace == NULL)
        answer = cache_lookup(map->cache, key, arena, values_r, &stale, &error);
    else
        answer = map_ask(map, key, trace, arena, values_r, &error);
    if (answer == ANSWER_UNKNOWN || stale)
        map_blame(map, &error, error_r);
    buf_finish(&error);
    return answer;
}

enum answer map_find(struct map *map, const char *key, const struct map_sought *sought,
                     struct arena *arena, struct strlist *values_r, struct buf *error_r)
{
    const size_t before = values_r->count;
    struct buf error = BUF_INIT;
    enum answer answer;

    if (map->cache != NULL || map->type->find == NULL)
        return map_lookup(map, key, arena, values_r, error_r);
    answer = map->type->find(map->state, key, sought, arena, values_r, &error);
    if (answer == ANSWER_UNKNOWN) {
        values_r->count = before;
        map_blame(map, &error, error_r);
    } else {
        answer = values_r->count != before ? ANSWER_YES : ANSWER_NO;
    }
    buf_finish(&error);
    return answer;
}

enum answer map_holders(struct map *map, const struct map_sought *sought,
                        struct arena *arena, struct strlist *groups_r,
                        struct buf *error_r)
{
    const size_t before = groups_r->count;
    struct buf error = BUF_INIT;
    enum answer answer;

    /* What a cache remembers is remembered by group. */
    if (map->cache != NULL || map->type->holders == NULL)
        return ANSWER_NO;
    answer = map->type->holders(map->state, sought, arena, groups_r, &error);
    if (answer == ANSWER_UNKNOWN) {
        groups_r->count = before;
        map_blame(map, &error, error_r);
    }
    buf_finish(&error);
    return answer;
}

bool map_is_empty(struct map *map)
{
    return map->cache == NULL && map->type->is_empty != NULL &&
           map->type->is_empty(map->state);
}

bool map_wants_full_key(const struct map *map)
{
    return map->type->full_key;
}

bool map_cache(struct map *map, const struct cache_settings *settings)
{
    map->cache = cache_create(settings, map_ask_for_cache, map);
    return map->cache != NULL;
}

size_t map_flush(struct map *map, const char *key)
{
    if (map->cache == NULL)
        return 0;
    return key != NULL ? cache_flush_key(map->cache, key) : cache_flush(map->cache);
}

bool map_counts(struct map *map, struct cache_counts *counts_r)
{
    if (map->cache != NULL)
        cache_counts(map->cache, counts_r);
    return map->cache != NULL;
}

bool map_type_known(const char *name)
{
    return map_find_row(name, strlen(name)) != NULL;
}

bool map_add_values(struct strlist *values, struct arena *arena, const char *value)
{
    static const char separators[] = ", \t\r\n";

    for (;;) {
        size_t len;

        value += strspn(value, separators);
        if (*value == '\0')
            return true;
        len = strcspn(value, separators);
        if (!strlist_addn(values, arena, value, len))
            return false;
        value += len;
    }
}
