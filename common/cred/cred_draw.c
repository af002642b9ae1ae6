/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_draw.c - what an account that does not exist would have been like. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "cred/cred_private.h"

/* Room for rows behind those that there are. NULL: a line in *error_r. */
static struct accounts_profile_row *profile_more(const struct cred_profile *profile,
                                                 size_t more, struct arena *arena,
                                                 struct buf *error_r)
{
    struct accounts_profile_row *rows =
        arena_alloc(arena, (profile->count + more + 1) * sizeof(*rows));

    if (rows == NULL)
        buf_adds(error_r, "out of memory");
    else if (profile->count != 0)
        memcpy(rows, profile->rows, profile->count * sizeof(*rows));
    return rows;
}

/* Asks all sources. */
static bool profile_ask(struct cred *cred, struct arena *arena,
                        struct cred_profile *profile_r, struct buf *error_r)
{
    *profile_r = (struct cred_profile){0};
    for (size_t i = 0; i < cred->source_count; i++) {
        struct cred_source *source = &cred->sources[i];
        struct accounts_profile_row *rows, *all;
        size_t count;

        if (!source->type->profile(source->state, arena, &rows, &count, error_r))
            return false;
        all = profile_more(profile_r, count, arena, error_r);
        if (all == NULL)
            return false;
        if (count != 0)
            memcpy(all + profile_r->count, rows, count * sizeof(*all));
        *profile_r = (struct cred_profile){all, profile_r->count + count};
    }
    return true;
}

static int64_t profile_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Copies what is remembered; false: nothing is, it is too old, or memory ran out. */
static bool profile_recall(struct cred *cred, struct arena *arena,
                           struct cred_profile *profile_r)
{
    struct buf none = BUF_INIT;
    bool ok;

    if (cred->site->profile_ms == 0)
        return false;
    pthread_mutex_lock(&cred->lock);
    ok = profile_now() < cred->profile_until;
    if (ok) {
        profile_r->rows = profile_more(&cred->profile, 0, arena, &none);
        profile_r->count = cred->profile.count;
    }
    pthread_mutex_unlock(&cred->lock);
    buf_finish(&none);
    return ok && profile_r->rows != NULL;
}

/* Best effort: what cannot be remembered is asked for. Kinds that nobody knows are none
 * that an account could be made up of. */
static void profile_remember(struct cred *cred, const struct cred_profile *profile)
{
    struct cred_profile copy = {calloc(profile->count + 1, sizeof(*copy.rows)), 0};
    struct accounts_profile_row *old;

    if (copy.rows == NULL)
        return;
    for (size_t i = 0; i < profile->count; i++) {
        const char *name = profile->rows[i].scheme;
        const struct scheme *scheme = scheme_find(name, strlen(name));

        const struct cred_source *source = cred_checking_source(cred, name);

        if (source == NULL &&
            (scheme == NULL || strcmp(scheme_name(scheme), name) != 0))
            continue;
        copy.rows[copy.count] = profile->rows[i];
        copy.rows[copy.count++].scheme =
            source != NULL ? source->spec : scheme_name(scheme);
    }
    pthread_mutex_lock(&cred->lock);
    old = cred->profile.rows;
    cred->profile = copy;
    cred->profile_until = profile_now() + cred->site->profile_ms;
    pthread_mutex_unlock(&cred->lock);
    free(old);
}

bool cred_profile(struct cred *cred, struct arena *arena,
                  struct cred_profile *profile_r, struct buf *error_r)
{
    if (profile_recall(cred, arena, profile_r))
        return true;
    if (!profile_ask(cred, arena, profile_r, error_r))
        return false;
    if (cred->site->profile_ms != 0)
        profile_remember(cred, profile_r);
    return true;
}

uint64_t cred_hash(const struct buf *key, const char *what, uint64_t number,
                   const char *login)
{
    unsigned char hash[EVP_MAX_MD_SIZE] = {0};
    struct buf text = BUF_INIT;
    uint64_t bits = 0;

    buf_adds(&text, "made-up kind");
    buf_addf(&text, "%c%s%c%" PRIu64 "%c%s", '\0', what, '\0', number, '\0', login);
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
    uint64_t weight;
    uint64_t log; /* known from the second row on: a single one always wins */
};

static uint64_t draw_throw(const struct buf *key, const char *login,
                           const struct accounts_profile_row *row)
{
    return draw_log(cred_hash(key, row->scheme, row->cost, login));
}

/*
 * A rendezvous: each row throws a die, -log(random) / weight, and the least wins. So
 * each wins as often as its weight says.
 */
static void draw_take(struct draw *draw, const struct buf *key, const char *login,
                      const struct accounts_profile_row *row, uint64_t weight)
{
    uint64_t log;

    if (weight > UINT32_MAX)
        weight = UINT32_MAX;
    if (draw->row == NULL) {
        *draw = (struct draw){row, weight, 0};
        return;
    }
    if (draw->log == 0) /* no throw is */
        draw->log = draw_throw(key, login, draw->row);
    log = draw_throw(key, login, row);
    if (log * draw->weight < draw->log * weight)
        *draw = (struct draw){row, weight, log};
}

/* What the row counts. */
static struct cred_kind draw_kind(const struct cred *cred,
                                  const struct accounts_profile_row *row)
{
    return (struct cred_kind){scheme_find(row->scheme, strlen(row->scheme)), row->cost,
                              cred_checking_source(cred, row->scheme)};
}

/* Is that something to check a password with? */
static bool draw_checks(const struct cred *cred, const struct accounts_profile_row *row)
{
    const struct cred_kind kind = draw_kind(cred, row);

    return kind.source != NULL ||
           (kind.scheme != NULL && (scheme_uses(kind.scheme) & SCHEME_PASSWORD) != 0);
}

struct cred_kind cred_draw_checked(const struct cred *cred,
                                   const struct cred_profile *profile,
                                   const char *login)
{
    struct draw draw = {0};

    for (size_t i = 0; i < profile->count; i++) {
        const struct accounts_profile_row *row = &profile->rows[i];

        if (row->checked != 0 && draw_checks(cred, row))
            draw_take(&draw, cred->site->key, login, row, row->checked);
    }
    if (draw.row != NULL)
        return draw_kind(cred, draw.row);
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
