/* SPDX-License-Identifier: BSD-2-Clause */
/* runtime.h - all that is made from the configuration and replaced by a reload. */
#ifndef SENDAS_MILTER_RUNTIME_H
#define SENDAS_MILTER_RUNTIME_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "policy/policy.h"
#include "prog/identity.h"

/* Read by many threads, changed by none. */
struct runtime {
    struct conf *conf;
    struct policy *policy;
    time_t loaded;       /* when the configuration was read */
    struct buf hash_key; /* empty unless logins are shown hashed */
};

/*
 * What has to be done while the process may still be root: makes the key file for
 * hashed logins, if there is none, and gives it to `owner`. false with one line in
 * *error_r.
 */
bool runtime_prepare(const struct conf *conf, const struct identity *owner,
                     struct buf *error_r);

/*
 * Takes over `conf` (also when it fails): opens the maps, reads the key for hashed
 * logins. NULL with one line in *error_r.
 */
struct runtime *runtime_create(struct conf *conf, struct buf *error_r);

/* Takes a void * since a snapshot destroys it; NULL is allowed. */
void runtime_destroy(void *runtime);

#endif
