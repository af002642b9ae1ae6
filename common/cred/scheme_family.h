/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_family.h - what the registry, the verifiers and the families of schemes share.
 */
#ifndef SENDAS_CRED_SCHEME_FAMILY_H
#define SENDAS_CRED_SCHEME_FAMILY_H

#include <openssl/evp.h>

#include "cred/prepare.h"
#include "cred/scheme.h"

/*
 * What a stored verifier may cost whoever checks it. Time is about five seconds of a
 * core at the most: beyond that a row of the database would be a way to stop the
 * service.
 */
enum {
    ITERATIONS_MAX = 10000000,         /* of PBKDF2 and SHA-crypt */
    SCRAM_ITERATIONS_MIN = 4096,       /* RFC 7677 4, for new ones */
    MEMORY_MAX = 1024 * 1024,          /* KiB, of one check */
    ARGON2_WORK_MAX = 4 * 1024 * 1024, /* KiB times passes */
    ARGON2_LANES_MAX = 64,
    BCRYPT_COST_MIN = 4,
    BCRYPT_COST_MAX = 16,
    YESCRYPT_COST_MAX = 11, /* 1 GiB */
    SHA_CRYPT_ROUNDS_MIN = 1000,
    SALT_MADE = 16 /* bytes of a salt that is made here */
};

struct scheme_family {
    /* Reads verifier->text for verifier->scheme and sets verifier->cost. */
    bool (*parse)(struct verifier *verifier, struct buf *error_r);

    /* Is it of these bytes? They hold no NUL, and a NUL follows them. */
    enum answer (*check)(const struct verifier *verifier, const char *password,
                         size_t len);

    /* Appends the text behind the scheme's prefix as it is stored; NULL: as it is. */
    void (*format)(const struct verifier *verifier, struct buf *out);

    /* Appends the text of a new verifier of a prepared password; NULL: never. */
    bool (*make)(const struct scheme *scheme, const struct scheme_costs *costs,
                 const char *login, const char *password, size_t len,
                 struct buf *text_r, struct buf *error_r);

    /* Is the cost the one of a new verifier? NULL: there is none to compare. */
    bool (*current)(const struct verifier *verifier, const struct scheme_costs *costs);

    /* Appends the text of a verifier made of MADE_UP_BYTES bytes that look random. */
    bool (*make_up)(const struct scheme *scheme, unsigned cost,
                    const unsigned char *bytes, struct buf *text_r);
};

enum { MADE_UP_BYTES = 192 };

struct scheme {
    const char *name;
    const char *aliases; /* other names of it, by blanks; NULL: none */
    const char *magic;   /* how a text begins that says itself what it is; NULL */
    unsigned uses;
    bool makes;
    const struct scheme_family *family;
    enum prepare_profile profile;
    const char *sasl_name;
    const EVP_MD *(*digest)(void); /* of the families that are built on one */
};

extern const struct scheme_family scheme_argon2_family;
extern const struct scheme_family scheme_clear_family;
extern const struct scheme_family scheme_cram_md5_family;
extern const struct scheme_family scheme_crypt_family;
extern const struct scheme_family scheme_digest_md5_family;
extern const struct scheme_family scheme_pbkdf2_family;
extern const struct scheme_family scheme_salted_family;
extern const struct scheme_family scheme_scram_family;

/* The scheme whose magic the text begins with; NULL: none. */
const struct scheme *scheme_by_magic(const char *text, size_t len);

/* Random bytes for a salt; false: *error_r has a line. */
bool scheme_random(unsigned char *bytes, size_t len, struct buf *error_r);

#endif
