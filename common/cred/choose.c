/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/choose.h"

#include <string.h>

const struct verifier *verifiers_of(const struct verifiers *verifiers,
                                    const struct scheme *scheme)
{
    for (size_t i = 0; i < verifiers->count; i++) {
        if (verifiers->items[i].scheme == scheme)
            return &verifiers->items[i];
    }
    return NULL;
}

/* The first in the order of the registry that takes passwords. */
static const struct verifier *verifiers_choose(const struct verifiers *verifiers)
{
    for (const struct scheme *scheme = scheme_next(NULL); scheme != NULL;
         scheme = scheme_next(scheme)) {
        const struct verifier *verifier = verifiers_of(verifiers, scheme);

        if (verifier != NULL && (scheme_uses(scheme) & SCHEME_PASSWORD) != 0)
            return verifier;
    }
    return NULL;
}

static bool verifiers_take(struct verifiers *verifiers, const char *stored,
                           struct buf *error_r)
{
    struct verifier verifier;

    if (!verifier_parse(stored, strlen(stored), &verifier, error_r))
        return false;
    if (scheme_uses(verifier.scheme) & SCHEME_CLEAR) {
        buf_addf(error_r,
                 "{%s}: a password in the clear is never compared, expected a hash "
                 "of it",
                 scheme_name(verifier.scheme));
        return false;
    }
    if (verifiers_of(verifiers, verifier.scheme) != NULL ||
        verifiers->count == VERIFIERS_MAX) {
        buf_addf(error_r, "{%s}: expected one verifier of a scheme, not several",
                 scheme_name(verifier.scheme));
        return false;
    }
    verifiers->items[verifiers->count++] = verifier;
    return true;
}

bool verifiers_read(const struct strlist *stored, struct verifiers *verifiers_r,
                    struct buf *error_r)
{
    verifiers_r->count = 0;
    verifiers_r->checked = NULL;
    for (size_t i = 0; i < stored->count; i++) {
        if (!verifiers_take(verifiers_r, stored->items[i], error_r))
            return false;
    }
    verifiers_r->checked = verifiers_choose(verifiers_r);
    return true;
}
