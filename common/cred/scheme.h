/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme.h - the kinds of stored verifiers: one row each, and what can be done with
 * one.
 */
#ifndef SENDAS_CRED_SCHEME_H
#define SENDAS_CRED_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/answer.h"
#include "base/buf.h"

/* What a verifier of the scheme serves for; bits. */
enum scheme_use {
    SCHEME_PASSWORD = 1, /* a password that was sent (PLAIN, LOGIN) can be checked */
    SCHEME_SCRAM = 2,    /* is an RFC 5803 authPassword value */
    SCHEME_CHALLENGE =
        4,           /* equals the password for one mechanism (CRAM-MD5, DIGEST-MD5) */
    SCHEME_CLEAR = 8 /* the password itself: taken by imports, which hash it, only */
};

/* What a new verifier may cost. All are within the bounds that scheme_costs_check()
 * knows. */
struct scheme_costs {
    unsigned scram_iterations;
    unsigned pbkdf2_iterations;
    unsigned argon2_memory; /* KiB */
    unsigned argon2_passes;
    unsigned argon2_lanes;
    unsigned bcrypt_cost;   /* log2 of the rounds */
    unsigned yescrypt_cost; /* as crypt(5) has it */
    unsigned sha_crypt_rounds;
};

/* A defended default for each; sendas-authd(8) says why. */
extern const struct scheme_costs scheme_costs_default;

struct scheme;

/* --- the registry --- */

/* The rows in the order of the manual; NULL at the end of the walk. */
const struct scheme *scheme_next(const struct scheme *scheme); /* NULL: the first */

const char *scheme_name(const struct scheme *scheme); /* "SCRAM-SHA-256", "ARGON2ID" */
unsigned scheme_uses(const struct scheme *scheme);    /* enum scheme_use */
bool scheme_makes(const struct scheme *scheme);       /* can scheme_make() make one? */

/* For SCHEME_SCRAM the SASL mechanism, for SCHEME_CHALLENGE the auxprop property
 * ("cmusaslsecretCRAM-MD5"); NULL for the others. */
const char *scheme_sasl_name(const struct scheme *scheme);

/* By name, any case; Dovecot's names for the same thing too. NULL: not known. */
const struct scheme *scheme_find(const char *name, size_t len);

/* --- stored verifiers --- */

enum { VERIFIER_MAX = 1024 }; /* bytes of a stored verifier */

/*
 * A verifier as this project stores and reads it: "{SCHEME}text", or without a scheme
 * what says itself what it is: RFC 5803 ("SCRAM-SHA-256$..."), crypt(5) ("$y$...",
 * "$2b$...", "$6$..."), "$argon2id$...". Dovecot's {SCHEME.b64}, {SCHEME.HEX} and its
 * form of SCRAM ("{SCRAM-SHA-256}4096,salt,stored,server") are read, too.
 */
struct verifier {
    const struct scheme *scheme;
    const char *text; /* behind the scheme's prefix; borrowed */
    size_t len;
    bool hex;      /* the text is hex, where the scheme's own form is base64 */
    unsigned cost; /* iterations, rounds, log2, for argon2 KiB times passes; 0: none */
};

/*
 * Reads a stored verifier. false: *error_r says what is wrong with it, never showing
 * any of it beyond the scheme's name. What was read here is whole: later steps find
 * nothing wrong.
 */
bool verifier_parse(const char *stored, size_t len, struct verifier *verifier_r,
                    struct buf *error_r);

/*
 * Appends the one form in which verifiers are stored: RFC 5803 for SCRAM, else
 * "{SCHEME}text" with the registry's name.
 */
void verifier_format(const struct verifier *verifier, struct buf *out);

/*
 * Is it the verifier of this password (as typed; each scheme prepares it as it must,
 * and one that is older than preparation takes the typed bytes, too)? ANSWER_UNKNOWN:
 * memory or the library failed, or the scheme has no SCHEME_PASSWORD. Takes the time of
 * the scheme and cost, whatever the answer.
 */
enum answer verifier_check(const struct verifier *verifier, const char *password,
                           size_t len);

/*
 * Appends a new verifier with a random salt. `login` matters to DIGEST-MD5 alone, whose
 * realm is the part behind its last "@". false: the scheme makes none, the password
 * cannot be prepared, or memory or randomness failed: *error_r has a line that shows no
 * secret.
 */
bool scheme_make(const struct scheme *scheme, const struct scheme_costs *costs,
                 const char *login, const char *password, size_t len,
                 struct buf *stored_r, struct buf *error_r);

/* Would scheme_make() with these costs make another than this one (other cost, or
 * scheme out of date in itself)? */
bool verifier_outdated(const struct verifier *verifier,
                       const struct scheme_costs *costs);

/*
 * Appends a verifier that fits no password that anybody knows, for a login that does
 * not exist: right in form, of the given cost, salt and the rest a keyed hash of login
 * and scheme, so the same each time and unlike anybody else's. For every scheme with
 * SCHEME_PASSWORD or SCHEME_SCRAM or SCHEME_CHALLENGE. false: memory.
 */
bool scheme_make_up(const struct scheme *scheme, unsigned cost, const struct buf *key,
                    const char *login, struct buf *stored_r);

/*
 * Appends the bytes of the auxprop property (scheme_sasl_name()) that a verifier with
 * SCHEME_CHALLENGE stands for, NULs among them: a secret. For CRAM-MD5 they are the
 * HMAC_MD5_STATE of libsasl2, for DIGEST-MD5 the hash of USER:REALM:PASSWORD.
 */
void verifier_challenge_secret(const struct verifier *verifier, struct buf *bytes_r);

/* Are all costs within bounds? false: one line in *error_r that names the wrong one. */
bool scheme_costs_check(const struct scheme_costs *costs, struct buf *error_r);

#endif
