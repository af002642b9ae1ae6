/* SPDX-License-Identifier: BSD-2-Clause */
/* certificate.h - why a server's certificate is not accepted. */
#ifndef SENDAS_LDAP_CERTIFICATE_H
#define SENDAS_LDAP_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * libldap says "Connect error" of every certificate that it does not accept. This looks
 * at the certificate (DER) again, at its time, its name and its issuer, and appends
 * what is wrong with it as in "its certificate has expired". `host` is what the server
 * is called in the URI; the authorities are those of the file and of the directory, ""
 * for none. false: nothing is found to be wrong. Decides nothing: libldap has.
 */
bool certificate_explain(const void *der, size_t len, const char *host,
                         const char *ca_file, const char *ca_dir, struct buf *error_r);

/* Whether the file holds a certificate in PEM at least; false: one line in *error_r. */
bool certificate_file_check(const char *path, struct buf *error_r);

#endif
