/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/handle_tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ldap.h>

#include "ldap/certificate.h"

/* --- files --- */

static bool tls_readable(const char *path, int how, struct buf *error_r)
{
    char text[128] = "";

    if (path[0] == '\0' || access(path, how) == 0)
        return true;
    buf_addf(error_r, "%s: %s", path, strerror_r(errno, text, sizeof(text)));
    return false;
}

/* The key may be in the file of the certificate. */
static const char *tls_key(const struct directory_settings *settings)
{
    return settings->key[0] != '\0' ? settings->key : settings->cert;
}

bool handle_tls_files_check(const struct directory_settings *settings,
                            struct buf *error_r)
{
    if (settings->ca_file[0] != '\0' &&
        !certificate_file_check(settings->ca_file, error_r))
        return false;
    if (settings->cert[0] != '\0' && !certificate_file_check(settings->cert, error_r))
        return false;
    return tls_readable(settings->ca_dir, R_OK | X_OK, error_r) &&
           tls_readable(tls_key(settings), R_OK, error_r);
}

/* --- authorities --- */

/* A text that libldap's own configuration has given, "" for none; freed with
 * ldap_memfree(). */
static char *tls_default(int option)
{
    char *text = NULL;

    return ldap_get_option(NULL, option, &text) == LDAP_OPT_SUCCESS ? text : NULL;
}

/* The authorities: those of the settings, else those of ldap.conf(5), which Debian
 * makes those of the system. */
struct tls_trust {
    const char *file, *dir;
    char *default_file, *default_dir;
};

static void tls_trust_init(struct tls_trust *trust,
                           const struct directory_settings *settings)
{
    memset(trust, 0, sizeof(*trust));
    trust->file = settings->ca_file;
    trust->dir = settings->ca_dir;
    if (trust->file[0] != '\0' || trust->dir[0] != '\0')
        return;
    trust->default_file = tls_default(LDAP_OPT_X_TLS_CACERTFILE);
    trust->default_dir = tls_default(LDAP_OPT_X_TLS_CACERTDIR);
    if (trust->default_file != NULL)
        trust->file = trust->default_file;
    if (trust->default_dir != NULL)
        trust->dir = trust->default_dir;
}

static void tls_trust_finish(struct tls_trust *trust)
{
    ldap_memfree(trust->default_file);
    ldap_memfree(trust->default_dir);
}

/* --- the context --- */

enum { TLS_FILES = 4 };

/* What tells one version of a file from the next. */
struct tls_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct handle_tls_context {
    pthread_mutex_t lock;
    void *context; /* libldap's; NULL: none yet */
    struct tls_stamp stamps[TLS_FILES];
};

struct handle_tls_context *handle_tls_context_create(void)
{
    struct handle_tls_context *context = calloc(1, sizeof(*context));

    if (context != NULL)
        pthread_mutex_init(&context->lock, NULL);
    return context;
}

void handle_tls_context_destroy(struct handle_tls_context *context)
{
    if (context == NULL)
        return;
    pthread_mutex_destroy(&context->lock);
    /* libldap has no way to give its part of the context back. */
    free(context);
}

static struct tls_stamp tls_stamp_of(const char *path)
{
    struct tls_stamp stamp = {0};
    struct stat info;

    if (path[0] != '\0' && stat(path, &info) == 0) {
        stamp.device = info.st_dev;
        stamp.inode = info.st_ino;
        stamp.size = info.st_size;
        stamp.changed = info.st_mtim;
    }
    return stamp;
}

static bool tls_stamp_equal(const struct tls_stamp *a, const struct tls_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Sets a text that is given. An LDAP error code, as all below. */
static int tls_text(struct handle *handle, int option, const char *text)
{
    if (text[0] == '\0')
        return LDAP_SUCCESS;
    return ldap_set_option(handle->ld, option, text) == LDAP_OPT_SUCCESS
               ? LDAP_SUCCESS
               : LDAP_PARAM_ERROR;
}

/* Makes a context of the handle's own. */
static int tls_context_new(struct handle *handle, const struct handle_target *target,
                           const struct tls_trust *trust, bool verify)
{
    const struct directory_settings *settings = target->settings;
    const struct {
        int option;
        const char *text;
    } texts[] = {
        {LDAP_OPT_X_TLS_CACERTFILE, verify ? trust->file : ""},
        {LDAP_OPT_X_TLS_CACERTDIR, verify ? trust->dir : ""},
        {LDAP_OPT_X_TLS_CERTFILE, settings->cert},
        {LDAP_OPT_X_TLS_KEYFILE, tls_key(settings)},
        {LDAP_OPT_X_TLS_CIPHER_SUITE, settings->ciphers},
    };
    int client = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int rc = tls_text(handle, texts[i].option, texts[i].text);

        if (rc != LDAP_SUCCESS)
            return rc;
    }
    return ldap_set_option(handle->ld, LDAP_OPT_X_TLS_NEWCTX, &client) ==
                   LDAP_OPT_SUCCESS
               ? LDAP_SUCCESS
               : LDAP_PARAM_ERROR;
}

/* Takes the shared context, or makes it. */
static int tls_context_share(struct handle *handle, const struct handle_target *target,
                             const struct tls_trust *trust)
{
    struct handle_tls_context *shared = target->context;
    const char *const paths[TLS_FILES] = {
        trust->file, trust->dir, target->settings->cert, tls_key(target->settings)};
    struct tls_stamp stamps[TLS_FILES];
    bool same;
    int rc;

    pthread_mutex_lock(&shared->lock);
    same = shared->context != NULL;
    for (size_t i = 0; i < TLS_FILES; i++) {
        stamps[i] = tls_stamp_of(paths[i]);
        same = same && tls_stamp_equal(&stamps[i], &shared->stamps[i]);
    }
    if (same) {
        rc = ldap_set_option(handle->ld, LDAP_OPT_X_TLS_CTX, shared->context);
    } else {
        rc = tls_context_new(handle, target, trust, target->settings->require_cert);
        if (rc == LDAP_SUCCESS)
            rc = ldap_get_option(handle->ld, LDAP_OPT_X_TLS_CTX, &shared->context);
        if (rc == LDAP_SUCCESS)
            memcpy(shared->stamps, stamps, sizeof(stamps));
        else
            shared->context = NULL;
    }
    pthread_mutex_unlock(&shared->lock);
    return rc == LDAP_OPT_SUCCESS ? LDAP_SUCCESS : LDAP_PARAM_ERROR;
}

static int tls_options(struct handle *handle, const struct handle_target *target,
                       const struct tls_trust *trust)
{
    int require =
        target->settings->require_cert ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;

    if (ldap_set_option(handle->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &require) !=
        LDAP_OPT_SUCCESS)
        return LDAP_PARAM_ERROR;
    if (target->settings->cert[0] != '\0')
        return tls_context_share(handle, target, trust);
    return tls_context_new(handle, target, trust, target->settings->require_cert);
}

/* --- the handshake --- */

/* StartTLS (RFC 4511 4.14), or for ldaps nothing. */
static int tls_request(struct handle *handle, const struct handle_target *target,
                       const struct patience *patience, struct buf *error_r)
{
    int msgid;
    int rc;

    if (!target->settings->start_tls)
        return LDAP_SUCCESS;
    rc = ldap_start_tls(handle->ld, NULL, NULL, &msgid);
    if (rc != LDAP_SUCCESS)
        handle_explain(handle, rc, NULL, error_r);
    else
        rc = handle_reply(handle, msgid, patience, error_r);
    return rc;
}

/* A second session, which trusts everybody and sends nothing, not even a certificate,
 * just to see the server's. */
static bool tls_look(const struct handle_target *target, const struct tls_trust *trust,
                     const struct patience *patience, struct buf *error_r)
{
    struct directory_settings naive = *target->settings;
    struct handle_target looked_at = *target;
    const char *host = target->url->lud_host;
    struct buf unsaid = BUF_INIT;
    struct handle *handle;
    struct berval der = {0, NULL};
    bool found = false;

    naive.require_cert = false;
    naive.cert = naive.key = "";
    looked_at.settings = &naive;
    handle = handle_connect(&looked_at, patience, &unsaid);
    if (handle != NULL && tls_options(handle, &looked_at, trust) == LDAP_SUCCESS &&
        tls_request(handle, &looked_at, patience, &unsaid) == LDAP_SUCCESS &&
        ldap_install_tls(handle->ld) == LDAP_SUCCESS &&
        ldap_get_option(handle->ld, LDAP_OPT_X_TLS_PEERCERT, &der) ==
            LDAP_OPT_SUCCESS &&
        der.bv_val != NULL)
        found =
            certificate_explain(der.bv_val, der.bv_len,
                                host != NULL && host[0] != '\0' ? host : "localhost",
                                trust->file, trust->dir, error_r);
    ldap_memfree(der.bv_val);
    handle_close(handle);
    buf_finish(&unsaid);
    return found;
}

static void tls_explain(struct handle *handle, int code,
                        const struct handle_target *target,
                        const struct tls_trust *trust, const struct patience *patience,
                        struct buf *error_r)
{
    char *text = NULL;

    if (stream_late(handle->stream)) {
        buf_adds(error_r, "TLS: no answer in time");
        return;
    }
    if (target->settings->require_cert && tls_look(target, trust, patience, error_r))
        return;
    buf_adds(error_r, "TLS: ");
    ldap_get_option(handle->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    if (!stream_explain(handle->stream, error_r))
        handle_explain(handle, code, text, error_r);
    ldap_memfree(text);
}

/* A local socket needs none. */
bool handle_tls_wanted(const struct handle_target *target)
{
    return ldap_is_ldaps_url(target->uri) ||
           (target->settings->start_tls && !ldap_is_ldapi_url(target->uri));
}

bool handle_tls_start(struct handle *handle, const struct handle_target *target,
                      const struct patience *patience, struct buf *error_r)
{
    struct tls_trust trust;
    size_t before = error_r->len;
    int rc;

    tls_trust_init(&trust, target->settings);
    rc = tls_options(handle, target, &trust);
    if (rc != LDAP_SUCCESS) {
        if (handle_tls_files_check(target->settings, error_r))
            buf_adds(error_r, "TLS: the certificates, the key or the ciphers that are "
                              "set cannot be used");
    } else {
        rc = tls_request(handle, target, patience, error_r);
    }
    if (rc == LDAP_SUCCESS)
        rc = ldap_install_tls(handle->ld);
    if (rc != LDAP_SUCCESS && error_r->len == before)
        tls_explain(handle, rc, target, &trust, patience, error_r);
    tls_trust_finish(&trust);
    return rc == LDAP_SUCCESS;
}
