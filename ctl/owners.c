/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/owners.h"

#include "ctl/output.h"

enum { OWNERS_SHOWN_MAX = 4 };

/* What all maps say under one key; `full`: it is the whole address. */
static enum answer key_find(const struct owner_maps *maps, const char *key, bool full,
                            struct arena *arena, struct strlist *logins,
                            struct buf *error_r)
{
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < maps->count; i++) {
        if (!full && map_wants_full_key(maps->maps[i]))
            continue;
        switch (map_lookup(maps->maps[i], key, arena, logins, error_r)) {
        case ANSWER_UNKNOWN:
            answer = ANSWER_UNKNOWN;
            break;
        case ANSWER_YES:
            if (answer == ANSWER_NO)
                answer = ANSWER_YES;
            break;
        case ANSWER_NO:
            break;
        }
    }
    return answer;
}

enum answer owners_find(const struct site *site, enum right right,
                        const struct address *address, struct arena *arena,
                        struct owners *owners_r, struct buf *error_r)
{
    struct owner_keys keys;
    size_t count;

    *owners_r = (struct owners){0};
    owner_find_keys(&site->owners->site, address, arena, &keys, error_r);
    count = address->literal_only ? keys.exact : keys.count;
    for (size_t i = 0; i < count; i++) {
        enum answer answer =
            key_find(owner_maps_of(&site->owners->site, right), keys.items[i], i == 0,
                     arena, &owners_r->logins, error_r);

        if (answer != ANSWER_NO) {
            owners_r->key = keys.items[i];
            return answer;
        }
    }
    if (keys.cut)
        return ANSWER_UNKNOWN;
    return arena->failed ? ANSWER_UNKNOWN : ANSWER_NO;
}

const char *owners_shown(const struct owners *owners, struct arena *arena)
{
    const char *text = "nobody";

    for (size_t i = 0; i < owners->logins.count && i < OWNERS_SHOWN_MAX; i++) {
        const char *login = shown(arena, owners->logins.items[i], SHOWN_MAX);

        text = i == 0 ? login : arena_printf(arena, "%s, %s", text, login);
    }
    if (owners->logins.count > OWNERS_SHOWN_MAX)
        text = arena_printf(arena, "%s and %zu more", text,
                            owners->logins.count - OWNERS_SHOWN_MAX);
    return text != NULL ? text : "?";
}
