/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_challenge.c - what CRAM-MD5 and DIGEST-MD5 need stored, for old clients: for
 * its mechanism each is as good as the password. */
#define OPENSSL_SUPPRESS_DEPRECATED /* MD5_CTX; see state_behind() */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include <openssl/md5.h>

#include "base/secret.h"
#include "cred/encoding.h"
#include "cred/scheme_family.h"

enum { HALF = 16, BLOCK = 64, CRAM_SIZE = 2 * HALF };

/* --- CRAM-MD5 (RFC 2195): HMAC-MD5's two states behind the padded key ---
 *
 * The text is Dovecot's: hex of the outer state, then the inner one, the four words of
 * each with the least byte first. libsasl2 has the inner one first and the most
 * significant byte first.
 */

static bool hex_parse(struct verifier *verifier, size_t size, struct buf *error_r)
{
    unsigned char bytes[CRAM_SIZE];
    size_t len = 0;
    bool ok = verifier->hex
                  ? encoding_hex_read(verifier->text, verifier->len, bytes, size, &len)
                  : encoding_base64_read(ENCODING_BASE64, verifier->text, verifier->len,
                                         bytes, size, &len);

    secret_wipe(bytes, sizeof(bytes));
    verifier->cost = 0;
    if (ok && len == size)
        return true;
    buf_addf(error_r, "expected %zu bytes in %s", size,
             verifier->hex ? "hex" : "base64");
    return false;
}

/* The bytes of a verifier that was parsed. */
static void read_bytes(const struct verifier *verifier, unsigned char *bytes)
{
    size_t len;

    if (verifier->hex)
        encoding_hex_read(verifier->text, verifier->len, bytes, CRAM_SIZE, &len);
    else
        encoding_base64_read(ENCODING_BASE64, verifier->text, verifier->len, bytes,
                             CRAM_SIZE, &len);
}

static bool cram_parse(struct verifier *verifier, struct buf *error_r)
{
    return hex_parse(verifier, CRAM_SIZE, error_r);
}

/*
 * The state of MD5 behind the key's block. EVP does not show it, so that this is the
 * one place that needs the deprecated interface.
 */
static bool state_behind(const unsigned char *key, unsigned char pad,
                         unsigned char *state)
{
    unsigned char block[BLOCK];
    MD5_CTX context;
    bool ok;

    for (size_t i = 0; i < BLOCK; i++)
        block[i] = key[i] ^ pad;
    ok = MD5_Init(&context) == 1 && MD5_Update(&context, block, BLOCK) == 1;
    if (ok) {
        const MD5_LONG words[] = {context.A, context.B, context.C, context.D};

        for (size_t i = 0; i < HALF; i++)
            state[i] = (unsigned char)(words[i / 4] >> 8 * (i % 4));
    }
    secret_wipe(block, sizeof(block));
    secret_wipe(&context, sizeof(context));
    return ok;
}

/* RFC 2104: a long key is hashed first. The hash is asked for always, since it is EVP
 * that knows whether MD5 is allowed here. */
static bool cram_derive(const char *password, size_t len, unsigned char *bytes)
{
    unsigned char key[BLOCK] = {0};
    bool ok = EVP_Digest(password, len, key, NULL, EVP_md5(), NULL) == 1;

    if (len <= BLOCK) {
        memset(key, 0, sizeof(key));
        memcpy(key, password, len);
    }
    ok = ok && state_behind(key, 0x5c, bytes) && state_behind(key, 0x36, bytes + HALF);
    secret_wipe(key, sizeof(key));
    return ok;
}

static enum answer cram_check(const struct verifier *verifier, const char *password,
                              size_t len)
{
    unsigned char stored[CRAM_SIZE], made[CRAM_SIZE];
    enum answer answer = ANSWER_UNKNOWN;

    read_bytes(verifier, stored);
    if (cram_derive(password, len, made))
        answer = secret_equal(stored, made, CRAM_SIZE) ? ANSWER_YES : ANSWER_NO;
    secret_wipe(stored, sizeof(stored));
    secret_wipe(made, sizeof(made));
    return answer;
}

static void cram_format(const struct verifier *verifier, struct buf *out)
{
    unsigned char bytes[CRAM_SIZE];

    read_bytes(verifier, bytes);
    encoding_hex_add(bytes, CRAM_SIZE, out);
    secret_wipe(bytes, sizeof(bytes));
}

static bool cram_make(const struct scheme *scheme, const struct scheme_costs *costs,
                      const char *login, const char *password, size_t len,
                      struct buf *text_r, struct buf *error_r)
{
    unsigned char bytes[CRAM_SIZE];
    bool ok = cram_derive(password, len, bytes);

    (void)scheme;
    (void)costs;
    (void)login;
    if (ok)
        encoding_hex_add(bytes, CRAM_SIZE, text_r);
    else
        buf_adds(error_r, "OpenSSL has no MD5 here");
    secret_wipe(bytes, sizeof(bytes));
    return ok;
}

static bool cram_make_up(const struct scheme *scheme, unsigned cost,
                         const unsigned char *bytes, struct buf *text_r)
{
    (void)scheme;
    (void)cost;
    encoding_hex_add(bytes, CRAM_SIZE, text_r);
    return true;
}

const struct scheme_family scheme_cram_md5_family = {
    .parse = cram_parse,
    .check = cram_check,
    .format = cram_format,
    .make = cram_make,
    .make_up = cram_make_up,
};

/* --- DIGEST-MD5 (RFC 2831 2.1.2.1): the hash of USER:REALM:PASSWORD --- */

static bool digest_parse(struct verifier *verifier, struct buf *error_r)
{
    return hex_parse(verifier, HALF, error_r);
}

static void digest_format(const struct verifier *verifier, struct buf *out)
{
    unsigned char bytes[CRAM_SIZE];

    read_bytes(verifier, bytes);
    encoding_hex_add(bytes, HALF, out);
    secret_wipe(bytes, sizeof(bytes));
}

/* Is all of it, UTF-8, within ISO 8859-1? */
static bool is_latin1(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x80)
            continue;
        if ((c != 0xc2 && c != 0xc3) || i + 1 == len ||
            ((unsigned char)text[i + 1] & 0xc0) != 0x80)
            return false;
        i++;
    }
    return true;
}

/* RFC 2831 2.1.2.1: what fits ISO 8859-1 is hashed in it. */
static void add_field(struct buf *out, const char *text, size_t len)
{
    if (!is_latin1(text, len)) {
        secret_add(out, text, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x80)
            c = (unsigned char)((c & 3) << 6 | ((unsigned char)text[++i] & 0x3f));
        secret_add(out, &c, 1);
    }
}

static bool digest_make(const struct scheme *scheme, const struct scheme_costs *costs,
                        const char *login, const char *password, size_t len,
                        struct buf *text_r, struct buf *error_r)
{
    const char *at = strrchr(login, '@');
    const char *realm = at != NULL ? at + 1 : "";
    struct buf fields = BUF_INIT;
    unsigned char hash[HALF];
    bool ok;

    (void)costs;
    add_field(&fields, login, at != NULL ? (size_t)(at - login) : strlen(login));
    secret_add(&fields, ":", 1);
    add_field(&fields, realm, strlen(realm));
    secret_add(&fields, ":", 1);
    add_field(&fields, password, len);
    ok = !fields.failed &&
         EVP_Digest(fields.data, fields.len, hash, NULL, scheme->digest(), NULL) == 1;
    if (ok)
        encoding_hex_add(hash, HALF, text_r);
    else
        buf_adds(error_r, fields.failed ? "out of memory" : "OpenSSL has no MD5 here");
    secret_finish(&fields);
    secret_wipe(hash, sizeof(hash));
    return ok;
}

static bool digest_make_up(const struct scheme *scheme, unsigned cost,
                           const unsigned char *bytes, struct buf *text_r)
{
    (void)scheme;
    (void)cost;
    encoding_hex_add(bytes, HALF, text_r);
    return true;
}

const struct scheme_family scheme_digest_md5_family = {
    .parse = digest_parse,
    .format = digest_format,
    .make = digest_make,
    .make_up = digest_make_up,
};

void verifier_challenge_secret(const struct verifier *verifier, struct buf *bytes_r)
{
    unsigned char bytes[CRAM_SIZE], turned[CRAM_SIZE];

    read_bytes(verifier, bytes);
    if (verifier->scheme->family == &scheme_digest_md5_family) {
        secret_add(bytes_r, bytes, HALF);
    } else {
        for (size_t i = 0; i < CRAM_SIZE; i++)
            turned[i] = bytes[(i + HALF) % CRAM_SIZE / 4 * 4 + 3 - i % 4];
        secret_add(bytes_r, turned, CRAM_SIZE);
        secret_wipe(turned, sizeof(turned));
    }
    secret_wipe(bytes, sizeof(bytes));
}
