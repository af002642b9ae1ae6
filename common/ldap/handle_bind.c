/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/handle_bind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <ldap.h>
#include <sasl/sasl.h>

#include "base/secret.h"

enum { BIND_PASSWORD_MAX = 4096 };

/* The first line of the file, without its end. */
static bool bind_read_file(const char *path, struct buf *password_r,
                           struct buf *error_r)
{
    char bytes[BIND_PASSWORD_MAX];
    char text[128] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    int code = errno;
    const char *end;

    if (fd >= 0)
        close(fd);
    if (got < 0) {
        buf_addf(error_r, "%s: %s", path, strerror_r(code, text, sizeof(text)));
        return false;
    }
    end = memchr(bytes, '\n', (size_t)got);
    if (end != NULL)
        got = end - bytes;
    while (got > 0 && bytes[got - 1] == '\r')
        got--;
    secret_add(password_r, bytes, (size_t)got);
    secret_wipe(bytes, sizeof(bytes));
    if (got == 0)
        buf_addf(error_r, "%s: its first line must be the password", path);
    return got != 0;
}

static bool bind_password(const struct directory_settings *settings,
                          struct buf *password_r, struct buf *error_r)
{
    if (settings->bind_pw_file[0] != '\0')
        return bind_read_file(settings->bind_pw_file, password_r, error_r);
    secret_add(password_r, settings->bind_pw, strlen(settings->bind_pw));
    return true;
}

/* What became of a bind that was sent. */
static bool bind_reply(struct handle *handle, int msgid,
                       const struct patience *patience, struct buf *error_r)
{
    struct buf reason = BUF_INIT;
    int code = handle_reply(handle, msgid, patience, &reason);

    if (code != LDAP_SUCCESS)
        buf_addf(error_r, "bind: %s", buf_str(&reason));
    buf_finish(&reason);
    return code == LDAP_SUCCESS;
}

static bool bind_send(struct handle *handle, const char *dn, const char *mechanism,
                      const struct berval *credentials, const struct patience *patience,
                      struct buf *error_r)
{
    int msgid;
    int rc = ldap_sasl_bind(handle->ld, dn, mechanism, handle_writable(credentials),
                            NULL, NULL, &msgid);

    if (rc == LDAP_SUCCESS)
        return bind_reply(handle, msgid, patience, error_r);
    buf_adds(error_r, "bind: ");
    handle_explain(handle, rc, NULL, error_r);
    return false;
}

static bool bind_simple(struct handle *handle,
                        const struct directory_settings *settings,
                        const struct patience *patience, struct buf *error_r)
{
    struct buf password = BUF_INIT;
    bool good = bind_password(settings, &password, error_r);

    if (good) {
        struct berval credentials = {password.len, handle_writable(buf_str(&password))};

        good = bind_send(handle, settings->bind_dn, LDAP_SASL_SIMPLE, &credentials,
                         patience, error_r);
    }
    secret_finish(&password);
    return good;
}

/* EXTERNAL (RFC 4422 A) is one message: who we are the server knows from the socket or
 * from our certificate; who we want to be is the authorization identity. */
static bool bind_external(struct handle *handle,
                          const struct directory_settings *settings,
                          const struct patience *patience, struct buf *error_r)
{
    struct berval identity = {strlen(settings->sasl_authz_id),
                              handle_writable(settings->sasl_authz_id)};

    return bind_send(handle, "", "EXTERNAL", &identity, patience, error_r);
}

/* --- other SASL mechanisms --- */

struct bind_answers {
    const struct directory_settings *settings;
    const struct buf *password;
};

static int bind_answer(LDAP *ld, unsigned flags, void *defaults, void *in)
{
    const struct bind_answers *answers = defaults;

    (void)ld;
    (void)flags;
    for (sasl_interact_t *item = in; item->id != SASL_CB_LIST_END; item++) {
        const char *text = item->defresult != NULL ? item->defresult : "";

        if (item->id == SASL_CB_GETREALM)
            text = answers->settings->sasl_realm;
        else if (item->id == SASL_CB_AUTHNAME)
            text = answers->settings->bind_dn;
        else if (item->id == SASL_CB_USER)
            text = answers->settings->sasl_authz_id;
        else if (item->id == SASL_CB_PASS)
            text = buf_str(answers->password);
        item->result = text;
        item->len = (unsigned)strlen(text);
    }
    return LDAP_SUCCESS;
}

static bool bind_sasl(struct handle *handle, const struct directory_settings *settings,
                      const struct patience *patience, struct buf *error_r)
{
    struct buf password = BUF_INIT;
    struct bind_answers answers = {settings, &password};
    int64_t left = patience_left(patience);
    struct timeval time = {(time_t)(left / 1000), (suseconds_t)(left % 1000) * 1000};
    char properties[64];
    char *text = NULL;
    int rc;

    if (!bind_password(settings, &password, error_r)) {
        secret_finish(&password);
        return false;
    }
    snprintf(properties, sizeof(properties), "minssf=%d", settings->sasl_minssf);
    ldap_set_option(handle->ld, LDAP_OPT_X_SASL_SECPROPS, properties);
    /* The name of the server as it is written: no name service is asked back. */
    ldap_set_option(handle->ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON);
    ldap_set_option(handle->ld, LDAP_OPT_TIMEOUT, &time);
    rc = ldap_sasl_interactive_bind_s(
        handle->ld, NULL, settings->sasl_mechs[0] != '\0' ? settings->sasl_mechs : NULL,
        NULL, NULL, LDAP_SASL_QUIET, bind_answer, &answers);
    secret_finish(&password);
    if (rc == LDAP_SUCCESS)
        return true;
    ldap_get_option(handle->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    buf_adds(error_r, "SASL bind: ");
    handle_explain(handle, rc, text, error_r);
    ldap_memfree(text);
    return false;
}

bool handle_bind(struct handle *handle, const struct directory_settings *settings,
                 const struct patience *patience, struct buf *error_r)
{
    if (settings->bind == DIRECTORY_SIMPLE)
        return bind_simple(handle, settings, patience, error_r);
    if (strcasecmp(settings->sasl_mechs, "EXTERNAL") == 0)
        return bind_external(handle, settings, patience, error_r);
    return bind_sasl(handle, settings, patience, error_r);
}
