/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/scheme.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/secret.h"
#include "cred/scheme_family.h"

/* The password itself: nothing to read, and never checked against. */
static bool clear_parse(struct verifier *verifier, struct buf *error_r)
{
    (void)error_r;
    verifier->cost = 0;
    return true;
}

const struct scheme_family scheme_clear_family = {.parse = clear_parse};

#define SCRAM(name, hash)                                                              \
    {                                                                                  \
        name, NULL, name "$", SCHEME_PASSWORD | SCHEME_SCRAM, true,                    \
            &scheme_scram_family, PREPARE_SASLPREP, name, hash                         \
    }
#define ARGON2(name, aliases, magic)                                                   \
    {                                                                                  \
        name, aliases, magic, SCHEME_PASSWORD, true, &scheme_argon2_family,            \
            PREPARE_OPAQUE, NULL, NULL                                                 \
    }
#define CRYPT(name, aliases, magic, makes)                                             \
    {                                                                                  \
        name, aliases, magic, SCHEME_PASSWORD, makes, &scheme_crypt_family,            \
            PREPARE_OPAQUE, NULL, NULL                                                 \
    }
#define PBKDF2(name, aliases, magic, hash)                                             \
    {                                                                                  \
        name, aliases, magic, SCHEME_PASSWORD, true, &scheme_pbkdf2_family,            \
            PREPARE_OPAQUE, NULL, hash                                                 \
    }
#define SALTED(name, aliases, hash)                                                    \
    {                                                                                  \
        name, aliases, NULL, SCHEME_PASSWORD, false, &scheme_salted_family,            \
            PREPARE_OPAQUE, NULL, hash                                                 \
    }

static const struct scheme schemes[] = {
    SCRAM("SCRAM-SHA-256", EVP_sha256),
    SCRAM("SCRAM-SHA-1", EVP_sha1),
    SCRAM("SCRAM-SHA-512", EVP_sha512),
    /* Hardly anybody has these two, but libsasl2 offers them: so that they can be made
     * up. */
    SCRAM("SCRAM-SHA-384", EVP_sha384),
    SCRAM("SCRAM-SHA-224", EVP_sha224),
    ARGON2("ARGON2ID", "ARGON2", "$argon2id$"),
    ARGON2("ARGON2I", NULL, "$argon2i$"),
    CRYPT("YESCRYPT", NULL, "$y$", true),
    CRYPT("GOST-YESCRYPT", NULL, "$gy$", false),
    CRYPT("SCRYPT", NULL, "$7$", false),
    CRYPT("BLF-CRYPT", "BCRYPT", "$2", true),
    CRYPT("SHA512-CRYPT", NULL, "$6$", true),
    CRYPT("SHA256-CRYPT", NULL, "$5$", true),
    CRYPT("MD5-CRYPT", NULL, "$1$", false),
    CRYPT("DES-CRYPT", "CRYPT", NULL, false),
    PBKDF2("PBKDF2-SHA512", NULL, "$pbkdf2-sha512$", EVP_sha512),
    PBKDF2("PBKDF2-SHA256", NULL, "$pbkdf2-sha256$", EVP_sha256),
    PBKDF2("PBKDF2-SHA1", "PBKDF2", "$pbkdf2$", EVP_sha1),
    SALTED("SSHA512", NULL, EVP_sha512),
    SALTED("SSHA256", NULL, EVP_sha256),
    SALTED("SSHA", NULL, EVP_sha1),
    SALTED("SMD5", NULL, EVP_md5),
    SALTED("SHA512", NULL, EVP_sha512),
    SALTED("SHA256", NULL, EVP_sha256),
    SALTED("SHA", "SHA1", EVP_sha1),
    SALTED("LDAP-MD5", "PLAIN-MD5 MD5", EVP_md5),
    {"CRAM-MD5", "HMAC-MD5", NULL, SCHEME_PASSWORD | SCHEME_CHALLENGE, true,
     &scheme_cram_md5_family, PREPARE_OPAQUE, "cmusaslsecretCRAM-MD5", EVP_md5},
    {"DIGEST-MD5", NULL, NULL, SCHEME_CHALLENGE, true, &scheme_digest_md5_family,
     PREPARE_OPAQUE, "cmusaslsecretDIGEST-MD5", EVP_md5},
    {"PLAIN", "CLEAR CLEARTEXT", NULL, SCHEME_CLEAR, false, &scheme_clear_family,
     PREPARE_OPAQUE, NULL, NULL},
};

enum { SCHEME_COUNT = sizeof(schemes) / sizeof(*schemes) };

const struct scheme *scheme_next(const struct scheme *scheme)
{
    if (scheme == NULL)
        return schemes;
    return scheme + 1 < schemes + SCHEME_COUNT ? scheme + 1 : NULL;
}

const char *scheme_name(const struct scheme *scheme)
{
    return scheme->name;
}

unsigned scheme_uses(const struct scheme *scheme)
{
    return scheme->uses;
}

bool scheme_makes(const struct scheme *scheme)
{
    return scheme->makes;
}

const char *scheme_sasl_name(const struct scheme *scheme)
{
    return scheme->sasl_name;
}

static bool same_name(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

static bool has_alias(const struct scheme *scheme, const char *name, size_t len)
{
    for (const char *p = scheme->aliases; p != NULL && *p != '\0';) {
        size_t word = strcspn(p, " ");

        if (same_name(p, word, name, len))
            return true;
        p += word;
        p += *p == ' ';
    }
    return false;
}

const struct scheme *scheme_find(const char *name, size_t len)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (same_name(schemes[i].name, strlen(schemes[i].name), name, len) ||
            has_alias(&schemes[i], name, len))
            return &schemes[i];
    }
    return NULL;
}

const struct scheme *scheme_by_magic(const char *text, size_t len)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        const char *magic = schemes[i].magic;

        if (magic != NULL && len >= strlen(magic) &&
            memcmp(text, magic, strlen(magic)) == 0)
            return &schemes[i];
    }
    return NULL;
}

bool scheme_random(unsigned char *bytes, size_t len, struct buf *error_r)
{
    /* Up to 256 bytes come at once or not at all (getrandom(2)). */
    if (getrandom(bytes, len, 0) == (ssize_t)len)
        return true;
    buf_adds(error_r, "no random bytes from the system");
    return false;
}

/* Ends *stored_r: all of it, or as it was before. */
static bool finish(struct buf *stored_r, const struct verifier *verifier,
                   const struct buf *text, struct buf *error_r)
{
    size_t before = stored_r->len;

    if (!text->failed)
        verifier_format(verifier, stored_r);
    if (!text->failed && !stored_r->failed)
        return true;
    buf_cut(stored_r, before);
    if (error_r != NULL)
        buf_adds(error_r, "out of memory");
    return false;
}

/* Makes the verifier of what was prepared. */
static bool make(const struct scheme *scheme, const struct scheme_costs *costs,
                 const char *login, const struct buf *prepared, struct buf *stored_r,
                 struct buf *error_r)
{
    struct buf text = BUF_INIT, why = BUF_INIT;
    bool ok = scheme->family->make(scheme, costs, login, prepared->data, prepared->len,
                                   &text, &why);
    struct verifier verifier = {
        .scheme = scheme, .text = buf_str(&text), .len = text.len};

    verifier.hex = (scheme->uses & SCHEME_CHALLENGE) != 0;
    if (ok)
        ok = finish(stored_r, &verifier, &text, error_r);
    else
        buf_addf(error_r, "%s: %s", scheme->name, buf_str(&why));
    secret_finish(&text);
    buf_finish(&why);
    return ok;
}

bool scheme_make(const struct scheme *scheme, const struct scheme_costs *costs,
                 const char *login, const char *password, size_t len,
                 struct buf *stored_r, struct buf *error_r)
{
    struct buf prepared = BUF_INIT;
    enum prepared result;
    bool ok = false;

    if (!scheme->makes) {
        buf_addf(error_r, "%s: is read, but not made", scheme->name);
        return false;
    }
    if (!scheme_costs_check(costs, error_r))
        return false;
    result = prepare_password(scheme->profile, password, len, &prepared);
    if (result == PREPARED)
        ok = make(scheme, costs, login, &prepared, stored_r, error_r);
    else
        buf_addf(error_r, "%s: a password %s", scheme->name, prepared_sentence(result));
    secret_finish(&prepared);
    return ok;
}

/*
 * MADE_UP_BYTES of a hash, keyed, of scheme and login. A sponge is keyed by what it
 * takes in first, and gives as many bytes as are wanted: this is a part of each lookup,
 * and HMAC would have to be computed three times.
 */
static bool made_up_bytes(const struct scheme *scheme, const struct buf *key,
                          const char *login, unsigned char *bytes)
{
    static const char purpose[] = "made-up verifier";
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool ok = hash != NULL && EVP_DigestInit_ex(hash, EVP_shake256(), NULL) == 1 &&
              EVP_DigestUpdate(hash, key->data, key->len) == 1 &&
              EVP_DigestUpdate(hash, purpose, sizeof(purpose)) == 1 &&
              EVP_DigestUpdate(hash, scheme->name, strlen(scheme->name) + 1) == 1 &&
              EVP_DigestUpdate(hash, login, strlen(login)) == 1 &&
              EVP_DigestFinalXOF(hash, bytes, MADE_UP_BYTES) == 1;

    EVP_MD_CTX_free(hash); /* wipes the key */
    return ok;
}

bool scheme_make_up(const struct scheme *scheme, unsigned cost, const struct buf *key,
                    const char *login, struct buf *stored_r)
{
    unsigned char bytes[MADE_UP_BYTES];
    struct buf text = BUF_INIT;
    bool ok = scheme->family->make_up != NULL &&
              made_up_bytes(scheme, key, login, bytes) &&
              scheme->family->make_up(scheme, cost, bytes, &text);
    struct verifier verifier = {
        .scheme = scheme, .text = buf_str(&text), .len = text.len};

    verifier.hex = (scheme->uses & SCHEME_CHALLENGE) != 0;
    ok = ok && finish(stored_r, &verifier, &text, NULL);
    secret_finish(&text);
    secret_wipe(bytes, sizeof(bytes));
    return ok;
}
