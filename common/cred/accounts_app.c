/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accounts_app.c - application passwords. We make them ourselves, of more bits than
 * anybody can try, so that one round of a salted hash keeps them: "app1$SALT$HASH",
 * hex, HASH = SHA-256(SALT bytes, characters without groups).
 */
#include "config.h"

#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "base/escape.h"
#include "base/secret.h"
#include "cred/accounts_private.h"
#include "cred/encoding.h"

enum {
    APP_CHARS = 25, /* of 31 different ones: 123.8 bits */
    APP_GROUP = 5,
    APP_SALT = 16, /* bytes */
    APP_HASH = 32,
    APP_LABEL_MAX = 64,
    SHOWN = 100
};

static const char app_tag[] = "app1$";
/* Neither 0 and o, nor 1, i and l. */
static const char app_alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";

/* Fills with characters, each as likely as any other. */
static bool app_random(char *chars)
{
    enum { ALPHABET = sizeof(app_alphabet) - 1, FAIR = 256 / ALPHABET * ALPHABET };
    unsigned char bytes[64];
    size_t count = 0;
    bool ok = true;

    while (count < APP_CHARS && ok) {
        ok = getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes);
        for (size_t i = 0; i < sizeof(bytes) && count < APP_CHARS && ok; i++) {
            if (bytes[i] < FAIR)
                chars[count++] = app_alphabet[bytes[i] % ALPHABET];
        }
    }
    secret_wipe(bytes, sizeof(bytes));
    return ok;
}

/* The characters of a password as typed. false: it is none of ours. */
static bool app_normalise(const char *password, size_t len, char *chars)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        char c = password[i];

        if (c == ' ' || c == '-')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        if (c == '\0' || strchr(app_alphabet, c) == NULL || count == APP_CHARS)
            return false;
        chars[count++] = c;
    }
    return count == APP_CHARS;
}

static bool app_hash(const unsigned char *salt, const char *chars, unsigned char *hash)
{
    unsigned char bytes[APP_SALT + APP_CHARS];
    bool ok;

    memcpy(bytes, salt, APP_SALT);
    memcpy(bytes + APP_SALT, chars, APP_CHARS);
    ok = EVP_Digest(bytes, sizeof(bytes), hash, NULL, EVP_sha256(), NULL) == 1;
    secret_wipe(bytes, sizeof(bytes));
    return ok;
}

/* Takes a stored form apart. */
static bool app_read(const char *stored, unsigned char *salt, unsigned char *hash)
{
    const char *p = stored + strlen(app_tag);
    size_t len;

    return strlen(stored) == strlen(app_tag) + 2 * APP_SALT + 1 + 2 * APP_HASH &&
           memcmp(stored, app_tag, strlen(app_tag)) == 0 && p[2 * APP_SALT] == '$' &&
           encoding_hex_read(p, 2 * APP_SALT, salt, APP_SALT, &len) &&
           encoding_hex_read(p + 2 * APP_SALT + 1, 2 * APP_HASH, hash, APP_HASH, &len);
}

bool accounts_app_check(const struct app_password *app, const char *password,
                        size_t len)
{
    unsigned char salt[APP_SALT], stored[APP_HASH], hash[APP_HASH];
    char chars[APP_CHARS];
    bool same = app_normalise(password, len, chars) &&
                app_read(app->stored, salt, stored) && app_hash(salt, chars, hash) &&
                secret_equal(hash, stored, APP_HASH);

    secret_wipe(chars, sizeof(chars));
    secret_wipe(hash, sizeof(hash));
    return same;
}

/* Appends the stored form of the characters, with a new salt. */
static bool app_format(const char *chars, struct buf *stored_r)
{
    unsigned char salt[APP_SALT], hash[APP_HASH];

    if (getrandom(salt, sizeof(salt), 0) != (ssize_t)sizeof(salt) ||
        !app_hash(salt, chars, hash))
        return false;
    buf_adds(stored_r, app_tag);
    encoding_hex_add(salt, sizeof(salt), stored_r);
    buf_addc(stored_r, '$');
    encoding_hex_add(hash, sizeof(hash), stored_r);
    return !stored_r->failed;
}

static bool app_label_ok(const char *label)
{
    size_t len = strlen(label);

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)label[i] < 0x20 || label[i] == 0x7f)
            return false;
    }
    return len != 0 && len <= APP_LABEL_MAX;
}

/* "PATH: LOGIN: WHAT" */
static enum answer app_refuse(const struct accounts *accounts, const char *login,
                              const char *what, struct buf *error_r)
{
    buf_addf(error_r, "%s: ", accounts->file.path);
    escape_text(error_r, login, strlen(login), SHOWN);
    buf_addf(error_r, ": %s", what);
    return ANSWER_NO;
}

static enum answer app_insert(struct accounts *accounts, const char *login,
                              const char *label, int64_t expires, const char *stored,
                              struct buf *error_r)
{
    struct accounts_param params[] = {{NULL, 0}, {label, 0}, {stored, 0}, {NULL, 0}};
    enum answer answer = accounts_id(accounts, login, &params[0].number, error_r);
    int64_t count = 0;

    params[3].number = expires;
    if (answer == ANSWER_NO)
        return app_refuse(accounts, login, "no such account", error_r);
    if (answer == ANSWER_YES)
        answer =
            accounts_number(accounts, ACCOUNTS_COUNT_APPS, params, 1, &count, error_r);
    if (answer == ANSWER_YES && count >= APP_PASSWORDS_MAX)
        return app_refuse(accounts, login, "has as many application passwords as fit",
                          error_r);
    if (answer == ANSWER_YES)
        answer = accounts_run(accounts, ACCOUNTS_INSERT_APP, params, 4, error_r);
    return answer == ANSWER_NO
               ? app_refuse(accounts, login,
                            "has an application password of that label", error_r)
               : answer;
}

/* Makes one. *chars is what the owner is told. */
static enum answer app_add(struct accounts *accounts, const char *login,
                           const char *label, int64_t expires, char *chars,
                           struct buf *error_r)
{
    struct buf stored = BUF_INIT;
    enum answer answer = ANSWER_UNKNOWN;
    bool saved;

    if (!app_random(chars) || !app_format(chars, &stored))
        buf_addf(error_r, "%s: no random bytes or no memory", accounts->file.path);
    else if (accounts_enter(accounts, &saved, error_r))
        answer = accounts_leave(
            accounts, saved,
            app_insert(accounts, login, label, expires, buf_str(&stored), error_r),
            error_r);
    secret_finish(&stored);
    return answer;
}

enum answer accounts_app_add(struct accounts *accounts, const char *login,
                             const char *label, int64_t expires, struct buf *password_r,
                             struct buf *error_r)
{
    char chars[APP_CHARS];
    enum answer answer;

    if (!app_label_ok(label))
        return app_refuse(accounts, login,
                          "expected a label of 1 to 64 bytes without control bytes",
                          error_r);
    answer = app_add(accounts, login, label, expires, chars, error_r);
    for (size_t i = 0; i < APP_CHARS && answer == ANSWER_YES; i++) {
        if (i != 0 && i % APP_GROUP == 0)
            secret_add(password_r, "-", 1);
        secret_add(password_r, &chars[i], 1);
    }
    secret_wipe(chars, sizeof(chars));
    return answer;
}

enum answer accounts_app_delete(struct accounts *accounts, const char *login,
                                const char *label, struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}, {label, 0}};

    return accounts_run(accounts, ACCOUNTS_DELETE_APP, params, 2, error_r);
}

enum answer accounts_app_disable(struct accounts *accounts, const char *login,
                                 const char *label, bool disabled, struct buf *error_r)
{
    const struct accounts_param params[] = {{login, 0}, {label, 0}, {NULL, disabled}};

    return accounts_run(accounts, ACCOUNTS_DISABLE_APP, params, 3, error_r);
}
