/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile verifiers are refused in one line, or read as one thing and written as it. */
#include "config.h"

#include <string.h>

#include "base/secret.h"
#include "cred/scheme.h"
#include "fuzz.h"

/* What a check may cost here: the bounds themselves are hours of a search. */
enum { COST_MAX = 5000, ARGON2_COST_MAX = 4096, LOG_COST_MAX = 4 };

static bool is_cheap(const struct verifier *verifier)
{
    const char *name = scheme_name(verifier->scheme);

    if (strncmp(name, "ARGON2", 6) == 0)
        return verifier->cost <= ARGON2_COST_MAX;
    if (strstr(name, "SCRYPT") != NULL || strstr(name, "YESCRYPT") != NULL)
        return verifier->cost <= 1;
    if (strcmp(name, "BLF-CRYPT") == 0)
        return verifier->cost <= LOG_COST_MAX;
    return verifier->cost <= COST_MAX;
}

static void check(const struct verifier *verifier)
{
    enum answer answer = verifier_check(verifier, "a password", 10);
    struct buf bytes = BUF_INIT;

    MUST((answer == ANSWER_UNKNOWN) ==
         !(scheme_uses(verifier->scheme) & SCHEME_PASSWORD));
    if (scheme_uses(verifier->scheme) & SCHEME_CHALLENGE) {
        verifier_challenge_secret(verifier, &bytes);
        MUST(bytes.len == 16 || bytes.len == 32);
    }
    secret_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf error = BUF_INIT, once = BUF_INIT, twice = BUF_INIT;
    struct verifier verifier, again;

    if (verifier_parse((const char *)data, size, &verifier, &error)) {
        MUST(error.len == 0 && size <= VERIFIER_MAX);
        verifier_format(&verifier, &once);
        /* The name that is written may be longer than the one that was read. */
        if (once.len <= VERIFIER_MAX) {
            MUST(verifier_parse(buf_str(&once), once.len, &again, &error));
            MUST(again.scheme == verifier.scheme && again.cost == verifier.cost);
            verifier_format(&again, &twice);
            MUST(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
        }
        (void)verifier_outdated(&verifier, &scheme_costs_default);
        if (is_cheap(&verifier))
            check(&verifier);
    } else {
        MUST(error.len != 0 && error.len < 512);
        MUST(memchr(error.data, '\n', error.len) == NULL);
    }
    secret_finish(&once);
    secret_finish(&twice);
    buf_finish(&error);
    return 0;
}
