/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/escape.h"

enum { CERTIFICATE_NAMES_MAX = 3, CERTIFICATE_NAME_MAX = 100 };

static bool certificate_is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 ||
           inet_pton(AF_INET6, host, address) == 1;
}

static bool certificate_is_for(X509 *certificate, const char *host)
{
    if (certificate_is_address(host))
        return X509_check_ip_asc(certificate, host, 0) == 1;
    return X509_check_host(certificate, host, 0, 0, NULL) == 1;
}

static void certificate_add_address(struct buf *out, const ASN1_OCTET_STRING *octets)
{
    char text[INET6_ADDRSTRLEN] = "";
    int len = ASN1_STRING_length(octets);

    inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text,
              sizeof(text));
    buf_adds(out, len == 4 || len == 16 ? text : "?");
}

/* One alternative name; false: of a kind that names no server. */
static bool certificate_add_name(struct buf *out, const GENERAL_NAME *name, bool more)
{
    if (name->type != GEN_DNS && name->type != GEN_IPADD)
        return false;
    if (more)
        buf_adds(out, ", ");
    if (name->type == GEN_IPADD)
        certificate_add_address(out, name->d.iPAddress);
    else
        escape_text(out, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                    (size_t)ASN1_STRING_length(name->d.dNSName), CERTIFICATE_NAME_MAX);
    return true;
}

/* "a.example.org, 192.0.2.1", or else the common name. */
static void certificate_add_names(struct buf *out, X509 *certificate)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char common[CERTIFICATE_NAME_MAX + 1] = "";
    int said = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (said == CERTIFICATE_NAMES_MAX) {
            buf_adds(out, ", ...");
            break;
        }
        if (certificate_add_name(out, sk_GENERAL_NAME_value(names, i), said > 0))
            said++;
    }
    GENERAL_NAMES_free(names);
    if (said > 0)
        return;
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                              common, sizeof(common));
    escape_text(out, common, strlen(common), CERTIFICATE_NAME_MAX);
}

static bool certificate_explain_time(X509 *certificate, struct buf *error_r)
{
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        buf_adds(error_r, "its certificate has expired");
    else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        buf_adds(error_r, "its certificate is not yet valid");
    else
        return false;
    return true;
}

static bool certificate_explain_name(X509 *certificate, const char *host,
                                     struct buf *error_r)
{
    if (certificate_is_for(certificate, host))
        return false;
    buf_adds(error_r, "its certificate is for ");
    certificate_add_names(error_r, certificate);
    buf_addf(error_r, ", not for %s", host);
    return true;
}

/* libldap puts the machine's own name in the place of "localhost". */
static bool certificate_explain_localhost(const char *host, struct buf *error_r)
{
    if (strcasecmp(host, "localhost") != 0)
        return false;
    buf_adds(error_r, "its certificate must be for this machine's own name: that is "
                      "what \"localhost\" is checked as");
    return true;
}

static bool certificate_explain_issuer(X509 *certificate, const char *ca_file,
                                       const char *ca_dir, struct buf *error_r)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool bad = false;

    if (store != NULL && context != NULL) {
        if (ca_file[0] != '\0' || ca_dir[0] != '\0')
            X509_STORE_load_locations(store, ca_file[0] != '\0' ? ca_file : NULL,
                                      ca_dir[0] != '\0' ? ca_dir : NULL);
        if (X509_STORE_CTX_init(context, store, certificate, NULL) == 1 &&
            X509_verify_cert(context) != 1) {
            bad = true;
            buf_addf(error_r, "its certificate is not trusted: %s",
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
        }
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return bad;
}

bool certificate_explain(const void *der, size_t len, const char *host,
                         const char *ca_file, const char *ca_dir, struct buf *error_r)
{
    const unsigned char *at = der;
    X509 *certificate = d2i_X509(NULL, &at, (long)len);
    bool found;

    if (certificate == NULL) {
        buf_adds(error_r, "its certificate cannot be read");
        ERR_clear_error();
        return true;
    }
    /* The issuer comes last: of what is between it and the certificate we know nothing,
     * so that it may look worse than it is. */
    found = certificate_explain_time(certificate, error_r) ||
            certificate_explain_name(certificate, host, error_r) ||
            certificate_explain_issuer(certificate, ca_file, ca_dir, error_r) ||
            certificate_explain_localhost(host, error_r);
    X509_free(certificate);
    return found;
}

bool certificate_file_check(const char *path, struct buf *error_r)
{
    FILE *file = fopen(path, "re");
    char text[128] = "";
    X509 *certificate;

    if (file == NULL) {
        buf_addf(error_r, "%s: %s", path, strerror_r(errno, text, sizeof(text)));
        return false;
    }
    certificate = PEM_read_X509_AUX(file, NULL, NULL, NULL);
    fclose(file);
    if (certificate == NULL)
        buf_addf(error_r, "%s: no certificate in PEM format is in it", path);
    X509_free(certificate);
    ERR_clear_error();
    return certificate != NULL;
}
