/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/owner_maps.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "conf/conf_table.h"

enum { ITEM_SHOWN = 200 };

#define ROW(name, use)                                                                 \
    {                                                                                  \
#name, use, offsetof(struct conf, name), offsetof(struct owner_site, name)     \
    }

const struct owner_maps_row owner_maps_rows[] = {
    ROW(send_as, MAP_SEND_AS), ROW(on_behalf, MAP_ON_BEHALF),
    ROW(resend, MAP_RESEND),   ROW(deny, MAP_DENY),
    ROW(groups, MAP_GROUPS),   ROW(alias_domains, MAP_ALIAS_DOMAINS),
    {NULL, MAP_SEND_AS, 0, 0},
};

const struct strlist *owner_maps_specs(const struct owner_maps_row *row,
                                       const struct conf *conf)
{
    return (const void *)((const char *)conf + row->conf_offset);
}

/* --- opening --- */

/* Opens the maps of one row behind those that are open. */
static bool set_open_row(struct owner_set *set, const struct conf *conf,
                         const struct owner_maps_row *row, struct buf *error_r)
{
    const struct strlist *specs = owner_maps_specs(row, conf);
    struct owner_maps *maps = (void *)((char *)&set->site + row->site_offset);
    struct buf error = BUF_INIT;

    *maps = (struct owner_maps){set->maps + set->count, specs->count};
    for (size_t i = 0; i < specs->count; i++) {
        struct map *map = map_open(specs->items[i], row->use, &set->map_site, &error);

        if (map == NULL) {
            conf_where(&conf->head, NULL, row->setting, error_r);
            buf_adds(error_r, buf_str(&error));
            buf_finish(&error);
            return false;
        }
        set->rows[set->count] = row;
        set->maps[set->count++] = map;
    }
    return true;
}

static bool set_open(struct owner_set *set, const struct conf *conf,
                     struct buf *error_r)
{
    size_t count = 0;

    for (const struct owner_maps_row *row = owner_maps_rows; row->setting != NULL;
         row++)
        count += owner_maps_specs(row, conf)->count;
    set->maps = calloc(count + 1, sizeof(set->maps[0]));
    set->rows = calloc(count + 1, sizeof(set->rows[0]));
    if (set->maps == NULL || set->rows == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    for (const struct owner_maps_row *row = owner_maps_rows; row->setting != NULL;
         row++) {
        if (!set_open_row(set, conf, row, error_r))
            return false;
    }
    return true;
}

struct owner_set *owner_set_create(const struct conf *conf, struct buf *error_r)
{
    struct owner_set *set = calloc(1, sizeof(*set));

    if (set == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    set->map_site = (struct map_site){
        .rules = {.case_sensitive_local_part = conf->case_sensitive_local_part,
                  .delimiters = conf->recipient_delimiter},
        .store = conf->store};
    set->site.login_domain = conf->login_domain;
    set->site.rules = set->map_site.rules;
    if (set_open(set, conf, error_r))
        return set;
    owner_set_destroy(set);
    return NULL;
}

void owner_set_destroy(struct owner_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        map_close(set->maps[i]);
    free(set->maps);
    free(set->rows);
    free(set);
}

void owner_set_listen(struct owner_set *set, map_notice *notice, void *arg)
{
    set->map_site.notice = notice;
    set->map_site.notice_arg = arg;
}

/* --- caches --- */

/* Does the item of the setting stand for the map: by its type, or by its spec? */
static bool cache_item_means(const char *item, const char *spec)
{
    const size_t len = strcspn(spec, ":");

    return strcmp(item, spec) == 0 ||
           (strlen(item) == len && strncmp(item, spec, len) == 0);
}

/* Is it one of the maps of the configuration? */
static bool cache_item_known(const char *item, const struct conf *conf)
{
    for (const struct owner_maps_row *row = owner_maps_rows; row->setting != NULL;
         row++) {
        if (strlist_has(owner_maps_specs(row, conf), item))
            return true;
    }
    return false;
}

/* A name that stands for nothing is a mistake that nobody would notice. */
static bool cache_item_check(const char *item, const struct conf *conf,
                             struct buf *error_r)
{
    if (strcmp(item, "none") == 0 || map_type_known(item) ||
        cache_item_known(item, conf))
        return true;
    buf_adds(error_r, "\"");
    escape_text(error_r, item, strlen(item), ITEM_SHOWN);
    buf_adds(error_r, "\": expected a map as in send_as, none, ");
    map_types(error_r);
    return false;
}

static bool map_is_cached(const struct map *map, const struct strlist *items)
{
    for (size_t i = 0; i < items->count; i++) {
        if (cache_item_means(items->items[i], map_spec(map)))
            return true;
    }
    return false;
}

bool owner_set_cache_check(const struct conf *conf, struct buf *error_r)
{
    const struct strlist *items = &conf->cache.maps;

    for (size_t i = 0; i < items->count; i++) {
        if (!cache_item_check(items->items[i], conf, error_r))
            return false;
    }
    return true;
}

bool owner_set_cache(struct owner_set *set, const struct conf *conf,
                     struct buf *error_r)
{
    const struct conf_cache *cache = &conf->cache;
    const struct cache_settings settings = {.ttl = cache->ttl * (int64_t)1000,
                                            .negative_ttl =
                                                cache->negative_ttl * (int64_t)1000,
                                            .stale = cache->stale * (int64_t)1000,
                                            .bytes = (size_t)cache->megabytes << 20};

    if (!owner_set_cache_check(conf, error_r))
        return false;
    for (size_t i = 0; i < set->count; i++) {
        if (map_is_cached(set->maps[i], &cache->maps) &&
            !map_cache(set->maps[i], &settings)) {
            buf_adds(error_r, "out of memory");
            return false;
        }
    }
    return true;
}

/* --- flushing --- */

static bool row_has_addresses(const struct owner_maps_row *row)
{
    return row->use != MAP_GROUPS && row->use != MAP_ALIAS_DOMAINS;
}

/* Whose an address is depends on any group, and on what its domain is an alias of. */
static size_t flush_others(struct owner_set *set)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        if (!row_has_addresses(set->rows[i]))
            count += map_flush(set->maps[i], NULL);
    }
    return count;
}

static size_t flush_key(struct owner_set *set, const char *key)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        if (row_has_addresses(set->rows[i]))
            count += map_flush(set->maps[i], key);
    }
    return count;
}

/* The keys under which the text is looked up. */
static void flush_find_keys(struct owner_set *set, const char *text,
                            struct arena *arena, struct owner_keys *keys_r)
{
    const struct address_rules *rules = &set->site.rules;
    struct buf ignored = BUF_INIT;
    struct address address;

    *keys_r = (struct owner_keys){0};
    if (text[0] == '@') {
        keys_r->items[0] =
            address_normalise_key(text, rules, arena, &(enum reason){REASON_NONE});
        keys_r->count = keys_r->items[0] != NULL;
    } else if (address_parse(text, strlen(text), rules, arena, &address, NULL) ==
               REASON_NONE) {
        owner_find_keys(&set->site, &address, arena, keys_r, &ignored);
    }
    buf_finish(&ignored);
}

static bool flush_address(struct owner_set *set, const char *text, size_t *count_r,
                          struct buf *error_r)
{
    struct arena arena = {0};
    struct owner_keys keys;

    flush_find_keys(set, text, &arena, &keys);
    for (size_t i = 0; i < keys.count; i++)
        *count_r += flush_key(set, keys.items[i]);
    if (keys.count != 0)
        *count_r += flush_others(set);
    else
        buf_adds(error_r,
                 arena.failed ? "out of memory" : "expected an address or @domain");
    arena_finish(&arena);
    return keys.count != 0;
}

bool owner_set_flush(struct owner_set *set, const char *address, size_t *count_r,
                     struct buf *error_r)
{
    *count_r = 0;
    if (address != NULL)
        return flush_address(set, address, count_r, error_r);
    for (size_t i = 0; i < set->count; i++)
        *count_r += map_flush(set->maps[i], NULL);
    return true;
}
