/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_domains.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "map/map_lines.h"

enum { DOMAINS_DEPTH_MAX = 5 }; /* files that name files */

struct domains_entry {
    struct domains_entry *next;
    const char *name;
    struct map *map; /* NULL: the name itself */
    bool without;    /* "!" */
};

struct map_domains {
    struct arena arena;
    struct domains_entry *first;
    struct domains_entry **end;
    const struct map_site *site;
};

static bool domains_read(struct map_domains *domains, const char *list, bool without,
                         unsigned depth, struct buf *error_r);

static bool domains_read_file(struct map_domains *domains, const char *path,
                              bool without, unsigned depth, struct buf *error_r)
{
    struct buf content = BUF_INIT;
    bool ok;

    if (depth >= DOMAINS_DEPTH_MAX) {
        buf_addf(error_r, "%s: files are nested too deeply", path);
        return false;
    }
    ok = map_lines_load(path, &content, NULL, error_r) &&
         domains_read(domains, buf_str(&content), without, depth + 1, error_r);
    buf_finish(&content);
    return ok;
}

/* One pattern: a name, a file or a table. */
static bool domains_add(struct map_domains *domains, const char *pattern, size_t len,
                        bool without, unsigned depth, struct buf *error_r)
{
    struct domains_entry *entry;

    for (; len != 0 && *pattern == '!'; pattern++, len--)
        without = !without;
    entry = arena_alloc(&domains->arena, sizeof(*entry));
    if (entry != NULL)
        entry->name = arena_strndup(&domains->arena, pattern, len);
    if (entry == NULL || entry->name == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    if (len == 0) {
        buf_adds(error_r, "nothing behind \"!\"");
        return false;
    }
    if (*entry->name == '/')
        return domains_read_file(domains, entry->name, without, depth, error_r);
    if (strchr(entry->name, ':') != NULL && *entry->name != '[') {
        entry->map = map_open(entry->name, MAP_SEND_AS, domains->site, error_r);
        if (entry->map == NULL)
            return false;
    }
    entry->without = without;
    *domains->end = entry;
    domains->end = &entry->next;
    return true;
}

/* The length of the word at `p`; blanks and commas in braces belong to it. */
static size_t domains_word(const char *p)
{
    const char *start = p;
    unsigned braces = 0;

    for (; *p != '\0'; p++) {
        if (*p == '{')
            braces++;
        else if (*p == '}' && braces != 0)
            braces--;
        else if (braces == 0 && (*p == ',' || map_lines_blank(*p)))
            break;
    }
    return (size_t)(p - start);
}

static bool domains_read(struct map_domains *domains, const char *list, bool without,
                         unsigned depth, struct buf *error_r)
{
    for (;;) {
        size_t len;

        while (*list == ',' || map_lines_blank(*list))
            list++;
        if (*list == '#')
            list += strcspn(list, "\n");
        else if (*list == '\0')
            return true;
        len = domains_word(list);
        if (len != 0 && !domains_add(domains, list, len, without, depth, error_r))
            return false;
        list += len;
    }
}

struct map_domains *map_domains_open(const char *list, const struct map_site *site,
                                     struct buf *error_r)
{
    struct map_domains *domains;

    if (list[strspn(list, ", \t\r\n\f\v")] == '\0')
        return NULL;
    domains = calloc(1, sizeof(*domains));
    if (domains == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    domains->site = site;
    domains->end = &domains->first;
    if (domains_read(domains, list, false, 0, error_r))
        return domains;
    map_domains_close(domains);
    return NULL;
}

void map_domains_close(struct map_domains *domains)
{
    if (domains == NULL)
        return;
    for (struct domains_entry *entry = domains->first; entry != NULL;
         entry = entry->next)
        map_close(entry->map);
    arena_finish(&domains->arena);
    free(domains);
}

enum answer map_domains_match(const struct map_domains *domains, const char *key,
                              struct arena *arena, struct buf *error_r)
{
    const char *at = strrchr(key, '@');

    if (at == NULL || at == key)
        return ANSWER_NO;
    for (const struct domains_entry *entry = domains->first; entry != NULL;
         entry = entry->next) {
        struct strlist values = {0};
        enum answer found;

        if (entry->map != NULL)
            found = map_lookup(entry->map, at + 1, arena, &values, error_r);
        else
            found = strcasecmp(entry->name, at + 1) == 0 ? ANSWER_YES : ANSWER_NO;
        if (found == ANSWER_UNKNOWN)
            return ANSWER_UNKNOWN;
        if (found == ANSWER_YES)
            return entry->without ? ANSWER_NO : ANSWER_YES;
    }
    return ANSWER_NO;
}
