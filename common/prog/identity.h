/* SPDX-License-Identifier: BSD-2-Clause */
/* identity.h - the user that a daemon runs as, and giving up root for it. */
#ifndef SENDAS_PROG_IDENTITY_H
#define SENDAS_PROG_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct identity {
    uid_t uid;
    gid_t gid;
    char name[64];
};

/*
 * The identity to run as. Started as root it is `user` from the user database ("" is an
 * error: nothing here runs as root by default; "root" is taken at its word). Not
 * started as root it is whoever runs the process, whatever `user` says. false: one line
 * in *error_r.
 */
bool identity_find(const char *user, struct identity *identity_r, struct buf *error_r);

/* The id of a user by name or number. false: one line in *error_r. */
bool identity_user(const char *user, uid_t *uid_r, struct buf *error_r);

/* The id of a group by name or number. false: one line in *error_r. */
bool identity_group(const char *group, gid_t *gid_r, struct buf *error_r);

/*
 * Takes on the identity for good: supplementary groups, group, user, and a check that
 * root cannot be had back. Does nothing when the process is not root. One thread only.
 * false: one line in *error_r, and the process must end.
 */
bool identity_assume(const struct identity *identity, struct buf *error_r);

#endif
