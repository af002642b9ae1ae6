/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/owner.h"

#include <string.h>

#include "mail/login.h"

/* The value among a key's owners that stands for the login, NULL if none does. */
static const char *owner_match(const struct strlist *owners, const char *login,
                               const char *login_domain, struct arena *arena)
{
    for (size_t i = 0; i < owners->count; i++) {
        const char *owner = owners->items[i];
        const char *normal;

        if (strcmp(owner, "*") == 0 || strcmp(owner, login) == 0)
            return owner;
        normal = login_normalise(owner, strlen(owner), login_domain, arena);
        if (normal != NULL && strcmp(normal, login) == 0)
            return owner;
    }
    return NULL;
}

/* One key in all maps. *any_r: it has owners, whoever they are. */
static enum answer owner_check_key(struct map *const *maps, size_t map_count,
                                   const char *key, const char *login,
                                   const char *login_domain, struct arena *arena,
                                   struct owner_trace *trace, bool *any_r,
                                   struct buf *error_r)
{
    enum answer answer = ANSWER_NO;

    *any_r = false;
    for (size_t i = 0; i < map_count; i++) {
        struct strlist owners = {0};
        size_t told = error_r->len;
        const char *match;

        switch (map_lookup(maps[i], key, arena, &owners, error_r)) {
        case ANSWER_NO:
            break;
        case ANSWER_UNKNOWN:
            if (answer == ANSWER_UNKNOWN)
                buf_cut(error_r,
                        told); /* the line of the first that failed is enough */
            answer = ANSWER_UNKNOWN;
            break;
        case ANSWER_YES:
            *any_r = true;
            match = owner_match(&owners, login, login_domain, arena);
            if (match != NULL) {
                *trace = (struct owner_trace){key, map_spec(maps[i]), match};
                return ANSWER_YES;
            }
            break;
        }
    }
    if (*any_r)
        trace->key = key;
    return answer;
}

enum answer owner_check(struct map *const *maps, size_t map_count, const char *login,
                        const char *login_domain, const struct address *address,
                        const struct address_rules *rules, struct arena *arena,
                        struct owner_trace *trace_r, struct buf *error_r)
{
    const char *keys[ADDRESS_KEYS_MAX];
    size_t key_count = address_keys(address, rules, arena, keys);
    struct owner_trace trace = {0};
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < key_count; i++) {
        bool any;

        answer = owner_check_key(maps, map_count, keys[i], login, login_domain, arena,
                                 &trace, &any, error_r);
        if (answer != ANSWER_NO || any)
            break;
    }
    if (arena->failed && answer != ANSWER_YES) {
        buf_adds(error_r, "out of memory");
        answer = ANSWER_UNKNOWN;
    }
    if (trace_r != NULL)
        *trace_r = trace;
    return answer;
}
