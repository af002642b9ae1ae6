/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_conf.h - what authd.conf says of verifiers, as the schemes want it. */
#ifndef SENDAS_CRED_CRED_CONF_H
#define SENDAS_CRED_CRED_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/conf_authd.h"
#include "cred/scheme.h"

/* What a new verifier may cost. false: *why_r says which setting is out of bounds. */
bool cred_conf_costs(const struct conf_authd *conf, struct scheme_costs *costs_r,
                     struct buf *why_r);

/*
 * The schemes of the setting of this name, at least one and all of them such that can
 * be made, in the arena. NULL: *why_r says what is wrong with its value.
 */
const struct scheme **cred_conf_schemes(const struct conf_authd *conf,
                                        struct arena *arena, size_t *count_r,
                                        struct buf *why_r);

#endif
