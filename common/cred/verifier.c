/* SPDX-License-Identifier: BSD-2-Clause */
/* verifier.c - reading, writing and checking stored verifiers of any scheme. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "cred/scheme_family.h"

enum { NAME_MAX_LEN = 32 };

/* Reads "{NAME}" or "{NAME.ENCODING}" off the front; the parts are borrowed. */
static bool read_prefix(const char *stored, size_t len, size_t *name_len_r,
                        const char **encoding_r, size_t *encoding_len_r,
                        size_t *prefix_len_r)
{
    const char *name = stored + 1;
    const char *end = memchr(stored, '}', len);
    const char *dot;

    if (end == NULL || end == name || end - name > NAME_MAX_LEN)
        return false;
    for (const char *p = name; p < end; p++) {
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    }
    dot = memchr(name, '.', (size_t)(end - name));
    *name_len_r = (size_t)((dot != NULL ? dot : end) - name);
    *encoding_r = dot != NULL ? dot + 1 : end;
    *encoding_len_r = (size_t)(end - *encoding_r);
    *prefix_len_r = (size_t)(end + 1 - stored);
    return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

/* Takes Dovecot's ".b64" or ".hex"; the families with a form of their own have none. */
static bool take_encoding(struct verifier *verifier, const char *encoding, size_t len,
                          struct buf *error_r)
{
    const struct scheme_family *family = verifier->scheme->family;
    bool encoded = family == &scheme_salted_family ||
                   family == &scheme_cram_md5_family ||
                   family == &scheme_digest_md5_family;

    if (encoded && is_word(encoding, len, "hex")) {
        verifier->hex = true;
    } else if (encoded &&
               (is_word(encoding, len, "b64") || is_word(encoding, len, "base64"))) {
        verifier->hex = false;
    } else {
        buf_addf(error_r, "{%s}: cannot read the encoding \"%.*s\"",
                 verifier->scheme->name, (int)len, encoding);
        return false;
    }
    return true;
}

/*
 * Names that stand for a kin of schemes leave it to the text which it is: {CRYPT}$6$,
 * {ARGON2}$argon2i$; {MD5} is crypt's to Dovecot and a bare hash to LDAP.
 */
static void take_magic(struct verifier *verifier)
{
    const struct scheme *scheme = scheme_by_magic(verifier->text, verifier->len);

    if (scheme == NULL)
        return;
    if (scheme->family == verifier->scheme->family ||
        (scheme->family == &scheme_crypt_family &&
         verifier->scheme->family == &scheme_salted_family))
        verifier->scheme = scheme;
    /* A value of RFC 5803 behind a prefix that is not needed. */
    if (scheme->family == &scheme_scram_family && verifier->scheme == scheme) {
        verifier->text += strlen(scheme->magic);
        verifier->len -= strlen(scheme->magic);
    }
}

/* Finds the scheme and what of the text is behind its prefix. */
static bool take_scheme(struct verifier *verifier, struct buf *error_r)
{
    const char *stored = verifier->text;
    const char *encoding;
    size_t name_len, encoding_len, prefix_len;

    if (verifier->len == 0 || stored[0] != '{') {
        verifier->scheme = scheme_by_magic(stored, verifier->len);
        if (verifier->scheme == NULL) {
            buf_adds(error_r, "expected {SCHEME} at the start of a verifier, or one "
                              "that says itself what it is");
            return false;
        }
        take_magic(verifier);
        return true;
    }
    if (!read_prefix(stored, verifier->len, &name_len, &encoding, &encoding_len,
                     &prefix_len)) {
        buf_adds(error_r, "expected a scheme's name and } behind the {");
        return false;
    }
    verifier->scheme = scheme_find(stored + 1, name_len);
    if (verifier->scheme == NULL) {
        buf_addf(error_r, "unknown scheme {%.*s}", (int)name_len, stored + 1);
        return false;
    }
    verifier->text += prefix_len;
    verifier->len -= prefix_len;
    verifier->hex = (verifier->scheme->uses & SCHEME_CHALLENGE) != 0;
    if (encoding_len != 0)
        return take_encoding(verifier, encoding, encoding_len, error_r);
    take_magic(verifier);
    return true;
}

bool verifier_parse(const char *stored, size_t len, struct verifier *verifier_r,
                    struct buf *error_r)
{
    struct buf why = BUF_INIT;
    bool ok;

    *verifier_r = (struct verifier){.text = stored, .len = len};
    if (len > VERIFIER_MAX) {
        buf_addf(error_r, "a verifier of %zu bytes, expected at most %d", len,
                 VERIFIER_MAX);
        return false;
    }
    if (!take_scheme(verifier_r, error_r))
        return false;
    ok = verifier_r->scheme->family->parse(verifier_r, &why);
    if (!ok)
        buf_addf(error_r, "%s: %s", verifier_r->scheme->name, buf_str(&why));
    buf_finish(&why);
    return ok;
}

void verifier_format(const struct verifier *verifier, struct buf *out)
{
    const struct scheme *scheme = verifier->scheme;

    if (scheme->uses & SCHEME_SCRAM)
        buf_adds(out, scheme->magic);
    else
        buf_addf(out, "{%s}", scheme->name);
    if (scheme->family->format != NULL)
        scheme->family->format(verifier, out);
    else
        secret_add(out, verifier->text, verifier->len);
}

/* The check of bytes as they are, copied so that a NUL follows. */
static enum answer check_bytes(const struct verifier *verifier, const char *password,
                               size_t len)
{
    struct buf copy = BUF_INIT;
    enum answer answer = ANSWER_UNKNOWN;

    secret_add(&copy, password, len);
    if (!copy.failed)
        answer = verifier->scheme->family->check(verifier, copy.data, copy.len);
    secret_finish(&copy);
    return answer;
}

enum answer verifier_check(const struct verifier *verifier, const char *password,
                           size_t len)
{
    const struct scheme *scheme = verifier->scheme;
    struct buf prepared = BUF_INIT;
    enum answer answer = ANSWER_NO;
    enum prepared result;

    if (!(scheme->uses & SCHEME_PASSWORD))
        return ANSWER_UNKNOWN;
    if (len == 0 || len > PASSWORD_MAX || memchr(password, '\0', len) != NULL)
        return ANSWER_NO;
    result = prepare_password(scheme->profile, password, len, &prepared);
    if (result == PREPARE_OUT_OF_MEMORY)
        answer = ANSWER_UNKNOWN;
    else if (result == PREPARED)
        answer = scheme->family->check(verifier, prepared.data, prepared.len);
    /* Made by a program that does not prepare? */
    if (answer == ANSWER_NO && (result != PREPARED || prepared.len != len ||
                                !secret_equal(prepared.data, password, len)))
        answer = check_bytes(verifier, password, len);
    secret_finish(&prepared);
    return answer;
}

bool verifier_outdated(const struct verifier *verifier,
                       const struct scheme_costs *costs)
{
    const struct scheme *scheme = verifier->scheme;

    if (!scheme->makes)
        return true;
    return scheme->family->current != NULL && !scheme->family->current(verifier, costs);
}
