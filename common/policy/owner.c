/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/owner.h"

#include <string.h>

#include "base/names.h"
#include "mail/login.h"

const struct name_row right_names[] = {
    {"send-as", RIGHT_SEND_AS},
    {"on-behalf", RIGHT_ON_BEHALF},
    {"resend", RIGHT_RESEND},
    {NULL, 0},
};

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

/* One question: whose is this address? */
struct search {
    const struct owner_site *site;
    struct owner_maps maps;
    const char *login;
    struct arena *arena;
    struct owner_trace trace;
    bool any;   /* the key has owners, whoever they are */
    bool doubt; /* a map could not tell; the line of the first that could not is in */
    struct buf *error_r;
};

/* One key in one map. */
static enum answer search_map(struct search *search, struct map *map, const char *key)
{
    struct strlist owners = {0};
    const size_t told = search->error_r->len;
    const enum answer answer =
        map_lookup(map, key, search->arena, &owners, search->error_r);
    const char *match;

    if (answer == ANSWER_UNKNOWN || search->error_r->len != told) {
        if (search->doubt)
            buf_cut(search->error_r, told);
        search->doubt = true;
    }
    if (answer != ANSWER_YES)
        return answer;
    search->any = true;
    match =
        owner_match(&owners, search->login, search->site->login_domain, search->arena);
    if (match == NULL)
        return ANSWER_NO;
    search->trace = (struct owner_trace){key, map_spec(map), match, false};
    return ANSWER_YES;
}

/* One key in all maps. */
static enum answer search_key(struct search *search, const char *key)
{
    enum answer answer = ANSWER_NO;

    search->any = false;
    for (size_t i = 0; i < search->maps.count; i++) {
        switch (search_map(search, search->maps.maps[i], key)) {
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

enum answer owner_check(const struct owner_site *site, enum right right,
                        const char *login, const struct address *address,
                        struct arena *arena, struct owner_trace *trace_r,
                        struct buf *error_r)
{
    const char *keys[ADDRESS_KEYS_MAX];
    const size_t key_count = address_keys(address, &site->rules, arena, keys);
    const size_t told = error_r->len;
    struct search search = {.site = site,
                            .maps = site->send_as,
                            .login = login,
                            .arena = arena,
                            .error_r = error_r};
    enum answer answer = ANSWER_NO;

    (void)right;
    for (size_t i = 0; i < key_count; i++) {
        answer = search_key(&search, keys[i]);
        if (answer != ANSWER_NO || search.any)
            break;
    }
    if (arena->failed && answer != ANSWER_YES) {
        buf_adds(error_r, "out of memory");
        answer = ANSWER_UNKNOWN;
    } else if (search.doubt && answer == ANSWER_NO) {
        answer = ANSWER_UNKNOWN; /* what a map said before refuses nothing */
    }
    if (answer == ANSWER_YES)
        buf_cut(error_r, told);
    if (trace_r != NULL)
        *trace_r = search.trace;
    return answer;
}
