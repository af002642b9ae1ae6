/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_argon2.c - argon2id and argon2i (RFC 9106), by libargon2. */
#include "config.h"

#include <argon2.h>
#include <string.h>

#include "base/secret.h"
#include "cred/encoding.h"
#include "cred/scheme_family.h"

enum {
    ARGON2_SALT_MAX = 64,
    ARGON2_HASH_MIN = 16,
    ARGON2_HASH_MAX = 64,
    HASH_MADE = 32
};

struct argon2 {
    unsigned version;
    unsigned memory; /* KiB */
    unsigned passes;
    unsigned lanes;
    unsigned char salt[ARGON2_SALT_MAX];
    size_t salt_len;
    unsigned char hash[ARGON2_HASH_MAX];
    size_t hash_len;
};

/* The text must go on with `word`. */
static bool skip(const char **text_io, const char *end, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(end - *text_io) < len || memcmp(*text_io, word, len) != 0)
        return false;
    *text_io += len;
    return true;
}

static bool read_number(const char **text_io, const char *end, const char *word,
                        unsigned *number_r)
{
    return skip(text_io, end, word) &&
           encoding_number_read(text_io, end, UINT32_MAX / 2, number_r);
}

/* "$argon2id$v=19$m=65536,t=3,p=1$SALT$HASH"; without "v=" it is version 16. */
static bool argon2_read(const struct verifier *verifier, struct argon2 *argon2_r)
{
    const char *p = verifier->text;
    const char *end = p + verifier->len;
    const char *dollar;

    if (!skip(&p, end, verifier->scheme->magic))
        return false;
    argon2_r->version = ARGON2_VERSION_10;
    if (skip(&p, end, "v=")) {
        if (!encoding_number_read(&p, end, 255, &argon2_r->version) ||
            !skip(&p, end, "$"))
            return false;
    }
    if ((argon2_r->version != ARGON2_VERSION_10 &&
         argon2_r->version != ARGON2_VERSION_13) ||
        !read_number(&p, end, "m=", &argon2_r->memory) ||
        !read_number(&p, end, ",t=", &argon2_r->passes) ||
        !read_number(&p, end, ",p=", &argon2_r->lanes) || !skip(&p, end, "$"))
        return false;
    dollar = memchr(p, '$', (size_t)(end - p));
    return dollar != NULL &&
           encoding_base64_read(ENCODING_BASE64_BARE, p, (size_t)(dollar - p),
                                argon2_r->salt, sizeof(argon2_r->salt),
                                &argon2_r->salt_len) &&
           encoding_base64_read(ENCODING_BASE64_BARE, dollar + 1,
                                (size_t)(end - dollar - 1), argon2_r->hash,
                                sizeof(argon2_r->hash), &argon2_r->hash_len) &&
           argon2_r->salt_len >= ARGON2_MIN_SALT_LENGTH &&
           argon2_r->hash_len >= ARGON2_HASH_MIN;
}

/* Are memory, passes and lanes what libargon2 and we can take? */
static bool bounded(const struct argon2 *argon2)
{
    return argon2->lanes >= 1 && argon2->lanes <= ARGON2_LANES_MAX &&
           argon2->memory >= 8 * argon2->lanes && argon2->memory <= MEMORY_MAX &&
           argon2->passes >= 1 && argon2->passes <= ARGON2_WORK_MAX / argon2->memory;
}

static bool argon2_parse(struct verifier *verifier, struct buf *error_r)
{
    struct argon2 argon2 = {0};
    bool ok = argon2_read(verifier, &argon2);

    if (!ok)
        buf_addf(error_r,
                 "expected %sv=19$m=KIB,t=PASSES,p=LANES$SALT$HASH, the salt "
                 "of 8 to %d bytes and the hash of %d to %d in base64 without "
                 "\"=\"",
                 verifier->scheme->magic, ARGON2_SALT_MAX, ARGON2_HASH_MIN,
                 ARGON2_HASH_MAX);
    else if (!(ok = bounded(&argon2)))
        buf_addf(error_r,
                 "m=%u,t=%u,p=%u, expected 1 to %d lanes, at least 8 KiB a "
                 "lane, at most %d KiB, and %d KiB times passes",
                 argon2.memory, argon2.passes, argon2.lanes, ARGON2_LANES_MAX,
                 MEMORY_MAX, ARGON2_WORK_MAX);
    verifier->cost = ok ? argon2.memory * argon2.passes : 0;
    secret_wipe(&argon2, sizeof(argon2));
    return ok;
}

/* Computes the hash of hash_len bytes. One thread, whatever the lanes: the caller's
 * program decides about threads. */
static bool derive(const struct scheme *scheme, const char *password, size_t len,
                   struct argon2 *argon2_io)
{
    argon2_context context = {
        .out = argon2_io->hash,
        .outlen = (uint32_t)argon2_io->hash_len,
        .pwd = (uint8_t *)(uintptr_t)password, /* read only: no flag asks to clear it */
        .pwdlen = (uint32_t)len,
        .salt = argon2_io->salt,
        .saltlen = (uint32_t)argon2_io->salt_len,
        .t_cost = argon2_io->passes,
        .m_cost = argon2_io->memory,
        .lanes = argon2_io->lanes,
        .threads = 1,
        .version = argon2_io->version,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    bool is_id = strcmp(scheme->magic, "$argon2id$") == 0;

    return argon2_ctx(&context, is_id ? Argon2_id : Argon2_i) == ARGON2_OK;
}

static enum answer argon2_check(const struct verifier *verifier, const char *password,
                                size_t len)
{
    struct argon2 stored, made;
    enum answer answer = ANSWER_UNKNOWN;

    if (argon2_read(verifier, &stored)) {
        made = stored;
        if (derive(verifier->scheme, password, len, &made))
            answer = secret_equal(made.hash, stored.hash, stored.hash_len) ? ANSWER_YES
                                                                           : ANSWER_NO;
        secret_wipe(&made, sizeof(made));
    }
    secret_wipe(&stored, sizeof(stored));
    return answer;
}

static void argon2_write(const struct scheme *scheme, const struct argon2 *argon2,
                         struct buf *out)
{
    buf_addf(out, "%sv=%u$m=%u,t=%u,p=%u$", scheme->magic, argon2->version,
             argon2->memory, argon2->passes, argon2->lanes);
    encoding_base64_add(ENCODING_BASE64_BARE, argon2->salt, argon2->salt_len, out);
    buf_addc(out, '$');
    encoding_base64_add(ENCODING_BASE64_BARE, argon2->hash, argon2->hash_len, out);
}

static bool argon2_make(const struct scheme *scheme, const struct scheme_costs *costs,
                        const char *login, const char *password, size_t len,
                        struct buf *text_r, struct buf *error_r)
{
    struct argon2 argon2 = {
        .version = ARGON2_VERSION_13,
        .memory = costs->argon2_memory,
        .passes = costs->argon2_passes,
        .lanes = costs->argon2_lanes,
        .salt_len = SALT_MADE,
        .hash_len = HASH_MADE,
    };
    bool ok;

    (void)login;
    if (!scheme_random(argon2.salt, argon2.salt_len, error_r))
        return false;
    ok = derive(scheme, password, len, &argon2);
    if (ok)
        argon2_write(scheme, &argon2, text_r);
    else
        buf_addf(error_r, "libargon2 cannot compute it (%u KiB of memory)",
                 argon2.memory);
    secret_wipe(&argon2, sizeof(argon2));
    return ok;
}

static bool argon2_current(const struct verifier *verifier,
                           const struct scheme_costs *costs)
{
    struct argon2 argon2;
    bool ok = argon2_read(verifier, &argon2) && argon2.version == ARGON2_VERSION_13 &&
              argon2.memory == costs->argon2_memory &&
              argon2.passes == costs->argon2_passes &&
              argon2.lanes == costs->argon2_lanes;

    secret_wipe(&argon2, sizeof(argon2));
    return ok;
}

/* Shares a cost out between passes, as many as usual if that can be, and memory. */
static void share_out(unsigned cost, struct argon2 *argon2_io)
{
    const struct scheme_costs *usual = &scheme_costs_default;
    unsigned least = 8 * argon2_io->lanes;
    unsigned passes = usual->argon2_passes;

    if (cost < least || cost > ARGON2_WORK_MAX)
        cost = usual->argon2_memory * usual->argon2_passes;
    while (passes > 1 && (cost % passes != 0 || cost / passes < least))
        passes--;
    if (cost / passes > MEMORY_MAX)
        passes = (cost + MEMORY_MAX - 1) / MEMORY_MAX;
    argon2_io->passes = passes;
    argon2_io->memory = cost / passes;
}

static bool argon2_make_up(const struct scheme *scheme, unsigned cost,
                           const unsigned char *bytes, struct buf *text_r)
{
    struct argon2 argon2 = {
        .version = ARGON2_VERSION_13,
        .lanes = scheme_costs_default.argon2_lanes,
        .salt_len = SALT_MADE,
        .hash_len = HASH_MADE,
    };

    share_out(cost, &argon2);
    memcpy(argon2.salt, bytes, SALT_MADE);
    memcpy(argon2.hash, bytes + SALT_MADE, HASH_MADE);
    argon2_write(scheme, &argon2, text_r);
    return true;
}

const struct scheme_family scheme_argon2_family = {
    .parse = argon2_parse,
    .check = argon2_check,
    .make = argon2_make,
    .current = argon2_current,
    .make_up = argon2_make_up,
};
