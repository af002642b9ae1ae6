/* SPDX-License-Identifier: BSD-2-Clause */
/* filter.h - texts from outside made harmless for LDAP filters and names. */
#ifndef SENDAS_LDAP_FILTER_H
#define SENDAS_LDAP_FILTER_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends the bytes as an assertion value of a filter (RFC 4515 3): what could end it
 * or means something in it - '*', '(', ')', '\', NUL - and every byte that is not
 * printable ASCII as \hh.
 */
void filter_escape(struct buf *out, const char *bytes, size_t len);

/* Appends the bytes as an attribute value of a distinguished name (RFC 4514 2.4). */
void filter_escape_dn(struct buf *out, const char *bytes, size_t len);

#endif
