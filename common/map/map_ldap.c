/* SPDX-License-Identifier: BSD-2-Clause */
/* map_ldap.c - "ldap:FILE.cf": the tables of Postfix's ldap_table(5). */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "map/ldap_params.h"
#include "map/ldap_walk.h"
#include "map/map.h"
#include "map/map_domains.h"
#include "map/map_key.h"
#include "map/map_params.h"
#include "map/map_template.h"

enum { RECURSION_MAX = 1000 }; /* more than the stack of a thread was made for */

/* What stands in the table file. */
struct ldap_table {
    struct ldap_params ldap;
    struct ldap_search_params search;
    struct map_param_text member_filter;
    struct map_param_text result_attribute;
    struct map_param_text special_result_attribute;
    struct map_param_text terminal_result_attribute;
    struct map_param_text leaf_result_attribute;
    struct map_param_text result_prefix;
    struct map_param_text result_format;
    struct map_param_text result_filter; /* its old name */
    struct map_param_text domain;
    int recursion_limit;
    int expansion_limit;
    int size_limit;
};

#define ROW(param, its_kind, ...)                                                      \
    MAP_PARAM(struct ldap_table, param, its_kind, __VA_ARGS__)

const struct map_param map_ldap_params[] = {
    LDAP_PARAMS_ROWS(struct ldap_table, "10", "no"),
    LDAP_SEARCH_ROWS(struct ldap_table, "mailacceptinggeneralid=%s"),
    ROW(member_filter, MAP_PARAM_TEXT, ""),
    ROW(result_attribute, MAP_PARAM_TEXT, "maildrop"),
    ROW(special_result_attribute, MAP_PARAM_TEXT, ""),
    ROW(terminal_result_attribute, MAP_PARAM_TEXT, ""),
    ROW(leaf_result_attribute, MAP_PARAM_TEXT, ""),
    ROW(result_prefix, MAP_PARAM_TEXT, ""),
    ROW(result_format, MAP_PARAM_FILLED, "$result_filter"),
    ROW(result_filter, MAP_PARAM_FILLED, "%s"),
    ROW(domain, MAP_PARAM_TEXT, ""),
    ROW(recursion_limit, MAP_PARAM_NUMBER, "1000", .min = 1, .max = INT_MAX),
    ROW(expansion_limit, MAP_PARAM_NUMBER, "0", .min = 0, .max = INT_MAX),
    ROW(size_limit, MAP_PARAM_NUMBER, "$expansion_limit", .min = 0, .max = INT_MAX),
    {.name = NULL},
};

struct ldap_map {
    struct arena arena;
    struct ldap_table table;
    struct ldap_plan plan;
    struct map_domains *domains;
    unsigned timeout_ms;
    const struct map_site *site;
    char spec[]; /* for notices */
};

static void ldap_close(void *state)
{
    struct ldap_map *map = state;

    directory_destroy(map->plan.directory);
    map_domains_close(map->domains);
    ldap_params_wipe(&map->table.ldap);
    arena_finish(&map->arena);
    free(map);
}

/* --- notices --- */

static void ldap_notice(void *arg, enum event_level level, const char *line)
{
    const struct ldap_map *map = arg;
    struct buf text = BUF_INIT;

    if (map->site->notice == NULL)
        return;
    buf_addf(&text, "%s: %s", map->spec, line);
    map->site->notice(map->site->notice_arg, level, buf_str(&text));
    buf_finish(&text);
}

static void ldap_remark(void *arg, const char *line)
{
    const struct ldap_map *map = arg;

    if (map->site->notice != NULL)
        map->site->notice(map->site->notice_arg, EVENT_WARNING, line);
}

/* --- attributes --- */

static bool list_has_attribute(const struct strlist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcasecmp(list->items[i], name) == 0)
            return true;
    }
    return false;
}

/* The list with a NULL behind it. */
static const char *const *list_end(struct strlist *list, struct arena *arena)
{
    if (!strlist_add(list, arena, ""))
        return NULL;
    list->items[--list->count] = NULL;
    return list->items;
}

/* The attributes of one parameter. */
static bool results_add(struct ldap_map *map, const struct map_param_text *param,
                        enum ldap_use use, struct ldap_result *results)
{
    struct strlist names = {0};

    if (!map_add_values(&names, &map->arena, param->text))
        return false;
    for (size_t i = 0; i < names.count; i++)
        results[map->plan.result_count++] = (struct ldap_result){names.items[i], use};
    return true;
}

/* The attributes that the filter asserts something of which is judged. */
static void judged_add(const struct ldap_filter *filter, struct strlist *names,
                       struct arena *arena)
{
    if (filter->judged && !list_has_attribute(names, filter->attribute))
        strlist_add(names, arena, filter->attribute);
    for (const struct ldap_filter *child = filter->children; child != NULL;
         child = child->next)
        judged_add(child, names, arena);
}

/* What the searches read. false: out of memory. */
static bool attributes_prepare(struct ldap_map *map)
{
    const struct ldap_table *table = &map->table;
    struct ldap_plan *plan = &map->plan;
    size_t most = strlen(table->terminal_result_attribute.text) +
                  strlen(table->leaf_result_attribute.text) +
                  strlen(table->result_attribute.text) +
                  strlen(table->special_result_attribute.text) + 4;
    struct ldap_result *results = arena_alloc(&map->arena, most * sizeof(*results));
    struct strlist names = {0}, all = {0};

    if (results == NULL ||
        !results_add(map, &table->terminal_result_attribute, LDAP_TERMINAL, results) ||
        !results_add(map, &table->leaf_result_attribute, LDAP_LEAF, results) ||
        !results_add(map, &table->result_attribute, LDAP_ORDINARY, results) ||
        !results_add(map, &table->special_result_attribute, LDAP_SPECIAL, results))
        return false;
    plan->results = results;
    for (size_t i = 0; i < plan->result_count; i++) {
        strlist_add(&names, &map->arena, results[i].name);
        strlist_add(&all, &map->arena, results[i].name);
    }
    judged_add(plan->filter, &all, &map->arena);
    if (plan->member_filter != NULL && !list_has_attribute(&all, "objectClass"))
        strlist_add(&all, &map->arena, "objectClass");
    plan->result_names = list_end(&names, &map->arena);
    plan->attributes = list_end(&all, &map->arena);
    return !map->arena.failed;
}

/* --- templates --- */

static bool base_prepare(struct ldap_map *map, struct buf *error_r)
{
    const char *text = map->table.search.base.text;
    struct ldap_plan *plan = &map->plan;

    if (!map_template_parse(&plan->base, text, strlen(text), MAP_TEMPLATE_QUERY,
                            &plan->needs, &map->arena, error_r))
        return false;
    if (plan->base.fixed)
        return true;
    plan->base_name = ldap_name_create(&plan->base, &map->arena);
    if (plan->base_name == NULL && !map->arena.failed)
        buf_adds(error_r,
                 "expected a distinguished name with expansions in its values");
    return plan->base_name != NULL;
}

/* The second filter: its %s is the name of an entry that the first has found. */
static bool member_prepare(struct ldap_map *map, struct buf *error_r)
{
    struct ldap_plan *plan = &map->plan;
    struct map_template_needs needs = {0};

    plan->member_filter =
        ldap_filter_parse(map->table.member_filter.text, MAP_TEMPLATE_RESULT, &needs,
                          &map->arena, error_r);
    if (plan->member_filter == NULL)
        return false;
    if (needs.value_user || needs.value_domain) {
        buf_adds(error_r, "expected %s, the name of the entry that was found, and %S, "
                          "%U, %D and %1 to %9, which are of the key");
        return false;
    }
    plan->needs.key_user |= needs.key_user;
    plan->needs.key_domain |= needs.key_domain;
    if (plan->needs.labels < needs.labels)
        plan->needs.labels = needs.labels;
    return true;
}

/* --- the whole --- */

/* Everything that can be wrong in a parameter of its own. */
static bool ldap_prepare_params(struct ldap_map *map, const char *path,
                                struct buf *error_r)
{
    const struct ldap_table *table = &map->table;
    const struct map_param_text *format = &table->result_format;
    struct ldap_plan *plan = &map->plan;
    size_t start = error_r->len;

    if (!base_prepare(map, error_r))
        return map_params_blame(error_r, start, path, &table->search.base);
    plan->filter = ldap_filter_parse(table->search.filter.text, MAP_TEMPLATE_QUERY,
                                     &plan->needs, &map->arena, error_r);
    if (plan->filter == NULL)
        return map_params_blame(error_r, start, path, &table->search.filter);
    if (*table->member_filter.text != '\0' && !member_prepare(map, error_r))
        return map_params_blame(error_r, start, path, &table->member_filter);
    if (!map_template_parse(&plan->format, format->text, strlen(format->text),
                            MAP_TEMPLATE_RESULT, &plan->needs, &map->arena, error_r))
        return map_params_blame(error_r, start, path, format);
    map->domains = map_domains_open(table->domain.text, map->site, error_r);
    if (map->domains == NULL && error_r->len != start)
        return map_params_blame(error_r, start, path, &table->domain);
    return true;
}

static bool ldap_prepare(struct ldap_map *map, const char *path, struct buf *error_r)
{
    struct ldap_table *table = &map->table;
    struct ldap_plan *plan = &map->plan;
    struct directory_settings settings;

    if (!ldap_params_settings(&table->ldap, path, &map->arena, &settings, error_r))
        return false;
    if (table->search.base.line == 0) {
        buf_addf(error_r, "%s: expected a parameter \"search_base\"", path);
        return false;
    }
    if (!ldap_prepare_params(map, path, error_r))
        return false;
    if (!attributes_prepare(map)) {
        buf_addf(error_r, "%s: out of memory", path);
        return false;
    }
    if (plan->result_count == 0) {
        buf_adds(error_r, "expected an attribute, here or in one of the other three");
        return map_params_blame(error_r, 0, path, &table->result_attribute);
    }
    plan->scope = (enum directory_scope)table->search.scope;
    plan->prefix = table->result_prefix.text;
    plan->recursion_limit =
        table->recursion_limit < RECURSION_MAX ? table->recursion_limit : RECURSION_MAX;
    plan->expansion_limit = table->expansion_limit;
    plan->size_limit = table->size_limit;
    plan->rules = map->site->rules;
    map->timeout_ms = settings.timeout_ms;
    settings.notice = ldap_notice;
    settings.notice_arg = map;
    plan->directory = directory_create(&settings, error_r);
    return plan->directory != NULL;
}

/* What is no error and yet worth a line. */
static void ldap_review(struct ldap_map *map, const char *path)
{
    struct buf line = BUF_INIT;

    ldap_params_review(&map->table.ldap, path, ldap_remark, map);
    if (!ldap_filter_judged(map->plan.filter) && map->plan.base.fixed) {
        buf_addf(&line, "%s:%u: query_filter: it is the same for every address", path,
                 map->table.search.filter.line);
        ldap_remark(map, buf_str(&line));
    }
    buf_finish(&line);
}

static void *ldap_open(const char *name, enum map_use use, const struct map_site *site,
                       struct buf *error_r)
{
    struct ldap_map *map = calloc(1, sizeof(*map) + strlen("ldap:") + strlen(name) + 1);

    (void)use;
    if (map == NULL) {
        buf_addf(error_r, "%s: out of memory", name);
        return NULL;
    }
    map->site = site;
    strcpy(map->spec, "ldap:");
    strcat(map->spec, name);
    if (!map_params_load(name, map_ldap_params, &map->table, &map->arena, error_r) ||
        !ldap_prepare(map, name, error_r)) {
        ldap_close(map);
        return NULL;
    }
    ldap_review(map, name);
    return map;
}

/* One form of the key. */
static enum answer ldap_ask(const struct ldap_map *map, const char *key,
                            uint64_t deadline, const struct map_trace *trace,
                            struct arena *arena, struct strlist *values_r,
                            struct buf *error_r)
{
    const char *skip = NULL;
    enum answer answer = ANSWER_YES;

    if (!map_template_takes_key(&map->plan.needs, key))
        skip = "it lacks a part that the table's file wants";
    else if (map->domains != NULL)
        answer = map_domains_match(map->domains, key, arena, error_r);
    if (answer == ANSWER_NO)
        skip = "not one of the domains (domain)";
    if (skip != NULL) {
        map_trace_tell(trace, 0, "skip",
                       (const struct event_field[]){{"key", key}, {"why", skip}}, 2);
        return ANSWER_NO;
    }
    return answer == ANSWER_YES
               ? ldap_walk(&map->plan, key, deadline, trace, arena, values_r, error_r)
               : answer;
}

static enum answer ldap_lookup(void *state, const char *key,
                               const struct map_trace *trace, struct arena *arena,
                               struct strlist *values_r, struct buf *error_r)
{
    const struct ldap_map *map = state;
    uint64_t deadline = ldap_walk_clock() + map->timeout_ms;
    const char *forms[MAP_KEY_FORMS];
    size_t count = map_key_forms(key, arena, forms);
    size_t before = values_r->count;
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < count; i++) {
        answer = ldap_ask(map, forms[i], deadline, trace, arena, values_r, error_r);
        if (answer == ANSWER_UNKNOWN || values_r->count != before)
            break;
    }
    return answer;
}

const struct map_type map_ldap = {
    .open = ldap_open,
    .lookup = ldap_lookup,
    .close = ldap_close,
};
