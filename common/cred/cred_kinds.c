/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_kinds.h"

#include <string.h>

void cred_kinds_init(struct cred_kinds *kinds)
{
    kinds->count = 0;
    pthread_mutex_init(&kinds->lock, NULL);
}

void cred_kinds_finish(struct cred_kinds *kinds)
{
    pthread_mutex_destroy(&kinds->lock);
}

/* The row of the kind, made if there is room for it; with the lock held. */
static struct accounts_profile_row *kinds_row(struct cred_kinds *kinds,
                                              const char *scheme, unsigned cost)
{
    for (size_t i = 0; i < kinds->count; i++) {
        if (kinds->rows[i].cost == cost && strcmp(kinds->rows[i].scheme, scheme) == 0)
            return &kinds->rows[i];
    }
    if (kinds->count == ACCOUNTS_PROFILE_MAX)
        return NULL;
    kinds->rows[kinds->count] = (struct accounts_profile_row){scheme, cost, 0, 0};
    return &kinds->rows[kinds->count++];
}

void cred_kinds_count(struct cred_kinds *kinds, const char *scheme, unsigned cost,
                      bool stored, bool checked)
{
    struct accounts_profile_row *row;

    pthread_mutex_lock(&kinds->lock);
    row = kinds_row(kinds, scheme, cost);
    if (row != NULL) {
        row->count += stored;
        row->checked += checked;
    }
    pthread_mutex_unlock(&kinds->lock);
}

void cred_kinds_learn(struct cred_kinds *kinds, const struct strlist *stored,
                      bool checked)
{
    struct buf why = BUF_INIT;
    struct verifiers verifiers;
    bool ok = verifiers_read(stored, &verifiers, &why);

    buf_finish(&why);
    for (size_t i = 0; i < verifiers.count && ok; i++) {
        const struct verifier *verifier = &verifiers.items[i];

        cred_kinds_count(kinds, scheme_name(verifier->scheme), verifier->cost, true,
                         checked && verifier == verifiers.checked);
    }
}

bool cred_kinds_profile(struct cred_kinds *kinds, struct arena *arena,
                        struct accounts_profile_row **rows_r, size_t *count_r,
                        struct buf *error_r)
{
    *rows_r = arena_alloc(arena, sizeof(kinds->rows));
    if (*rows_r == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    pthread_mutex_lock(&kinds->lock);
    *count_r = kinds->count;
    memcpy(*rows_r, kinds->rows, sizeof(kinds->rows));
    pthread_mutex_unlock(&kinds->lock);
    return true;
}
