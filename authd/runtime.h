/* SPDX-License-Identifier: BSD-2-Clause */
/* runtime.h - all that is made from the configuration and replaced by a reload. */
#ifndef SENDAS_AUTHD_RUNTIME_H
#define SENDAS_AUTHD_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "conf/conf_authd.h"
#include "cred/cred.h"
#include "prog/identity.h"
#include "prog/reload.h"

/* Read by many threads, changed by none. */
struct runtime {
    struct conf_authd *conf;
    struct cred_site site;
    struct cred *cred;
    struct buf key; /* a secret */
    uid_t *peers;   /* who may ask beside root and ourselves */
    size_t peer_count;
};

/* How many threads check passwords: the setting, or as many as there are processors;
 * more where some of them may wait for a directory. */
size_t runtime_verifiers(const struct conf_authd *conf);

/*
 * What has to be done while the process may still be root: makes the key file, if there
 * is none, and gives it to `owner`. false with one line in *error_r.
 */
bool runtime_prepare(const struct conf_authd *conf, const struct identity *owner,
                     struct buf *error_r);

/*
 * Takes over `conf` (also when it fails): reads the key, sets up the sources, looks the
 * peers up. NULL with one line in *error_r.
 */
struct runtime *runtime_create(struct conf_authd *conf, struct buf *error_r);

/* Takes a void * since a snapshot destroys it; NULL is allowed. */
void runtime_destroy(void *runtime);

/* How a reload makes one. */
extern const struct reload_class runtime_class;

#endif
