/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/owners.h"

#include "ctl/output.h"

enum { OWNERS_SHOWN_MAX = 4 };

/* What all maps say under one key. */
static enum answer key_find(const struct site *site, const char *key,
                            struct arena *arena, struct strlist *logins,
                            struct buf *error_r)
{
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < site->map_count; i++) {
        switch (map_lookup(site->maps[i], key, arena, logins, error_r)) {
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

enum answer owners_find(const struct site *site, const struct address *address,
                        struct arena *arena, struct owners *owners_r,
                        struct buf *error_r)
{
    const char *keys[ADDRESS_KEYS_MAX];
    size_t count = address_keys(address, &site->rules, arena, keys);

    *owners_r = (struct owners){0};
    for (size_t i = 0; i < count; i++) {
        enum answer answer = key_find(site, keys[i], arena, &owners_r->logins, error_r);

        if (answer != ANSWER_NO) {
            owners_r->key = keys[i];
            return answer;
        }
    }
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
