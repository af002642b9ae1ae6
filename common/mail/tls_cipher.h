/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_cipher.h - OpenSSL's names of cipher suites as the IANA registry writes them. */
#ifndef SENDAS_MAIL_TLS_CIPHER_H
#define SENDAS_MAIL_TLS_CIPHER_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Appends the registered name of a cipher suite, which the tls clause of RFC 8314 4.3
 * wants, for the name an MTA reports: registered names (those of TLS 1.3) pass as they
 * are, those of OpenSSL for RSA, DSS, ECDSA and anonymous suites are translated. false,
 * and nothing appended: the name is not known.
 */
bool tls_cipher_registered(const char *name, struct buf *out);

#endif
