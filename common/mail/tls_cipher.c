/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/tls_cipher.h"

#include <string.h>

/* OpenSSL's name is a key exchange and a cipher; each half has a registered form. */
struct half {
    const char *openssl;
    const char *registered;
};

static const struct half exchanges[] = {
    {"ECDHE-ECDSA-", "ECDHE_ECDSA"},
    {"ECDHE-RSA-", "ECDHE_RSA"},
    {"DHE-RSA-", "DHE_RSA"},
    {"DHE-DSS-", "DHE_DSS"},
    {"AECDH-", "ECDH_anon"},
    {"ADH-", "DH_anon"},
    {"", "RSA"}, /* last: a name without an exchange is plain RSA */
};

static const struct half ciphers[] = {
    {"AES128-GCM-SHA256", "AES_128_GCM_SHA256"},
    {"AES256-GCM-SHA384", "AES_256_GCM_SHA384"},
    {"CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256"},
    {"AES128-CCM", "AES_128_CCM"},
    {"AES256-CCM", "AES_256_CCM"},
    {"AES128-CCM8", "AES_128_CCM_8"},
    {"AES256-CCM8", "AES_256_CCM_8"},
    {"AES128-SHA256", "AES_128_CBC_SHA256"},
    {"AES256-SHA256", "AES_256_CBC_SHA256"},
    {"AES256-SHA384", "AES_256_CBC_SHA384"},
    {"AES128-SHA", "AES_128_CBC_SHA"},
    {"AES256-SHA", "AES_256_CBC_SHA"},
    {"CAMELLIA128-SHA", "CAMELLIA_128_CBC_SHA"},
    {"CAMELLIA256-SHA", "CAMELLIA_256_CBC_SHA"},
    {"CAMELLIA128-SHA256", "CAMELLIA_128_CBC_SHA256"},
    {"CAMELLIA256-SHA256", "CAMELLIA_256_CBC_SHA256"},
};

enum { EXCHANGE_COUNT = sizeof(exchanges) / sizeof(exchanges[0]) };
enum { CIPHER_COUNT = sizeof(ciphers) / sizeof(ciphers[0]) };

static bool is_registered_form(const char *name)
{
    size_t len = 0;

    if (strncmp(name, "TLS_", 4) != 0)
        return false;
    for (; name[len] != '\0'; len++) {
        char c = name[len];

        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return len <= 64;
}

bool tls_cipher_registered(const char *name, struct buf *out)
{
    if (is_registered_form(name)) {
        buf_adds(out, name);
        return true;
    }
    for (size_t i = 0; i < EXCHANGE_COUNT; i++) {
        size_t len = strlen(exchanges[i].openssl);

        if (strncmp(name, exchanges[i].openssl, len) != 0)
            continue;
        for (size_t k = 0; k < CIPHER_COUNT; k++) {
            if (strcmp(name + len, ciphers[k].openssl) == 0) {
                buf_addf(out, "TLS_%s_WITH_%s", exchanges[i].registered,
                         ciphers[k].registered);
                return true;
            }
        }
    }
    return false;
}
