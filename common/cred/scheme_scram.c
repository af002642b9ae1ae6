/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_scram.c - SCRAM's verifiers (RFC 5802, RFC 5803, RFC 7677). */
#include "config.h"

#include <string.h>

#include <openssl/hmac.h>

#include "base/secret.h"
#include "cred/encoding.h"
#include "cred/scheme_family.h"

enum { SALT_MAX = 64 };

struct scram {
    unsigned iterations;
    unsigned char salt[SALT_MAX];
    size_t salt_len;
    unsigned char stored[EVP_MAX_MD_SIZE]; /* of the digest's size, both */
    unsigned char server[EVP_MAX_MD_SIZE];
};

static size_t key_size(const struct scheme *scheme)
{
    return (size_t)EVP_MD_size(scheme->digest());
}

/* Reads base64 up to `stop` (which is skipped) or, where stop is NUL, to the end. */
static bool read_field(const char **text_io, const char *end, char stop,
                       unsigned char *bytes, size_t room, size_t *len_r)
{
    const char *p = *text_io;
    const char *to = stop != '\0' ? memchr(p, stop, (size_t)(end - p)) : end;
    size_t len;

    if (to == NULL)
        return false;
    *text_io = stop != '\0' ? to + 1 : end;
    /* RFC 5803 allows blanks around the "$". */
    while (p < to && *p == ' ')
        p++;
    for (len = (size_t)(to - p); len != 0 && p[len - 1] == ' ';)
        len--;
    return encoding_base64_read(ENCODING_BASE64, p, len, bytes, room, len_r);
}

/*
 * RFC 5803's ITERATIONS:SALT$STOREDKEY:SERVERKEY, or the same with commas, as Dovecot
 * writes it. The iterations' bound is told apart from the form.
 */
static bool scram_read(const struct verifier *verifier, struct scram *scram_r,
                       bool *too_many_r)
{
    const char *p = verifier->text;
    const char *end = p + verifier->len;
    size_t size = key_size(verifier->scheme);
    size_t stored_len, server_len;
    bool dovecot;

    *too_many_r = false;
    while (p < end && *p == ' ')
        p++;
    if (!encoding_number_read(&p, end, 1000000000, &scram_r->iterations) || p == end ||
        (*p != ':' && *p != ','))
        return false;
    dovecot = *p++ == ',';
    *too_many_r = scram_r->iterations > ITERATIONS_MAX;
    return scram_r->iterations != 0 && !*too_many_r &&
           read_field(&p, end, dovecot ? ',' : '$', scram_r->salt, SALT_MAX,
                      &scram_r->salt_len) &&
           scram_r->salt_len != 0 &&
           read_field(&p, end, dovecot ? ',' : ':', scram_r->stored, size,
                      &stored_len) &&
           read_field(&p, end, '\0', scram_r->server, size, &server_len) &&
           stored_len == size && server_len == size;
}

static bool scram_parse(struct verifier *verifier, struct buf *error_r)
{
    struct scram scram;
    bool too_many;
    bool ok = scram_read(verifier, &scram, &too_many);

    if (too_many)
        buf_addf(error_r, "%u iterations, expected at most %d", scram.iterations,
                 ITERATIONS_MAX);
    else if (!ok)
        buf_addf(error_r,
                 "expected ITERATIONS:SALT$STOREDKEY:SERVERKEY (RFC 5803), "
                 "salt and keys in base64, the salt of 1 to %d bytes, the "
                 "keys of %zu",
                 SALT_MAX, key_size(verifier->scheme));
    verifier->cost = ok ? scram.iterations : 0;
    secret_wipe(&scram, sizeof(scram));
    return ok;
}

static bool hmac(const EVP_MD *digest, const unsigned char *key, size_t size,
                 const char *text, unsigned char *out)
{
    return HMAC(digest, key, (int)size, (const unsigned char *)text, strlen(text), out,
                NULL) != NULL;
}

/* RFC 5802 3: both keys from the password, salt and iterations that *scram_io has. */
static bool derive(const struct scheme *scheme, const char *password, size_t len,
                   struct scram *scram_io)
{
    const EVP_MD *digest = scheme->digest();
    size_t size = key_size(scheme);
    unsigned char salted[EVP_MAX_MD_SIZE], client[EVP_MAX_MD_SIZE];
    bool ok =
        PKCS5_PBKDF2_HMAC(password, (int)len, scram_io->salt, (int)scram_io->salt_len,
                          (int)scram_io->iterations, digest, (int)size, salted) == 1 &&
        hmac(digest, salted, size, "Client Key", client) &&
        EVP_Digest(client, size, scram_io->stored, NULL, digest, NULL) == 1 &&
        hmac(digest, salted, size, "Server Key", scram_io->server);

    secret_wipe(salted, sizeof(salted));
    secret_wipe(client, sizeof(client));
    return ok;
}

static enum answer scram_check(const struct verifier *verifier, const char *password,
                               size_t len)
{
    struct scram stored, made;
    bool too_many;
    enum answer answer = ANSWER_UNKNOWN;

    if (scram_read(verifier, &stored, &too_many)) {
        made = stored;
        if (derive(verifier->scheme, password, len, &made))
            answer =
                secret_equal(made.stored, stored.stored, key_size(verifier->scheme))
                    ? ANSWER_YES
                    : ANSWER_NO;
        secret_wipe(&made, sizeof(made));
    }
    secret_wipe(&stored, sizeof(stored));
    return answer;
}

static void scram_write(const struct scheme *scheme, const struct scram *scram,
                        struct buf *out)
{
    size_t size = key_size(scheme);

    buf_addf(out, "%u:", scram->iterations);
    encoding_base64_add(ENCODING_BASE64, scram->salt, scram->salt_len, out);
    buf_addc(out, '$');
    encoding_base64_add(ENCODING_BASE64, scram->stored, size, out);
    buf_addc(out, ':');
    encoding_base64_add(ENCODING_BASE64, scram->server, size, out);
}

static void scram_format(const struct verifier *verifier, struct buf *out)
{
    struct scram scram;
    bool too_many;

    if (scram_read(verifier, &scram, &too_many))
        scram_write(verifier->scheme, &scram, out);
    secret_wipe(&scram, sizeof(scram));
}

static bool scram_make(const struct scheme *scheme, const struct scheme_costs *costs,
                       const char *login, const char *password, size_t len,
                       struct buf *text_r, struct buf *error_r)
{
    struct scram scram = {.iterations = costs->scram_iterations, .salt_len = SALT_MADE};
    bool ok;

    (void)login;
    if (!scheme_random(scram.salt, scram.salt_len, error_r))
        return false;
    ok = derive(scheme, password, len, &scram);
    if (ok)
        scram_write(scheme, &scram, text_r);
    else
        buf_adds(error_r, "OpenSSL cannot compute it");
    secret_wipe(&scram, sizeof(scram));
    return ok;
}

static bool scram_current(const struct verifier *verifier,
                          const struct scheme_costs *costs)
{
    return verifier->cost == costs->scram_iterations;
}

static bool scram_make_up(const struct scheme *scheme, unsigned cost,
                          const unsigned char *bytes, struct buf *text_r)
{
    struct scram scram = {.iterations = cost, .salt_len = SALT_MADE};

    if (cost == 0 || cost > ITERATIONS_MAX)
        scram.iterations = scheme_costs_default.scram_iterations;
    memcpy(scram.salt, bytes, SALT_MADE);
    memcpy(scram.stored, bytes + SALT_MADE, EVP_MAX_MD_SIZE);
    memcpy(scram.server, bytes + SALT_MADE + EVP_MAX_MD_SIZE, EVP_MAX_MD_SIZE);
    scram_write(scheme, &scram, text_r);
    return true;
}

const struct scheme_family scheme_scram_family = {
    .parse = scram_parse,
    .check = scram_check,
    .format = scram_format,
    .make = scram_make,
    .current = scram_current,
    .make_up = scram_make_up,
};
