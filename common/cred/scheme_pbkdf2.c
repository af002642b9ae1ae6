/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_pbkdf2.c - PBKDF2 (RFC 8018) as passlib and OpenLDAP store it, and as Dovecot
 * does. */
#include "config.h"

#include <string.h>

#include "base/secret.h"
#include "cred/encoding.h"
#include "cred/scheme_family.h"

enum { SALT_MAX = 64 };

struct pbkdf2 {
    unsigned iterations;
    unsigned char salt[SALT_MAX];
    size_t salt_len;
    unsigned char hash[EVP_MAX_MD_SIZE]; /* of the digest's size */
};

static size_t hash_size(const struct scheme *scheme)
{
    return (size_t)EVP_MD_size(scheme->digest());
}

/* Dovecot's "$1$SALT$ITERATIONS$HEX", the salt as it is. */
static bool read_dovecot(const struct scheme *scheme, const char *p, const char *end,
                         struct pbkdf2 *pbkdf2_r, size_t *hash_len_r)
{
    const char *dollar = memchr(p, '$', (size_t)(end - p));

    if (dollar == NULL || (size_t)(dollar - p) > SALT_MAX)
        return false;
    pbkdf2_r->salt_len = (size_t)(dollar - p);
    memcpy(pbkdf2_r->salt, p, pbkdf2_r->salt_len);
    p = dollar + 1;
    return encoding_number_read(&p, end, 1000000000, &pbkdf2_r->iterations) &&
           p < end && *p == '$' &&
           encoding_hex_read(p + 1, (size_t)(end - p - 1), pbkdf2_r->hash,
                             hash_size(scheme), hash_len_r);
}

/* "ITERATIONS$SALT$HASH". */
static bool read_adapted(const struct scheme *scheme, const char *p, const char *end,
                         struct pbkdf2 *pbkdf2_r, size_t *hash_len_r)
{
    const char *dollar;

    if (!encoding_number_read(&p, end, 1000000000, &pbkdf2_r->iterations) || p == end ||
        *p != '$')
        return false;
    p++;
    dollar = memchr(p, '$', (size_t)(end - p));
    return dollar != NULL &&
           encoding_base64_read(ENCODING_BASE64_ADAPTED, p, (size_t)(dollar - p),
                                pbkdf2_r->salt, SALT_MAX, &pbkdf2_r->salt_len) &&
           encoding_base64_read(ENCODING_BASE64_ADAPTED, dollar + 1,
                                (size_t)(end - dollar - 1), pbkdf2_r->hash,
                                hash_size(scheme), hash_len_r);
}

static bool pbkdf2_read(const struct verifier *verifier, struct pbkdf2 *pbkdf2_r,
                        bool *too_many_r)
{
    const char *p = verifier->text;
    const char *end = p + verifier->len;
    const char *magic = verifier->scheme->magic;
    size_t magic_len = strlen(magic);
    size_t hash_len = 0;
    bool ok;

    *too_many_r = false;
    if (verifier->len > 3 && memcmp(p, "$1$", 3) == 0) {
        ok = read_dovecot(verifier->scheme, p + 3, end, pbkdf2_r, &hash_len);
    } else {
        if (verifier->len > magic_len && memcmp(p, magic, magic_len) == 0)
            p += magic_len;
        ok = read_adapted(verifier->scheme, p, end, pbkdf2_r, &hash_len);
    }
    *too_many_r = ok && pbkdf2_r->iterations > ITERATIONS_MAX;
    return ok && !*too_many_r && pbkdf2_r->iterations != 0 && pbkdf2_r->salt_len != 0 &&
           hash_len == hash_size(verifier->scheme);
}

static bool pbkdf2_parse(struct verifier *verifier, struct buf *error_r)
{
    struct pbkdf2 pbkdf2 = {0};
    bool too_many;
    bool ok = pbkdf2_read(verifier, &pbkdf2, &too_many);

    if (too_many)
        buf_addf(error_r, "%u iterations, expected at most %d", pbkdf2.iterations,
                 ITERATIONS_MAX);
    else if (!ok)
        buf_addf(error_r,
                 "expected ITERATIONS$SALT$HASH, salt and hash in base64 "
                 "without \"=\", the salt of 1 to %d bytes, the hash of %zu",
                 SALT_MAX, hash_size(verifier->scheme));
    verifier->cost = ok ? pbkdf2.iterations : 0;
    secret_wipe(&pbkdf2, sizeof(pbkdf2));
    return ok;
}

static bool derive(const struct scheme *scheme, const char *password, size_t len,
                   struct pbkdf2 *pbkdf2_io)
{
    return PKCS5_PBKDF2_HMAC(password, (int)len, pbkdf2_io->salt,
                             (int)pbkdf2_io->salt_len, (int)pbkdf2_io->iterations,
                             scheme->digest(), (int)hash_size(scheme),
                             pbkdf2_io->hash) == 1;
}

static enum answer pbkdf2_check(const struct verifier *verifier, const char *password,
                                size_t len)
{
    struct pbkdf2 stored, made;
    bool too_many;
    enum answer answer = ANSWER_UNKNOWN;

    if (pbkdf2_read(verifier, &stored, &too_many)) {
        made = stored;
        if (derive(verifier->scheme, password, len, &made))
            answer = secret_equal(made.hash, stored.hash, hash_size(verifier->scheme))
                         ? ANSWER_YES
                         : ANSWER_NO;
        secret_wipe(&made, sizeof(made));
    }
    secret_wipe(&stored, sizeof(stored));
    return answer;
}

static void pbkdf2_write(const struct scheme *scheme, const struct pbkdf2 *pbkdf2,
                         struct buf *out)
{
    buf_addf(out, "%u$", pbkdf2->iterations);
    encoding_base64_add(ENCODING_BASE64_ADAPTED, pbkdf2->salt, pbkdf2->salt_len, out);
    buf_addc(out, '$');
    encoding_base64_add(ENCODING_BASE64_ADAPTED, pbkdf2->hash, hash_size(scheme), out);
}

static void pbkdf2_format(const struct verifier *verifier, struct buf *out)
{
    struct pbkdf2 pbkdf2;
    bool too_many;

    if (pbkdf2_read(verifier, &pbkdf2, &too_many))
        pbkdf2_write(verifier->scheme, &pbkdf2, out);
    secret_wipe(&pbkdf2, sizeof(pbkdf2));
}

static bool pbkdf2_make(const struct scheme *scheme, const struct scheme_costs *costs,
                        const char *login, const char *password, size_t len,
                        struct buf *text_r, struct buf *error_r)
{
    struct pbkdf2 pbkdf2 = {.iterations = costs->pbkdf2_iterations,
                            .salt_len = SALT_MADE};
    bool ok;

    (void)login;
    if (!scheme_random(pbkdf2.salt, pbkdf2.salt_len, error_r))
        return false;
    ok = derive(scheme, password, len, &pbkdf2);
    if (ok)
        pbkdf2_write(scheme, &pbkdf2, text_r);
    else
        buf_adds(error_r, "OpenSSL cannot compute it");
    secret_wipe(&pbkdf2, sizeof(pbkdf2));
    return ok;
}

static bool pbkdf2_current(const struct verifier *verifier,
                           const struct scheme_costs *costs)
{
    return verifier->cost == costs->pbkdf2_iterations;
}

static bool pbkdf2_make_up(const struct scheme *scheme, unsigned cost,
                           const unsigned char *bytes, struct buf *text_r)
{
    struct pbkdf2 pbkdf2 = {.iterations = cost, .salt_len = SALT_MADE};

    if (cost == 0 || cost > ITERATIONS_MAX)
        pbkdf2.iterations = scheme_costs_default.pbkdf2_iterations;
    memcpy(pbkdf2.salt, bytes, SALT_MADE);
    memcpy(pbkdf2.hash, bytes + SALT_MADE, EVP_MAX_MD_SIZE);
    pbkdf2_write(scheme, &pbkdf2, text_r);
    return true;
}

const struct scheme_family scheme_pbkdf2_family = {
    .parse = pbkdf2_parse,
    .check = pbkdf2_check,
    .format = pbkdf2_format,
    .make = pbkdf2_make,
    .current = pbkdf2_current,
    .make_up = pbkdf2_make_up,
};
