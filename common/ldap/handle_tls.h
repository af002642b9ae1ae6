/* SPDX-License-Identifier: BSD-2-Clause */
/* handle_tls.h - TLS of a session, and why it fails. */
#ifndef SENDAS_LDAP_HANDLE_TLS_H
#define SENDAS_LDAP_HANDLE_TLS_H

#include <stdbool.h>

#include "base/buf.h"
#include "ldap/directory.h"
#include "ldap/handle.h"

/*
 * What sessions with a certificate of our own share: libldap's context with the files
 * read in, which is made anew when one of them changes. libldap 2.5 never frees the
 * certificate and the key of a context, so that one for each session would be a leak.
 */
struct handle_tls_context;

/* NULL: out of memory. */
struct handle_tls_context *handle_tls_context_create(void);
void handle_tls_context_destroy(struct handle_tls_context *context);

/* What the settings name that must be readable. false: one line in *error_r. */
bool handle_tls_files_check(const struct directory_settings *settings,
                            struct buf *error_r);

/* Does the target want TLS? */
bool handle_tls_wanted(const struct handle_target *target);

/* Begins TLS, after StartTLS where that is set. false: one line in *error_r. */
bool handle_tls_start(struct handle *handle, const struct handle_target *target,
                      const struct patience *patience, struct buf *error_r);

#endif
