/* SPDX-License-Identifier: BSD-2-Clause */
/* handle_bind.h - a session's own bind, as the settings say. */
#ifndef SENDAS_LDAP_HANDLE_BIND_H
#define SENDAS_LDAP_HANDLE_BIND_H

#include <stdbool.h>

#include "base/buf.h"
#include "ldap/directory.h"
#include "ldap/handle.h"

/* false: one line in *error_r. */
bool handle_bind(struct handle *handle, const struct directory_settings *settings,
                 const struct patience *patience, struct buf *error_r);

#endif
