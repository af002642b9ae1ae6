/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_kinds.h - the kinds of verifiers that were seen in a source that keeps no count.
 */
#ifndef SENDAS_CRED_CRED_KINDS_H
#define SENDAS_CRED_CRED_KINDS_H

#include <pthread.h>

#include "cred/cred_private.h"

/*
 * A foreign table has no profile (accounts_reader_profile()), and yet a login that does
 * not exist must take the time of one that does: so those that are found are counted.
 * Any thread.
 */
struct cred_kinds {
    pthread_mutex_t lock;
    struct accounts_profile_row rows[ACCOUNTS_PROFILE_MAX];
    size_t count;
};

void cred_kinds_init(struct cred_kinds *kinds);
void cred_kinds_finish(struct cred_kinds *kinds);

/* Counts an account's verifiers, if they can be read; `checked`: passwords are checked
 * against one of them. */
void cred_kinds_learn(struct cred_kinds *kinds, const struct strlist *stored,
                      bool checked);

/* One more account of a kind; the name must last as long as the kinds. */
void cred_kinds_count(struct cred_kinds *kinds, const char *scheme, unsigned cost,
                      bool stored, bool checked);

/* What accounts_reader_profile() would say. */
bool cred_kinds_profile(struct cred_kinds *kinds, struct arena *arena,
                        struct accounts_profile_row **rows_r, size_t *count_r,
                        struct buf *error_r);

#endif
