/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/handle.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "ldap/certificate.h"
#include "ldap/handle_bind.h"

enum { HANDLE_TEXT_MAX = 200 };

void *handle_writable(const void *p)
{
    return (void *)(uintptr_t)p;
}

int handle_library_init(void)
{
    LDAPAPIInfo info = {.ldapai_info_version = LDAP_API_INFO_VERSION};
    int rc = ldap_get_option(NULL, LDAP_OPT_API_INFO, &info);

    if (rc == LDAP_OPT_SUCCESS) {
        ber_memfree(info.ldapai_vendor_name);
        ber_memvfree((void **)info.ldapai_extensions);
    }
    return rc;
}

void handle_explain_answer(int code, const char *text, struct buf *error_r)
{
    buf_adds(error_r, code == LDAP_SERVER_DOWN ? "the connection is lost"
                                               : ldap_err2string(code));
    if (text != NULL && text[0] != '\0') {
        buf_adds(error_r, " (");
        escape_text(error_r, text, strlen(text), HANDLE_TEXT_MAX);
        buf_addc(error_r, ')');
    }
}

void handle_explain(const struct handle *handle, int code, const char *text,
                    struct buf *error_r)
{
    if ((code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR ||
         code == LDAP_TIMEOUT) &&
        stream_explain(handle->stream, error_r))
        return;
    handle_explain_answer(code, text, error_r);
}

void handle_set_patience(struct handle *handle, const struct patience *patience)
{
    stream_set_patience(handle->stream, patience);
}

int handle_result(struct handle *handle, int msgid, const struct patience *patience,
                  LDAPMessage **message_r)
{
    /* In slices, to be called off. */
    for (;;) {
        int64_t left = patience_left(patience);
        int64_t slice = left < PATIENCE_SLICE_MS ? left : PATIENCE_SLICE_MS;
        struct timeval time = {.tv_usec = (suseconds_t)slice * 1000};
        int rc = ldap_result(handle->ld, msgid, LDAP_MSG_ALL, &time, message_r);

        if (rc != 0 || patience_left(patience) == 0)
            return rc;
    }
}

/* The server's reply to an operation without entries; an LDAP error code. */
static int handle_reply(struct handle *handle, int msgid,
                        const struct patience *patience, struct buf *error_r)
{
    LDAPMessage *message = NULL;
    char *text = NULL;
    int rc = handle_result(handle, msgid, patience, &message);
    int code = rc < 0 ? LDAP_SERVER_DOWN : LDAP_TIMEOUT;

    if (rc > 0) {
        rc = ldap_parse_result(handle->ld, message, &code, NULL, &text, NULL, NULL, 1);
        if (rc != LDAP_SUCCESS)
            code = rc;
    }
    if (code == LDAP_TIMEOUT && rc == 0)
        buf_adds(error_r, "no answer in time");
    else if (code != LDAP_SUCCESS)
        handle_explain(handle, code, text, error_r);
    ldap_memfree(text);
    return code;
}

/* --- TLS --- */

static bool handle_wants_tls(const struct directory_settings *settings, const char *uri)
{
    return settings->start_tls || ldap_is_ldaps_url(uri);
}

bool handle_files_check(const struct directory_settings *settings, struct buf *error_r)
{
    const char *keyed = settings->key[0] != '\0' ? settings->key : settings->cert;
    char text[128] = "";

    if (settings->ca_file[0] != '\0' &&
        !certificate_file_check(settings->ca_file, error_r))
        return false;
    if (settings->cert[0] != '\0' && !certificate_file_check(settings->cert, error_r))
        return false;
    if (settings->ca_dir[0] != '\0' && access(settings->ca_dir, R_OK | X_OK) != 0) {
        buf_addf(error_r, "%s: %s", settings->ca_dir,
                 strerror_r(errno, text, sizeof(text)));
        return false;
    }
    if (keyed[0] != '\0' && access(keyed, R_OK) != 0) {
        buf_addf(error_r, "%s: %s", keyed, strerror_r(errno, text, sizeof(text)));
        return false;
    }
    return true;
}

/* A text that libldap's own configuration has given, "" for none; freed with
 * ldap_memfree(). */
static char *handle_default(int option)
{
    char *text = NULL;

    return ldap_get_option(NULL, option, &text) == LDAP_OPT_SUCCESS ? text : NULL;
}

/* The authorities: those of the settings, else those of ldap.conf(5), which Debian
 * makes those of the system. */
struct handle_trust {
    const char *file, *dir;
    char *default_file, *default_dir;
};

static void handle_trust_init(struct handle_trust *trust,
                              const struct directory_settings *settings)
{
    memset(trust, 0, sizeof(*trust));
    trust->file = settings->ca_file;
    trust->dir = settings->ca_dir;
    if (trust->file[0] != '\0' || trust->dir[0] != '\0')
        return;
    trust->default_file = handle_default(LDAP_OPT_X_TLS_CACERTFILE);
    trust->default_dir = handle_default(LDAP_OPT_X_TLS_CACERTDIR);
    if (trust->default_file != NULL)
        trust->file = trust->default_file;
    if (trust->default_dir != NULL)
        trust->dir = trust->default_dir;
}

static void handle_trust_finish(struct handle_trust *trust)
{
    ldap_memfree(trust->default_file);
    ldap_memfree(trust->default_dir);
}

/* Sets a text that is given. An LDAP error code, as all below. */
static int handle_tls_text(struct handle *handle, int option, const char *text)
{
    if (text[0] == '\0')
        return LDAP_SUCCESS;
    return ldap_set_option(handle->ld, option, text) == LDAP_OPT_SUCCESS
               ? LDAP_SUCCESS
               : LDAP_PARAM_ERROR;
}

static int handle_tls_options(struct handle *handle,
                              const struct directory_settings *settings,
                              const struct handle_trust *trust, bool verify)
{
    const struct {
        int option;
        const char *text;
    } texts[] = {
        {LDAP_OPT_X_TLS_CACERTFILE, verify ? trust->file : ""},
        {LDAP_OPT_X_TLS_CACERTDIR, verify ? trust->dir : ""},
        {LDAP_OPT_X_TLS_CERTFILE, settings->cert},
        {LDAP_OPT_X_TLS_KEYFILE,
         settings->key[0] != '\0' ? settings->key : settings->cert},
        {LDAP_OPT_X_TLS_CIPHER_SUITE, settings->ciphers},
    };
    int require = verify ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
    int client = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int rc = handle_tls_text(handle, texts[i].option, texts[i].text);

        if (rc != LDAP_SUCCESS)
            return rc;
    }
    /* The last one: it makes the others the handle's own. */
    if (ldap_set_option(handle->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &require) != 0 ||
        ldap_set_option(handle->ld, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
        return LDAP_PARAM_ERROR;
    return LDAP_SUCCESS;
}

/* StartTLS (RFC 4511 4.14), or for ldaps nothing. */
static int handle_tls_request(struct handle *handle,
                              const struct directory_settings *settings,
                              const struct patience *patience, struct buf *error_r)
{
    int msgid;
    int rc;

    if (!settings->start_tls)
        return LDAP_SUCCESS;
    rc = ldap_start_tls(handle->ld, NULL, NULL, &msgid);
    if (rc != LDAP_SUCCESS)
        handle_explain(handle, rc, NULL, error_r);
    else
        rc = handle_reply(handle, msgid, patience, error_r);
    return rc;
}

static struct handle *handle_connect(const struct directory_settings *settings,
                                     const char *uri, const LDAPURLDesc *url,
                                     const struct patience *patience,
                                     struct buf *error_r);

/* A second session, which trusts everybody and sends nothing, just to see the
 * certificate. */
static bool handle_tls_look(const struct directory_settings *settings, const char *uri,
                            const LDAPURLDesc *url, const struct handle_trust *trust,
                            const struct patience *patience, struct buf *error_r)
{
    struct buf unsaid = BUF_INIT;
    struct handle *handle = handle_connect(settings, uri, url, patience, &unsaid);
    struct berval der = {0, NULL};
    bool found = false;

    if (handle != NULL &&
        handle_tls_options(handle, settings, trust, false) == LDAP_SUCCESS &&
        handle_tls_request(handle, settings, patience, &unsaid) == LDAP_SUCCESS &&
        ldap_install_tls(handle->ld) == LDAP_SUCCESS &&
        ldap_get_option(handle->ld, LDAP_OPT_X_TLS_PEERCERT, &der) ==
            LDAP_OPT_SUCCESS &&
        der.bv_val != NULL)
        found = certificate_explain(der.bv_val, der.bv_len,
                                    url->lud_host != NULL && url->lud_host[0] != '\0'
                                        ? url->lud_host
                                        : "localhost",
                                    trust->file, trust->dir, error_r);
    ldap_memfree(der.bv_val);
    handle_close(handle);
    buf_finish(&unsaid);
    return found;
}

static void handle_tls_explain(struct handle *handle, int code,
                               const struct directory_settings *settings,
                               const char *uri, const LDAPURLDesc *url,
                               const struct handle_trust *trust,
                               const struct patience *patience, struct buf *error_r)
{
    char *text = NULL;

    if (stream_late(handle->stream)) {
        buf_adds(error_r, "TLS: no answer in time");
        return;
    }
    if (settings->require_cert &&
        handle_tls_look(settings, uri, url, trust, patience, error_r))
        return;
    buf_adds(error_r, "TLS: ");
    ldap_get_option(handle->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    if (!stream_explain(handle->stream, error_r))
        handle_explain(handle, code, text, error_r);
    ldap_memfree(text);
}

static bool handle_start_tls(struct handle *handle,
                             const struct directory_settings *settings, const char *uri,
                             const LDAPURLDesc *url, const struct patience *patience,
                             struct buf *error_r)
{
    struct handle_trust trust;
    size_t before = error_r->len;
    int rc;

    handle_trust_init(&trust, settings);
    rc = handle_tls_options(handle, settings, &trust, settings->require_cert);
    if (rc != LDAP_SUCCESS) {
        if (handle_files_check(settings, error_r))
            buf_adds(error_r, "TLS: the certificates, the key or the ciphers that are "
                              "set cannot be used");
    } else {
        rc = handle_tls_request(handle, settings, patience, error_r);
    }
    if (rc == LDAP_SUCCESS)
        rc = ldap_install_tls(handle->ld);
    if (rc != LDAP_SUCCESS && error_r->len == before)
        handle_tls_explain(handle, rc, settings, uri, url, &trust, patience, error_r);
    handle_trust_finish(&trust);
    return rc == LDAP_SUCCESS;
}

/* --- opening --- */

static int handle_options(struct handle *handle,
                          const struct directory_settings *settings)
{
    LDAP *ld = handle->ld;

    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &settings->version);
    ldap_set_option(ld, LDAP_OPT_DEREF, &settings->dereference);
    /* Followed by ourselves: libldap would wait, with all its locks, as long as it
     * likes. */
    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
    /* A lost connection must not be replaced behind our back. */
    return ldap_set_option(ld, LDAP_OPT_KEEPCONN, LDAP_OPT_ON) == LDAP_OPT_SUCCESS
               ? LDAP_SUCCESS
               : LDAP_PARAM_ERROR;
}

static struct handle *handle_connect(const struct directory_settings *settings,
                                     const char *uri, const LDAPURLDesc *url,
                                     const struct patience *patience,
                                     struct buf *error_r)
{
    struct handle *handle = calloc(1, sizeof(*handle));
    int rc;

    if (handle == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    handle->stream = stream_connect(url, patience, error_r);
    if (handle->stream == NULL) {
        free(handle);
        return NULL;
    }
    rc = stream_attach(handle->stream, uri, &handle->ld);
    if (rc == LDAP_SUCCESS)
        rc = handle_options(handle, settings);
    if (rc == LDAP_SUCCESS)
        return handle;
    buf_adds(error_r, ldap_err2string(rc));
    handle_close(handle);
    return NULL;
}

bool handle_prove(struct handle *handle, const struct patience *patience,
                  struct buf *error_r)
{
    char none[] = LDAP_NO_ATTRS;
    char *attributes[] = {none, NULL};
    LDAPMessage *message = NULL;
    int msgid;
    int rc = ldap_search_ext(handle->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)",
                             attributes, 0, NULL, NULL, NULL, 1, &msgid);

    if (rc != LDAP_SUCCESS) {
        handle_explain(handle, rc, NULL, error_r);
        return false;
    }
    rc = handle_result(handle, msgid, patience, &message);
    ldap_msgfree(message);
    if (rc == 0)
        buf_adds(error_r, "no answer in time");
    else if (rc < 0)
        handle_explain(handle, LDAP_SERVER_DOWN, NULL, error_r);
    return rc > 0;
}

struct handle *handle_open(const struct directory_settings *settings, const char *uri,
                           enum handle_wish wish, const struct patience *patience,
                           struct buf *error_r)
{
    struct handle *handle = NULL;
    LDAPURLDesc *url = NULL;

    if (ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS) {
        buf_adds(error_r, "not the URI of a directory");
        return NULL;
    }
    handle = handle_connect(settings, uri, url, patience, error_r);
    if (handle != NULL &&
        ((handle_wants_tls(settings, uri) &&
          !handle_start_tls(handle, settings, uri, url, patience, error_r)) ||
         (wish == HANDLE_BIND && settings->bind != DIRECTORY_ANONYMOUS &&
          !handle_bind(handle, settings, patience, error_r)))) {
        handle_close(handle);
        handle = NULL;
    }
    ldap_free_urldesc(url);
    return handle;
}

void handle_close(struct handle *handle)
{
    if (handle == NULL)
        return;
    stream_set_patience(handle->stream, NULL);
    if (handle->ld != NULL)
        ldap_unbind_ext(handle->ld, NULL, NULL);
    stream_destroy(handle->stream);
    free(handle);
}

bool handle_idle_good(struct handle *handle)
{
    struct patience none = {0};
    struct timeval now = {0};
    LDAPMessage *message = NULL;
    int rc;

    if (patience_poll(&none, stream_fd(handle->stream), POLLIN) == 0)
        return true;
    rc = ldap_result(handle->ld, LDAP_RES_ANY, LDAP_MSG_ALL, &now, &message);
    ldap_msgfree(message);
    return rc == 0;
}
