/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_conf.h"

#include <string.h>

#include "base/escape.h"

bool cred_conf_costs(const struct conf_authd *conf, struct scheme_costs *costs_r,
                     struct buf *why_r)
{
    *costs_r = (struct scheme_costs){
        .scram_iterations = (unsigned)conf->scram_iterations,
        .pbkdf2_iterations = (unsigned)conf->pbkdf2_iterations,
        .argon2_memory = (unsigned)conf->argon2_memory,
        .argon2_passes = (unsigned)conf->argon2_passes,
        .argon2_lanes = (unsigned)conf->argon2_lanes,
        .bcrypt_cost = (unsigned)conf->bcrypt_cost,
        .yescrypt_cost = (unsigned)conf->yescrypt_cost,
        .sha_crypt_rounds = (unsigned)conf->sha_crypt_rounds,
    };
    return scheme_costs_check(costs_r, why_r);
}

static void tell_schemes(const char *name, struct buf *why_r)
{
    enum { NAME_SHOWN = 80 };

    buf_addc(why_r, '"');
    escape_text(why_r, name, strlen(name), NAME_SHOWN);
    buf_adds(why_r, "\" is no scheme that can be made; expected some of");
    for (const struct scheme *scheme = scheme_next(NULL); scheme != NULL;
         scheme = scheme_next(scheme)) {
        if (scheme_makes(scheme))
            buf_addf(why_r, " %s", scheme_name(scheme));
    }
}

const struct scheme **cred_conf_schemes(const struct conf_authd *conf,
                                        struct arena *arena, size_t *count_r,
                                        struct buf *why_r)
{
    const struct strlist *names = &conf->schemes;
    const struct scheme **schemes =
        arena_alloc(arena, (names->count + 1) * sizeof(*schemes));

    *count_r = 0;
    if (schemes == NULL) {
        buf_adds(why_r, "out of memory");
        return NULL;
    }
    if (names->count == 0) {
        buf_adds(why_r, "expected at least one scheme");
        return NULL;
    }
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        const struct scheme *scheme = scheme_find(name, strlen(name));

        if (scheme == NULL || !scheme_makes(scheme)) {
            tell_schemes(name, why_r);
            return NULL;
        }
        schemes[(*count_r)++] = scheme;
    }
    return schemes;
}
