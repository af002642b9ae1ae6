/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/owner.h"

#include <string.h>
#include <strings.h>

#include "mail/login.h"

const struct name_row right_names[] = {
    {"send-as", RIGHT_SEND_AS},
    {"on-behalf", RIGHT_ON_BEHALF},
    {"resend", RIGHT_RESEND},
    {NULL, 0},
};

enum {
    GROUP_DEPTH_MAX = 8, /* groups in groups */
    GROUPS_MAX = 256     /* different ones for one question */
};

static const char group_prefix[] = "group:";

/* --- one question --- */

/* A group that is to be looked into, or was. */
struct group {
    const char *name;
    unsigned depth;
};

/* Has the login this, under these keys, in these maps? */
struct search {
    const struct owner_site *site;
    struct owner_maps maps;
    const char *login; /* NULL: anybody's owner counts */
    struct map_sought sought;
    struct arena *arena;
    struct owner_trace trace;
    bool any;   /* the key has owners, whoever they are */
    bool doubt; /* a map could not tell; the line of the first that could not is in */
    struct buf *error_r;
    struct group *groups; /* all that were met; a group is looked into once */
    size_t group_count;
};

static struct search search_make(const struct owner_site *site, struct owner_maps maps,
                                 const char *login, struct arena *arena,
                                 struct buf *error_r)
{
    struct search search = {
        .site = site, .maps = maps, .login = login, .arena = arena, .error_r = error_r};
    const char *at = login != NULL ? strchr(login, '@') : NULL;

    if (login == NULL)
        return search;
    search.sought.values[search.sought.count++] = "*";
    search.sought.values[search.sought.count++] = login;
    if (at != NULL && site->login_domain != NULL &&
        strcasecmp(at + 1, site->login_domain) == 0) {
        const char *bare = arena_strndup(arena, login, (size_t)(at - login));

        if (bare != NULL)
            search.sought.values[search.sought.count++] = bare;
    }
    return search;
}

/* Notes that a map could not tell, if a line was added behind `told`: the first stays.
 */
static void search_doubt(struct search *search, size_t told)
{
    if (search->error_r->len == told)
        return;
    if (search->doubt)
        buf_cut(search->error_r, told);
    search->doubt = true;
}

/* --- values --- */

static bool value_is_group(const char *value)
{
    return strncasecmp(value, group_prefix, sizeof(group_prefix) - 1) == 0;
}

const char *owner_group_name(const char *value, struct arena *arena)
{
    const size_t skip = sizeof(group_prefix) - 1;
    size_t len = strlen(value);

    if (!value_is_group(value) || len == skip)
        return NULL;
    /* A name is compared as a login is, but nothing completes it. */
    return login_normalise(value + skip, len - skip, NULL, arena);
}

/* Does the value, which is no group, stand for the login? */
static bool value_is_login(const char *value, const char *login,
                           const char *login_domain, struct arena *arena)
{
    const char first = *value >= 'A' && *value <= 'Z' ? *value + ('a' - 'A') : *value;
    const char *normal;

    if (strcmp(value, "*") == 0 || strcmp(value, login) == 0)
        return true;
    /* A row may name thousands: most of them need no copy to be told apart. */
    if (first != *login)
        return false;
    normal = login_normalise(value, strlen(value), login_domain, arena);
    return normal != NULL && strcmp(normal, login) == 0;
}

/* The value that stands for the login itself, NULL if none does. */
static const char *values_match(const struct search *search,
                                const struct strlist *values)
{
    for (size_t i = 0; i < values->count; i++) {
        const char *value = values->items[i];

        if (!value_is_group(value) &&
            value_is_login(value, search->login, search->site->login_domain,
                           search->arena))
            return value;
    }
    return NULL;
}

/* --- groups --- */

static bool group_fail(struct search *search, const char *name, const char *what)
{
    const size_t told = search->error_r->len;

    buf_addf(search->error_r, "group %s: %s", name, what);
    search_doubt(search, told);
    return false;
}

/* Puts a group on the list of those to look into. false: that could not be done. */
static bool group_note(struct search *search, const char *value, unsigned depth)
{
    const char *name = owner_group_name(value, search->arena);

    if (name == NULL)
        return !search->arena->failed; /* no name: a group of nobody */
    for (size_t i = 0; i < search->group_count; i++) {
        if (strcmp(search->groups[i].name, name) == 0)
            return true;
    }
    if (depth > GROUP_DEPTH_MAX)
        return group_fail(search, name, "groups are nested too deeply");
    if (search->group_count == GROUPS_MAX)
        return group_fail(search, name, "too many groups");
    if (search->groups == NULL)
        search->groups =
            arena_alloc(search->arena, GROUPS_MAX * sizeof(search->groups[0]));
    if (search->groups == NULL)
        return false;
    search->groups[search->group_count++] = (struct group){name, depth};
    return true;
}

/* Puts all groups among the values on the list. */
static bool groups_note(struct search *search, const struct strlist *values,
                        unsigned depth)
{
    bool all = true;

    for (size_t i = 0; i < values->count; i++) {
        if (value_is_group(values->items[i]) &&
            !group_note(search, values->items[i], depth))
            all = false;
    }
    return all;
}

/* Looks into one group, in all maps of groups. */
static enum answer group_search(struct search *search, struct group group)
{
    const struct owner_maps *maps = &search->site->groups;
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < maps->count; i++) {
        struct strlist values = {0};
        const size_t told = search->error_r->len;
        const enum answer found = map_find(maps->maps[i], group.name, &search->sought,
                                           search->arena, &values, search->error_r);

        search_doubt(search, told);
        if (found == ANSWER_UNKNOWN)
            answer = ANSWER_UNKNOWN;
        if (found == ANSWER_YES && values_match(search, &values) != NULL)
            return ANSWER_YES;
        if (found == ANSWER_YES && !groups_note(search, &values, group.depth + 1))
            answer = ANSWER_UNKNOWN;
    }
    return answer;
}

/* Looks into the groups of the list from number `next` on, and into what they hold. */
static enum answer groups_search(struct search *search, size_t next)
{
    enum answer answer = ANSWER_NO;

    for (; next < search->group_count; next++) {
        switch (group_search(search, search->groups[next])) {
        case ANSWER_NO:
            break;
        case ANSWER_UNKNOWN:
            answer = ANSWER_UNKNOWN;
            break;
        case ANSWER_YES:
            return ANSWER_YES;
        }
    }
    return answer;
}

/* Is the login in the group that the value names? */
static enum answer value_search(struct search *search, const char *value)
{
    const size_t next = search->group_count;
    const bool noted = group_note(search, value, 1);
    const enum answer answer = groups_search(search, next);

    return answer == ANSWER_NO && !noted ? ANSWER_UNKNOWN : answer;
}

/* The value by which the login is in one of the groups. */
static enum answer values_search(struct search *search, const struct strlist *values,
                                 const char **value_r)
{
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < values->count; i++) {
        if (!value_is_group(values->items[i]))
            continue;
        *value_r = values->items[i];
        switch (value_search(search, *value_r)) {
        case ANSWER_NO:
            break;
        case ANSWER_UNKNOWN:
            answer = ANSWER_UNKNOWN;
            break;
        case ANSWER_YES:
            return ANSWER_YES;
        }
    }
    return answer;
}

/* --- keys --- */

/* The domain that this one is an alias of, NULL: none. */
static const char *alias_target(const struct owner_site *site, const char *domain,
                                struct arena *arena, struct owner_keys *keys,
                                struct buf *error_r)
{
    for (size_t i = 0; i < site->alias_domains.count; i++) {
        struct map *map = site->alias_domains.maps[i];
        struct strlist values = {0};
        const char *value, *target;

        switch (map_lookup(map, domain, arena, &values, error_r)) {
        case ANSWER_NO:
            continue;
        case ANSWER_UNKNOWN:
            keys->cut = true;
            return NULL;
        case ANSWER_YES:
            break;
        }
        /* "@domain", too: so it stands in a virtual(5) table. */
        value = values.items[0] + (values.items[0][0] == '@');
        target = address_normalise_domain(value, strlen(value), arena);
        if (target == NULL) {
            buf_addf(error_r, "%s: the target of %s is no domain", map_spec(map),
                     domain);
            keys->cut = true;
        } else if (strcmp(target, domain) == 0) {
            target = NULL;
        }
        return target;
    }
    return NULL;
}

static void keys_add(struct owner_keys *keys, const char *key)
{
    if (key != NULL && keys->count < OWNER_KEYS_MAX)
        keys->items[keys->count++] = key;
}

/* The address itself, with and without its extension. */
static void keys_add_exact(struct owner_keys *keys, const struct address *address,
                           const struct address_rules *rules, struct arena *arena)
{
    const char *found[ADDRESS_KEYS_MAX];
    const size_t count = address_keys(address, rules, arena, found);

    for (size_t i = 0; i < count; i++) {
        if (found[i][0] != '@')
            keys_add(keys, found[i]);
    }
}

/* The same in another domain. */
static void keys_add_alias(struct owner_keys *keys, const struct address *address,
                           const char *target, const struct address_rules *rules,
                           struct arena *arena)
{
    const size_t local_len = (size_t)(address->domain - address->text);
    const char *text =
        arena_printf(arena, "%.*s%s", (int)local_len, address->text, target);
    struct address alias;

    if (text == NULL ||
        address_parse(text, strlen(text), rules, arena, &alias, NULL) != REASON_NONE)
        return;
    keys->alias = keys->count;
    keys_add_exact(keys, &alias, rules, arena);
}

/* "@.parent" for the domains above this one, nearest first. A name is chosen by who
 * sends, and may have a hundred levels: what an admin has a row for is near the top. */
static void keys_add_parents(struct owner_keys *keys, const char *domain,
                             struct arena *arena)
{
    size_t levels = 0;

    if (*domain == '[')
        return;
    for (const char *p = domain; *p != '\0'; p++)
        levels += *p == '.';
    for (const char *dot = strchr(domain, '.'); dot != NULL;
         dot = strchr(dot + 1, '.')) {
        if (levels-- <= OWNER_PARENTS_MAX)
            keys_add(keys, arena_printf(arena, "@%s", dot));
    }
}

void owner_find_keys(const struct owner_site *site, const struct address *address,
                     struct arena *arena, struct owner_keys *keys_r,
                     struct buf *error_r)
{
    const char *target;

    *keys_r = (struct owner_keys){0};
    if (address->unownable)
        return;
    keys_add_exact(keys_r, address, &site->rules, arena);
    target = alias_target(site, address->domain, arena, keys_r, error_r);
    if (target != NULL)
        keys_add_alias(keys_r, address, target, &site->rules, arena);
    keys_r->exact = keys_r->count;
    if (keys_r->cut)
        return;
    keys_add(keys_r, arena_printf(arena, "@%s", address->domain));
    if (target != NULL)
        keys_add(keys_r, arena_printf(arena, "@%s", target));
    keys_add_parents(keys_r, address->domain, arena);
}

/* --- maps --- */

/* One key in one map. */
static enum answer search_map(struct search *search, struct map *map, const char *key)
{
    struct strlist values = {0};
    const size_t told = search->error_r->len;
    enum answer answer = map_lookup(map, key, search->arena, &values, search->error_r);
    const char *match = NULL;

    search_doubt(search, told);
    if (answer != ANSWER_YES)
        return answer;
    search->any = true;
    if (search->login != NULL) {
        match = values_match(search, &values);
        if (match == NULL)
            answer = values_search(search, &values, &match);
    }
    if (answer == ANSWER_YES)
        search->trace = (struct owner_trace){key, map_spec(map), match, false};
    return answer;
}

/* Is the key a whole address, its own or that of the alias domain's target? */
static bool key_is_full(const struct owner_keys *keys, size_t i)
{
    return i == 0 || i == keys->alias;
}

/* One key in all maps; `full`: it is a whole address. */
static enum answer search_key(struct search *search, const char *key, bool full)
{
    enum answer answer = ANSWER_NO;

    search->any = false;
    for (size_t i = 0; i < search->maps.count; i++) {
        struct map *map = search->maps.maps[i];

        if (!full && map_wants_full_key(map))
            continue;
        switch (search_map(search, map, key)) {
        case ANSWER_NO:
            break;
        case ANSWER_UNKNOWN:
            answer = ANSWER_UNKNOWN;
            break;
        case ANSWER_YES:
            return ANSWER_YES;
        }
    }
    if (search->any)
        search->trace.key = key;
    return answer;
}

/* The first key that has owners decides. */
static enum answer search_first(struct search *search, const struct owner_keys *keys,
                                size_t count)
{
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < count; i++) {
        answer = search_key(search, keys->items[i], key_is_full(keys, i));
        if (answer != ANSWER_NO || search->any)
            return answer;
    }
    return keys->cut ? ANSWER_UNKNOWN : ANSWER_NO;
}

/* What is left when memory ran out, or a map could not tell. */
static enum answer search_conclude(struct search *search, enum answer answer)
{
    if (search->arena->failed && answer != ANSWER_YES) {
        if (!search->doubt)
            buf_adds(search->error_r, "out of memory");
        return ANSWER_UNKNOWN;
    }
    if (search->doubt && answer == ANSWER_NO)
        return ANSWER_UNKNOWN; /* what a map said before refuses nothing */
    return answer;
}

/* --- denials --- */

/* Is there nothing to ask? */
static bool deny_is_empty(const struct owner_maps *deny)
{
    for (size_t i = 0; i < deny->count; i++) {
        if (!map_is_empty(deny->maps[i]))
            return false;
    }
    return true;
}

/* One key. A row that only a cache remembers denies nothing for good. */
static enum answer deny_search(struct search *search, const char *key, bool full)
{
    const bool before = search->doubt;
    const size_t told = search->error_r->len;
    enum answer found;

    search->doubt = false;
    found = search_key(search, key, full);
    if (found == ANSWER_YES && search->doubt)
        found = ANSWER_UNKNOWN;
    if (before)
        buf_cut(search->error_r, told);
    search->doubt |= before;
    return found;
}

/* Does a row of `deny` name the login, under any key? */
static enum answer deny_ask(struct search *search, const struct owner_keys *keys)
{
    enum answer answer = keys->cut ? ANSWER_UNKNOWN : ANSWER_NO;

    if (deny_is_empty(&search->maps))
        return ANSWER_NO;
    for (size_t i = 0; i < keys->count; i++) {
        switch (deny_search(search, keys->items[i], key_is_full(keys, i))) {
        case ANSWER_NO:
            break;
        case ANSWER_UNKNOWN:
            answer = ANSWER_UNKNOWN;
            break;
        case ANSWER_YES:
            return ANSWER_YES;
        }
    }
    return search->arena->failed ? ANSWER_UNKNOWN : answer;
}

/* What becomes of a yes; *trace is changed by a denial only. A line in *error_r that
 * tells why the keys are not all there stays, unless there is another reason. */
static enum answer deny_check(const struct owner_site *site, const char *login,
                              const struct owner_keys *keys, struct arena *arena,
                              struct owner_trace *trace, size_t told,
                              struct buf *error_r)
{
    struct buf error = BUF_INIT;
    struct search search = search_make(site, site->deny, login, arena, &error);
    enum answer answer = ANSWER_YES;

    switch (deny_ask(&search, keys)) {
    case ANSWER_NO:
        break;
    case ANSWER_UNKNOWN:
        answer = ANSWER_UNKNOWN;
        if (error.len != 0 || error_r->len == told) {
            buf_cut(error_r, told);
            buf_adds(error_r, error.len != 0 ? buf_str(&error) : "out of memory");
        }
        break;
    case ANSWER_YES:
        answer = ANSWER_NO;
        *trace = search.trace;
        trace->denied = true;
        break;
    }
    buf_finish(&error);
    return answer;
}

/* --- the questions --- */

const struct owner_maps *owner_maps_of(const struct owner_site *site, enum right right)
{
    static const struct owner_maps none = {0};

    switch (right) {
    case RIGHT_SEND_AS:
        return &site->send_as;
    case RIGHT_ON_BEHALF:
        return &site->on_behalf;
    case RIGHT_RESEND:
        return &site->resend;
    case RIGHT_NONE:
        break;
    }
    return &none;
}

/* The keys, and in the search what was not told about them. */
static void search_find_keys(struct search *search, const struct address *address,
                             struct owner_keys *keys_r)
{
    const size_t told = search->error_r->len;

    owner_find_keys(search->site, address, search->arena, keys_r, search->error_r);
    search_doubt(search, told);
}

enum answer owner_check(const struct owner_site *site, enum right right,
                        const char *login, const struct address *address,
                        struct arena *arena, struct owner_trace *trace_r,
                        struct buf *error_r)
{
    const size_t told = error_r->len;
    struct search search =
        search_make(site, *owner_maps_of(site, right), login, arena, error_r);
    struct owner_keys keys;
    enum answer answer;

    search_find_keys(&search, address, &keys);
    answer =
        search_first(&search, &keys, address->literal_only ? keys.exact : keys.count);
    answer = search_conclude(&search, answer);
    if (answer == ANSWER_YES)
        answer = deny_check(site, login, &keys, arena, &search.trace, told, error_r);
    if (answer != ANSWER_UNKNOWN)
        buf_cut(error_r, told);
    if (trace_r != NULL)
        *trace_r = search.trace;
    return answer;
}

enum answer owner_denied(const struct owner_site *site, const char *login,
                         const struct address *address, struct arena *arena,
                         struct owner_trace *trace_r, struct buf *error_r)
{
    const size_t told = error_r->len;
    struct owner_trace trace = {0};
    struct owner_keys keys;
    enum answer answer = ANSWER_NO;

    if (!deny_is_empty(&site->deny)) {
        owner_find_keys(site, address, arena, &keys, error_r);
        answer = deny_check(site, login, &keys, arena, &trace, told, error_r);
        if (answer != ANSWER_UNKNOWN)
            answer = trace.denied ? ANSWER_YES : ANSWER_NO;
    }
    if (answer != ANSWER_UNKNOWN)
        buf_cut(error_r, told);
    if (trace_r != NULL)
        *trace_r = trace;
    return answer;
}

enum answer owner_any(const struct owner_site *site, const struct address *address,
                      struct arena *arena, struct owner_trace *trace_r,
                      struct buf *error_r)
{
    const size_t told = error_r->len;
    struct search search = search_make(site, site->send_as, NULL, arena, error_r);
    struct owner_keys keys;
    enum answer answer;

    search_find_keys(&search, address, &keys);
    answer = search_conclude(&search, search_first(&search, &keys, keys.count));
    if (answer != ANSWER_UNKNOWN)
        buf_cut(error_r, told);
    if (trace_r != NULL)
        *trace_r = search.trace;
    return answer;
}

enum answer owner_in_group(const struct owner_site *site, const char *group,
                           const char *login, struct arena *arena, struct buf *error_r)
{
    const size_t told = error_r->len;
    struct search search =
        search_make(site, (struct owner_maps){0}, login, arena, error_r);
    const char *value = arena_printf(arena, "%s%s", group_prefix, group);
    enum answer answer = ANSWER_UNKNOWN;

    if (value != NULL)
        answer = value_search(&search, value);
    answer = search_conclude(&search, answer);
    if (answer != ANSWER_UNKNOWN)
        buf_cut(error_r, told);
    return answer;
}

enum answer owner_groups(const struct owner_site *site, const char *login,
                         struct arena *arena, struct strlist *groups_r,
                         struct buf *error_r)
{
    const struct search search =
        search_make(site, (struct owner_maps){0}, login, arena, error_r);

    /* A group of one map may be in a group of another. */
    if (site->groups.count > 1)
        return ANSWER_NO;
    return site->groups.count == 0 ? ANSWER_YES
                                   : map_holders(site->groups.maps[0], &search.sought,
                                                 arena, groups_r, error_r);
}
