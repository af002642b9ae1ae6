/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/ldap_walk.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/escape.h"
#include "base/hash.h"
#include "ldap/url.h"
#include "map/ldap_attribute.h"
#include "map/ldap_judge.h"

enum { WALK_SHOWN = 200 };

static const char any_entry[] = "(objectClass=*)";

struct walk {
    const struct ldap_plan *plan;
    const char *key;
    uint64_t deadline;
    const struct map_trace *trace;
    struct arena *arena;
    struct strlist *values;
    struct buf *error;
    struct hash followed; /* names and URLs, in lower case: each is followed once */
    int expansions;
};

/* What is known of an entry before its values are taken. */
struct walk_entry {
    const struct directory_entry *entry;
    unsigned depth;
    struct directory_entries members; /* those that member_filter found */
    bool terminal;
    bool leaf;
};

uint64_t ldap_walk_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- what goes wrong, and what is told --- */

static bool walk_no_memory(struct walk *walk)
{
    buf_adds(walk->error, "out of memory");
    return false;
}

/* "WHAT of NAME: WHY" with everything from outside escaped. Returns false. */
static bool walk_fail(struct walk *walk, const char *what, const char *name,
                      const char *why)
{
    escape_text(walk->error, what, strlen(what), WALK_SHOWN);
    buf_adds(walk->error, " of ");
    escape_text(walk->error, name, strlen(name), WALK_SHOWN);
    buf_addf(walk->error, ": %s", why);
    return false;
}

static void tell_search(const struct walk *walk, unsigned depth,
                        const struct directory_query *query,
                        const struct directory_entries *found, enum answer answer)
{
    static const char *const scopes[] = {
        [DIRECTORY_BASE] = "base", [DIRECTORY_ONE] = "one", [DIRECTORY_SUB] = "sub"};
    char count[24] = "-";

    if (answer != ANSWER_UNKNOWN)
        snprintf(count, sizeof(count), "%zu", found->count);
    map_trace_tell(walk->trace, depth, "search",
                   (const struct event_field[]){{"server", found->server},
                                                {"base", query->base},
                                                {"scope", scopes[query->scope]},
                                                {"filter", query->filter},
                                                {"entries", count}},
                   5);
}

static void tell_entry(const struct walk *walk, unsigned depth, const char *dn,
                       enum answer believed, const char *why)
{
    static const char *const words[] = {"unknown", "no", "yes"};

    map_trace_tell(walk->trace, depth, "entry",
                   (const struct event_field[]){
                       {"dn", dn}, {"believed", words[believed + 1]}, {"why", why}},
                   3);
}

static void tell_value(const struct walk *walk, unsigned depth, const char *attribute,
                       const char *value, const char *result, const char *why)
{
    map_trace_tell(walk->trace, depth, "value",
                   (const struct event_field[]){{"attribute", attribute},
                                                {"value", value},
                                                {"result", result},
                                                {"why", why}},
                   4);
}

/* --- searches --- */

/* One search within what is left of the time. */
static enum answer walk_search(struct walk *walk, unsigned depth,
                               struct directory_query *query,
                               struct directory_entries *found_r)
{
    uint64_t now = ldap_walk_clock();
    enum answer answer;

    *found_r = (struct directory_entries){0};
    if (now >= walk->deadline) {
        buf_adds(walk->error, "not done within the time that is set (timeout)");
        return ANSWER_UNKNOWN;
    }
    query->timeout_ms = (unsigned)(walk->deadline - now);
    query->size_limit = walk->plan->size_limit;
    answer = directory_search(walk->plan->directory, query, walk->arena, found_r,
                              walk->error);
    tell_search(walk, depth, query, found_r, answer);
    return answer;
}

/* The text of a template for a key, in the arena; NULL: out of memory. */
static const char *walk_base(struct walk *walk)
{
    struct buf text = BUF_INIT;
    const char *base = NULL;

    ldap_name_format(&walk->plan->base, walk->key, &text);
    if (!text.failed)
        base = arena_strndup(walk->arena, buf_str(&text), text.len);
    buf_finish(&text);
    return base;
}

static const char *walk_filter(struct walk *walk, const struct ldap_filter *filter,
                               const char *value)
{
    struct buf text = BUF_INIT;
    const char *out = NULL;

    ldap_filter_format(filter, walk->key, value, &text);
    if (!text.failed)
        out = arena_strndup(walk->arena, buf_str(&text), text.len);
    buf_finish(&text);
    return out;
}

/* A search under the table's base with one of its filters. */
static enum answer walk_search_base(struct walk *walk, unsigned depth,
                                    const struct ldap_filter *filter, const char *value,
                                    const char *const *attributes,
                                    struct directory_entries *found_r)
{
    struct directory_query query = {.base = walk_base(walk),
                                    .scope = walk->plan->scope,
                                    .filter = walk_filter(walk, filter, value),
                                    .attributes = attributes};

    if (query.base == NULL || query.filter == NULL) {
        walk_no_memory(walk);
        return ANSWER_UNKNOWN;
    }
    return walk_search(walk, depth, &query, found_r);
}

/* --- attributes --- */

/* What the attribute is for. */
static enum ldap_use result_use(const struct ldap_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->result_count; i++) {
        enum ldap_relation relation =
            ldap_attribute_relation(plan->results[i].name, name);

        if (relation == LDAP_SAME || relation == LDAP_SUBTYPE)
            return plan->results[i].use;
    }
    return LDAP_UNUSED;
}

/* Has the entry a value for that use? */
static bool entry_has(const struct ldap_plan *plan, const struct directory_entry *entry,
                      enum ldap_use use)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->attributes[i].count != 0 &&
            result_use(plan, entry->attributes[i].name) == use)
            return true;
    }
    return false;
}

/* Does the class say that it is somebody? Servers name the classes above it or not. */
static bool class_is_person(const char *class)
{
    static const char *const classes[] = {"person",  "organizationalPerson",
                                          "account", "inetOrgPerson",
                                          "user",    "posixAccount"};

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcasecmp(classes[i], class) == 0)
            return true;
    }
    return false;
}

/* Is it somebody, so that nobody can be a member of it? */
static bool entry_is_person(const struct directory_entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        const struct directory_attribute *attribute = &entry->attributes[i];

        if (strcasecmp(attribute->name, "objectClass") != 0)
            continue;
        for (size_t j = 0; j < attribute->count; j++) {
            if (class_is_person(attribute->values[j].bytes))
                return true;
        }
    }
    return false;
}

/* --- values --- */

/* Why a value does not count; NULL: it does. What is left of it in *rest_r. */
static const char *value_pass_over(const struct ldap_plan *plan, const char *value,
                                   const char **rest_r)
{
    size_t len = strlen(plan->prefix);

    if (strncasecmp(value, plan->prefix, len) != 0)
        return "without the prefix (result_prefix)";
    *rest_r = value + len;
    if (**rest_r == '\0')
        return "empty";
    return map_template_takes_value(&plan->needs, *rest_r)
               ? NULL
               : "without a part that result_format wants";
}

static bool walk_value(struct walk *walk, const struct walk_entry *at,
                       const char *attribute, const struct directory_value *value)
{
    const struct ldap_plan *plan = walk->plan;
    struct buf text = BUF_INIT;
    const char *rest, *why;
    bool done;

    if (memchr(value->bytes, '\0', value->len) != NULL)
        return walk_fail(walk, attribute, at->entry->dn, "a value with a NUL byte");
    why = value_pass_over(plan, value->bytes, &rest);
    if (why != NULL) {
        tell_value(walk, at->depth, attribute, value->bytes, NULL, why);
        return true;
    }
    if (plan->expansion_limit > 0 && ++walk->expansions > plan->expansion_limit) {
        buf_addf(walk->error, "more than %d values (expansion_limit)",
                 plan->expansion_limit);
        return false;
    }
    map_template_expand(&plan->format, walk->key, rest, NULL, &text);
    tell_value(walk, at->depth, attribute, value->bytes, buf_str(&text), NULL);
    done = !text.failed && map_add_values(walk->values, walk->arena, buf_str(&text));
    buf_finish(&text);
    return done || walk_no_memory(walk);
}

/* --- from an entry to others --- */

static bool walk_entries(struct walk *walk, unsigned depth,
                         const struct directory_entries *found);

/* Notes that a name or a URL is followed. *new_r: for the first time. */
static bool walk_follow(struct walk *walk, const char *text, bool *new_r)
{
    char *folded = arena_strdup(walk->arena, text);
    void **slot;

    if (folded == NULL)
        return walk_no_memory(walk);
    for (char *p = folded; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
    }
    slot = hash_slot(&walk->followed, folded);
    if (slot == NULL)
        return walk_no_memory(walk);
    *new_r = *slot == NULL;
    *slot = folded;
    return true;
}

/* The attributes that both a URL and the table name; NULL: none, or out of memory. */
static const char *const *url_attributes(struct walk *walk, const struct url *url)
{
    const struct ldap_plan *plan = walk->plan;
    struct strlist both = {0};

    if (url->attributes.count == 0)
        return plan->result_names;
    for (size_t i = 0; i < url->attributes.count; i++) {
        for (size_t j = 0; j < plan->result_count; j++) {
            const char *name = plan->results[j].name;

            switch (ldap_attribute_relation(url->attributes.items[i], name)) {
            case LDAP_SAME:
            case LDAP_SUBTYPE:
                strlist_add(&both, walk->arena, name);
                break;
            case LDAP_SUPERTYPE:
                strlist_add(&both, walk->arena, url->attributes.items[i]);
                break;
            case LDAP_OTHER:
                break;
            }
        }
    }
    if (both.count == 0 || walk->arena->failed)
        return NULL;
    /* An empty text is no name, but makes room for the NULL. */
    if (!strlist_add(&both, walk->arena, ""))
        return NULL;
    both.items[both.count - 1] = NULL;
    return both.items;
}

/* What the value leads to. *pass_over_r: why to nothing. false with an error. */
static bool special_query(struct walk *walk, const char *value,
                          struct directory_query *query_r, const char **pass_over_r)
{
    struct buf why = BUF_INIT;
    struct url url;

    *pass_over_r = NULL;
    *query_r = (struct directory_query){.base = value,
                                        .scope = DIRECTORY_BASE,
                                        .filter = any_entry,
                                        .attributes = walk->plan->result_names};
    if (!url_is_one(value))
        return true;
    if (!url_parse(value, walk->arena, &url, &why)) {
        walk_fail(walk, "the URL", value, buf_str(&why));
        buf_finish(&why);
        return false;
    }
    *query_r = (struct directory_query){.base = url.base,
                                        .scope = url.scope,
                                        .filter = url.filter,
                                        .attributes = url_attributes(walk, &url)};
    if (walk->arena->failed)
        return walk_no_memory(walk);
    if (query_r->attributes == NULL)
        *pass_over_r = "names none of the attributes that count";
    return true;
}

static bool walk_special(struct walk *walk, const struct walk_entry *at,
                         const char *attribute, const struct directory_value *value)
{
    struct directory_query query;
    struct directory_entries found;
    const char *pass_over;
    bool first;

    if (memchr(value->bytes, '\0', value->len) != NULL)
        return walk_fail(walk, attribute, at->entry->dn, "a value with a NUL byte");
    if (at->depth + 1 >= (unsigned)walk->plan->recursion_limit)
        return walk_fail(walk, attribute, at->entry->dn,
                         "nested too deeply (recursion_limit)");
    if (!walk_follow(walk, value->bytes, &first) ||
        !special_query(walk, value->bytes, &query, &pass_over))
        return false;
    if (!first)
        pass_over = "followed already";
    tell_value(walk, at->depth, attribute, value->bytes, NULL, pass_over);
    if (pass_over != NULL)
        return true;
    switch (walk_search(walk, at->depth + 1, &query, &found)) {
    case ANSWER_UNKNOWN:
        return false;
    case ANSWER_NO: /* a name of nobody, as after a deletion, is no error */
        return true;
    default:
        return walk_entries(walk, at->depth + 1, &found);
    }
}

/* --- entries --- */

static bool walk_attribute(struct walk *walk, const struct walk_entry *at,
                           const struct directory_attribute *attribute)
{
    enum ldap_use use = result_use(walk->plan, attribute->name);

    if (use == LDAP_UNUSED || (at->terminal && use != LDAP_TERMINAL) ||
        (use == LDAP_LEAF && !at->leaf))
        return true;
    for (size_t i = 0; i < attribute->count; i++) {
        const struct directory_value *value = &attribute->values[i];

        if (!(use == LDAP_SPECIAL ? walk_special(walk, at, attribute->name, value)
                                  : walk_value(walk, at, attribute->name, value)))
            return false;
    }
    return true;
}

/* The values of an entry and of all that it leads to. */
static bool walk_entry(struct walk *walk, const struct walk_entry *at)
{
    for (size_t i = 0; i < at->entry->count; i++) {
        if (!walk_attribute(walk, at, &at->entry->attributes[i]))
            return false;
    }
    return walk_entries(walk, at->depth + 1, &at->members);
}

static struct walk_entry walk_look(const struct walk *walk, unsigned depth,
                                   const struct directory_entry *entry)
{
    return (struct walk_entry){.entry = entry,
                               .depth = depth,
                               .terminal = entry_has(walk->plan, entry, LDAP_TERMINAL),
                               .leaf = !entry_has(walk->plan, entry, LDAP_SPECIAL)};
}

/* Entries that another one leads to. */
static bool walk_entries(struct walk *walk, unsigned depth,
                         const struct directory_entries *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct walk_entry at = walk_look(walk, depth, &found->items[i]);

        tell_entry(walk, depth, at.entry->dn, ANSWER_YES, NULL);
        if (!walk_entry(walk, &at))
            return false;
    }
    return true;
}

/* Asks for the members of an entry that the key has led to. */
static bool walk_members(struct walk *walk, struct walk_entry *at)
{
    if (walk->plan->member_filter == NULL || at->terminal || entry_is_person(at->entry))
        return true;
    if (walk_search_base(walk, at->depth + 1, walk->plan->member_filter, at->entry->dn,
                         walk->plan->result_names, &at->members) == ANSWER_UNKNOWN)
        return false;
    at->leaf = at->leaf && at->members.count == 0;
    return true;
}

/* An entry that the key has led to, if it really has. */
static bool walk_first(struct walk *walk, const struct directory_entry *entry)
{
    const struct ldap_plan *plan = walk->plan;
    const struct ldap_question question = {.filter = plan->filter,
                                           .base = plan->base_name,
                                           .attributes = plan->attributes,
                                           .rules = &plan->rules,
                                           .key = walk->key};
    struct walk_entry at = walk_look(walk, 0, entry);
    const char *why;
    enum answer believed = ldap_judge(&question, entry, walk->arena, &why);
    bool first;

    tell_entry(walk, 0, entry->dn, believed, believed == ANSWER_YES ? NULL : why);
    switch (believed) {
    case ANSWER_UNKNOWN:
        escape_text(walk->error, entry->dn, strlen(entry->dn), WALK_SHOWN);
        buf_addf(walk->error, ": %s", why);
        return false;
    case ANSWER_NO:
        return true;
    default:
        return walk_follow(walk, entry->dn, &first) && walk_members(walk, &at) &&
               walk_entry(walk, &at);
    }
}

static enum answer walk_run(struct walk *walk)
{
    const struct ldap_plan *plan = walk->plan;
    struct directory_entries found;
    enum answer answer =
        walk_search_base(walk, 0, plan->filter, NULL, plan->attributes, &found);

    if (answer == ANSWER_NO && found.no_base && plan->base.fixed) {
        buf_adds(walk->error, "search_base: there is no such entry");
        return ANSWER_UNKNOWN;
    }
    if (answer != ANSWER_YES)
        return answer;
    for (size_t i = 0; i < found.count; i++) {
        if (!walk_first(walk, &found.items[i]))
            return ANSWER_UNKNOWN;
    }
    return ANSWER_YES;
}

enum answer ldap_walk(const struct ldap_plan *plan, const char *key, uint64_t deadline,
                      const struct map_trace *trace, struct arena *arena,
                      struct strlist *values_r, struct buf *error_r)
{
    struct walk walk = {.plan = plan,
                        .key = key,
                        .deadline = deadline,
                        .trace = trace,
                        .arena = arena,
                        .values = values_r,
                        .error = error_r};
    enum answer answer = walk_run(&walk);

    hash_finish(&walk.followed);
    return answer;
}
