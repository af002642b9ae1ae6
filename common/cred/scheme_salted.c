/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_salted.c - one round of a hash over password and salt, as LDAP servers store
 * it (RFC 2307's kin). Read only: a graphics card tries billions of these a second. */
#include "config.h"

#include <string.h>

#include "base/secret.h"
#include "cred/encoding.h"
#include "cred/scheme_family.h"

enum { SALT_MAX = 64 };

struct salted {
    unsigned char bytes[EVP_MAX_MD_SIZE + SALT_MAX]; /* the hash, then the salt */
    size_t hash_len;
    size_t salt_len;
};

static bool is_salted(const struct scheme *scheme)
{
    return scheme->name[0] == 'S' && (scheme->name[1] == 'S' || scheme->name[1] == 'M');
}

/* Base64, or hex where the suffix said so, or where the length can mean nothing else:
 * Dovecot tells them apart like this where there is no salt. */
static bool salted_read(const struct verifier *verifier, struct salted *salted_r)
{
    size_t size = (size_t)EVP_MD_size(verifier->scheme->digest());
    bool salt = is_salted(verifier->scheme);
    bool hex = verifier->hex || (!salt && verifier->len == 2 * size);
    size_t room = size + (salt ? SALT_MAX : 0);
    size_t len;

    if (hex ? !encoding_hex_read(verifier->text, verifier->len, salted_r->bytes, room,
                                 &len)
            : !encoding_base64_read(ENCODING_BASE64, verifier->text, verifier->len,
                                    salted_r->bytes, room, &len))
        return false;
    if (len < size)
        return false;
    salted_r->hash_len = size;
    salted_r->salt_len = len - size;
    return true;
}

static bool salted_parse(struct verifier *verifier, struct buf *error_r)
{
    struct salted salted;
    bool ok = salted_read(verifier, &salted);

    verifier->cost = 0;
    if (!ok)
        buf_addf(error_r, "expected a hash of %d bytes%s, in %s",
                 EVP_MD_size(verifier->scheme->digest()),
                 is_salted(verifier->scheme) ? " and a salt of up to 64 behind it" : "",
                 verifier->hex ? "hex" : "base64");
    secret_wipe(&salted, sizeof(salted));
    return ok;
}

static bool hash(const EVP_MD *digest, const char *password, size_t len,
                 const struct salted *salted, unsigned char *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, digest, NULL) == 1 &&
              EVP_DigestUpdate(context, password, len) == 1 &&
              EVP_DigestUpdate(context, salted->bytes + salted->hash_len,
                               salted->salt_len) == 1 &&
              EVP_DigestFinal_ex(context, out, NULL) == 1;

    EVP_MD_CTX_free(context);
    return ok;
}

static enum answer salted_check(const struct verifier *verifier, const char *password,
                                size_t len)
{
    struct salted salted;
    unsigned char made[EVP_MAX_MD_SIZE];
    enum answer answer = ANSWER_UNKNOWN;

    if (salted_read(verifier, &salted) &&
        hash(verifier->scheme->digest(), password, len, &salted, made))
        answer =
            secret_equal(made, salted.bytes, salted.hash_len) ? ANSWER_YES : ANSWER_NO;
    secret_wipe(made, sizeof(made));
    secret_wipe(&salted, sizeof(salted));
    return answer;
}

static void salted_format(const struct verifier *verifier, struct buf *out)
{
    struct salted salted;

    if (salted_read(verifier, &salted))
        encoding_base64_add(ENCODING_BASE64, salted.bytes,
                            salted.hash_len + salted.salt_len, out);
    secret_wipe(&salted, sizeof(salted));
}

static bool salted_make_up(const struct scheme *scheme, unsigned cost,
                           const unsigned char *bytes, struct buf *text_r)
{
    size_t size = (size_t)EVP_MD_size(scheme->digest());

    (void)cost;
    encoding_base64_add(ENCODING_BASE64, bytes,
                        size + (is_salted(scheme) ? SALT_MADE : 0), text_r);
    return true;
}

const struct scheme_family scheme_salted_family = {
    .parse = salted_parse,
    .check = salted_check,
    .format = salted_format,
    .make_up = salted_make_up,
};
