/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/handle.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "ldap/handle_bind.h"
#include "ldap/handle_tls.h"

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

int handle_reply(struct handle *handle, int msgid, const struct patience *patience,
                 struct buf *error_r)
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

struct handle *handle_connect(const struct handle_target *target,
                              const struct patience *patience, struct buf *error_r)
{
    struct handle *handle = calloc(1, sizeof(*handle));
    int rc;

    if (handle == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    handle->stream = stream_connect(target->url, patience, error_r);
    if (handle->stream == NULL) {
        free(handle);
        return NULL;
    }
    rc = stream_attach(handle->stream, target->uri, &handle->ld);
    if (rc == LDAP_SUCCESS)
        rc = handle_options(handle, target->settings);
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

static bool handle_fulfil(struct handle *handle, const struct handle_target *target,
                          enum handle_wish wish, const struct patience *patience,
                          struct buf *error_r)
{
    if (handle_tls_wanted(target) &&
        !handle_tls_start(handle, target, patience, error_r))
        return false;
    return wish != HANDLE_BIND || target->settings->bind == DIRECTORY_ANONYMOUS ||
           handle_bind(handle, target->settings, patience, error_r);
}

/* Just the server, which is all that libldap takes here; NULL: out of memory. */
static char *handle_bare_uri(const LDAPURLDesc *url)
{
    LDAPURLDesc bare = {.lud_scheme = url->lud_scheme,
                        .lud_host = url->lud_host,
                        .lud_port = url->lud_port,
                        .lud_scope = LDAP_SCOPE_DEFAULT};

    return ldap_url_desc2str(&bare);
}

struct handle *handle_open(const struct handle_target *target, enum handle_wish wish,
                           const struct patience *patience, struct buf *error_r)
{
    struct handle_target bare = *target;
    struct handle *handle = NULL;
    LDAPURLDesc *url = NULL;
    char *uri = NULL;

    if (ldap_url_parse(target->uri, &url) != LDAP_URL_SUCCESS ||
        (uri = handle_bare_uri(url)) == NULL) {
        buf_adds(error_r, "not the URI of a directory");
        ldap_free_urldesc(url);
        return NULL;
    }
    bare.url = url;
    bare.uri = uri;
    handle = handle_connect(&bare, patience, error_r);
    if (handle != NULL && !handle_fulfil(handle, &bare, wish, patience, error_r)) {
        handle_close(handle);
        handle = NULL;
    }
    ldap_memfree(uri);
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
