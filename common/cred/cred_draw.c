/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_draw.c - what an account that does not exist would have been like. */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "cred/cred_private.h"

bool cred_profile(struct cred *cred, struct arena *arena,
                  struct cred_profile *profile_r, struct buf *error_r)
{
    *profile_r = (struct cred_profile){0};
    for (size_t i = 0; i < cred->source_count; i++) {
        struct cred_source *source = &cred->sources[i];
        struct accounts_profile_row *rows, *all;
        size_t count, before = profile_r->count;

        if (!source->type->profile(source->state, arena, &rows, &count, error_r))
            return false;
        all = arena_alloc(arena, (before + count + 1) * sizeof(*all));
        if (all == NULL) {
            buf_adds(error_r, "out of memory");
            return false;
        }
        if (before != 0)
            memcpy(all, profile_r->rows, before * sizeof(*all));
        if (count != 0)
            memcpy(all + before, rows, count * sizeof(*all));
        profile_r->rows = all;
        profile_r->count = before + count;
    }
    return true;
}

/* 64 bits of a keyed hash of login and kind. */
static uint64_t draw_hash(const struct buf *key, const char *login, const char *scheme,
                          unsigned cost)
{
    unsigned char hash[EVP_MAX_MD_SIZE] = {0};
    struct buf text = BUF_INIT;
    uint64_t bits = 0;

    buf_adds(&text, "made-up kind");
    buf_addf(&text, "%c%s%c%u%c%s", '\0', scheme, '\0', cost, '\0', login);
    HMAC(EVP_sha256(), key->len != 0 ? key->data : "", (int)key->len,
         (const unsigned char *)buf_str(&text), text.len, hash, NULL);
    buf_finish(&text);
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | hash[i];
    return bits;
}

/* 64 - log2(bits), in units of 2^-24. */
static uint64_t draw_log(uint64_t bits)
{
    enum { UNIT = 24 };
    int top = 63 - __builtin_clzll(bits | 1);
    uint64_t log = (uint64_t)top << UNIT;
    uint64_t mantissa = top >= 31 ? bits >> (top - 31) : bits << (31 - top);

    for (int bit = UNIT - 1; bit >= 0; bit--) {
        mantissa = mantissa * mantissa >> 31;
        if (mantissa >> 32 != 0) {
            log |= (uint64_t)1 << bit;
            mantissa >>= 1;
        }
    }
    return ((uint64_t)64 << UNIT) - log;
}

/* The best row so far. */
struct draw {
    const struct accounts_profile_row *row;
    uint64_t log;
    uint64_t weight;
};

/*
 * A rendezvous: each row throws a die, -log(random) / weight, and the least wins. So
 * each wins as often as its weight says.
 */
static void draw_take(struct draw *draw, const struct buf *key, const char *login,
                      const struct accounts_profile_row *row, uint64_t weight)
{
    uint64_t log = draw_log(draw_hash(key, login, row->scheme, row->cost));

    if (weight > UINT32_MAX)
        weight = UINT32_MAX;
    if (draw->row == NULL || log * draw->weight < draw->log * weight)
        *draw = (struct draw){row, log, weight};
}

struct cred_kind cred_draw_checked(const struct cred *cred,
                                   const struct cred_profile *profile,
                                   const char *login)
{
    struct draw draw = {0};

    for (size_t i = 0; i < profile->count; i++) {
        const struct accounts_profile_row *row = &profile->rows[i];
        const struct scheme *scheme = scheme_find(row->scheme, strlen(row->scheme));

        if (row->checked != 0 && scheme != NULL &&
            (scheme_uses(scheme) & SCHEME_PASSWORD) != 0)
            draw_take(&draw, cred->site->key, login, row, row->checked);
    }
    if (draw.row != NULL)
        return (struct cred_kind){
            scheme_find(draw.row->scheme, strlen(draw.row->scheme)), draw.row->cost};
    for (size_t i = 0; i < cred->scheme_count; i++) {
        if (scheme_uses(cred->schemes[i].scheme) & SCHEME_PASSWORD)
            return cred->schemes[i];
    }
    return cred->schemes[0]; /* cred_create() saw to it that there is one */
}

unsigned cred_draw_cost(const struct cred *cred, const struct cred_profile *profile,
                        const struct scheme *scheme, const char *login)
{
    struct draw draw = {0};

    for (size_t i = 0; i < profile->count; i++) {
        const struct accounts_profile_row *row = &profile->rows[i];

        if (row->count != 0 && strcmp(row->scheme, scheme_name(scheme)) == 0)
            draw_take(&draw, cred->site->key, login, row, row->count);
    }
    if (draw.row != NULL)
        return draw.row->cost;
    return (scheme_uses(scheme) & SCHEME_SCRAM) != 0
               ? cred->site->costs.scram_iterations
               : 0;
}
