/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/ldap_params.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/secret.h"
#include "ldap/url.h"

enum { HOST_SHOWN = 100, SEARCH_CONNECTIONS = 2 };

const struct name_row ldap_params_scopes[] = {{"base", DIRECTORY_BASE},
                                              {"one", DIRECTORY_ONE},
                                              {"sub", DIRECTORY_SUB},
                                              {NULL, 0}};

const struct name_row ldap_params_binds[] = {
    {"no", DIRECTORY_ANONYMOUS}, {"none", DIRECTORY_ANONYMOUS},
    {"yes", DIRECTORY_SIMPLE},   {"simple", DIRECTORY_SIMPLE},
    {"sasl", DIRECTORY_SASL},    {NULL, 0},
};

/* --- server_host --- */

/* Can the bytes be a name or a number of a host? */
static bool host_is_plain(const char *host, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)host[i] <= ' ' || (unsigned char)host[i] >= 0x7f ||
            strchr("/?#%@[]", host[i]) != NULL)
            return false;
    }
    return len != 0;
}

/* ":PORT" at the end of a name; false: it is none. */
static bool port_is_plain(const char *port)
{
    long number = 0;

    for (port++; *port >= '0' && *port <= '9' && number <= 65535; port++)
        number = number * 10 + (*port - '0');
    return *port == '\0' && number >= 1 && number <= 65535;
}

/* The URI of a host without a scheme: NAME, NAME:PORT, [ADDRESS], [ADDRESS]:PORT or
 * an IPv6 ADDRESS. NULL: it is none of them, or memory ran out. */
static const char *host_uri(const char *host, int port, struct arena *arena)
{
    const char *colon = strchr(host, ':');
    const char *end = strchr(host, ']');

    if (*host == '[') {
        if (end == NULL || !host_is_plain(host + 1, (size_t)(end - host - 1)) ||
            (end[1] != '\0' && (end[1] != ':' || !port_is_plain(end + 1))))
            return NULL;
        return end[1] != '\0' ? arena_printf(arena, "ldap://%s", host)
                              : arena_printf(arena, "ldap://%s:%d", host, port);
    }
    if (!host_is_plain(host, strlen(host)))
        return NULL;
    if (colon == NULL)
        return arena_printf(arena, "ldap://%s:%d", host, port);
    if (strchr(colon + 1, ':') != NULL)
        return arena_printf(arena, "ldap://[%s]:%d", host, port);
    return colon != host && port_is_plain(colon)
               ? arena_printf(arena, "ldap://%s", host)
               : NULL;
}

/* One word of server_host. false with "what is wrong". */
static bool host_add(struct ldap_params *params, const char *host, struct arena *arena,
                     struct buf *error_r)
{
    struct buf why = BUF_INIT;
    struct url url;
    const char *uri;

    if (strstr(host, "://") == NULL)
        uri = host_uri(host, params->server_port, arena);
    else
        uri = url_parse(host, arena, &url, &why) ? host : NULL;
    if (uri != NULL && strlist_add(&params->uris, arena, uri)) {
        buf_finish(&why);
        return true;
    }
    if (arena->failed) {
        buf_adds(error_r, "out of memory");
    } else {
        buf_adds(error_r, "expected a host, or a URL of ldap, ldaps or ldapi, not \"");
        escape_text(error_r, host, strlen(host), HOST_SHOWN);
        buf_addf(error_r, "\"%s%s", why.len != 0 ? ": " : "", buf_str(&why));
    }
    buf_finish(&why);
    return false;
}

/* Do all URIs have the scheme, or (`all` false) does one of them? */
static bool uris_have(const struct strlist *uris, const char *scheme, bool all)
{
    for (size_t i = 0; i < uris->count; i++) {
        bool has = strncasecmp(uris->items[i], scheme, strlen(scheme)) == 0;

        if (has != all)
            return has;
    }
    return all;
}

static bool hosts_read(struct ldap_params *params, const char *path,
                       struct arena *arena, struct buf *error_r)
{
    size_t start = error_r->len;
    struct strlist words = {0};

    params->uris = (struct strlist){0};
    if (!map_add_values(&words, arena, params->server_host.text))
        buf_adds(error_r, "out of memory");
    else if (words.count == 0)
        buf_adds(error_r, "expected a host");
    for (size_t i = 0; i < words.count && error_r->len == start; i++)
        host_add(params, words.items[i], arena, error_r);
    if (error_r->len == start && params->start_tls &&
        uris_have(&params->uris, "ldaps://", false))
        buf_adds(error_r, "expected no ldaps:// with \"start_tls = yes\": such a "
                          "connection begins with TLS");
    return error_r->len == start ||
           map_params_blame(error_r, start, path, &params->server_host);
}

/* --- the rest --- */

static bool paths_check(const struct ldap_params *params, const char *path,
                        struct buf *error_r)
{
    const struct map_param_text *const files[] = {
        &params->tls_ca_cert_file, &params->tls_ca_cert_dir, &params->tls_cert,
        &params->tls_key, &params->bind_pw_file};
    size_t start = error_r->len;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (*files[i]->text == '\0' || *files[i]->text == '/')
            continue;
        buf_adds(error_r, "expected a path that begins with \"/\"");
        return map_params_blame(error_r, start, path, files[i]);
    }
    return true;
}

/* What goes together only in one way. */
static bool pairs_check(const struct ldap_params *params, const char *path,
                        struct buf *error_r)
{
    size_t start = error_r->len;

    if (*params->bind_pw_file.text != '\0' && *params->bind_pw.text != '\0') {
        buf_adds(error_r, "expected this or bind_pw, not both");
        return map_params_blame(error_r, start, path, &params->bind_pw_file);
    }
    if (*params->tls_cert.text != '\0' && *params->tls_key.text == '\0') {
        buf_adds(error_r, "expected tls_key as well");
        return map_params_blame(error_r, start, path, &params->tls_cert);
    }
    if (*params->tls_key.text != '\0' && *params->tls_cert.text == '\0') {
        buf_adds(error_r, "expected tls_cert as well");
        return map_params_blame(error_r, start, path, &params->tls_key);
    }
    return true;
}

bool ldap_params_settings(struct ldap_params *params, const char *path,
                          struct arena *arena, struct directory_settings *settings_r,
                          struct buf *error_r)
{
    bool newer; /* what no version 2 has */

    if (!hosts_read(params, path, arena, error_r) ||
        !paths_check(params, path, error_r) || !pairs_check(params, path, error_r))
        return false;
    newer = params->start_tls || !uris_have(&params->uris, "ldap://", true) ||
            params->bind == DIRECTORY_SASL;
    *settings_r = (struct directory_settings){
        .uris = &params->uris,
        .timeout_ms = (unsigned)params->timeout * 1000,
        .version = newer ? 3 : params->version,
        .start_tls = params->start_tls,
        .require_cert = params->tls_require_cert,
        .ca_file = params->tls_ca_cert_file.text,
        .ca_dir = params->tls_ca_cert_dir.text,
        .cert = params->tls_cert.text,
        .key = params->tls_key.text,
        .ciphers = params->tls_cipher_suite.text,
        .bind = (enum directory_bind)params->bind,
        .bind_dn = params->bind_dn.text,
        .bind_pw = params->bind_pw.text,
        .bind_pw_file = params->bind_pw_file.text,
        .sasl_mechs = params->sasl_mechs.text,
        .sasl_realm = params->sasl_realm.text,
        .sasl_authz_id = params->sasl_authz_id.text,
        .sasl_minssf = params->sasl_minssf,
        .dereference = params->dereference,
        .chase_referrals = params->chase_referrals,
        .connections = SEARCH_CONNECTIONS,
    };
    return true;
}

/* --- what is no error --- */

struct review {
    const char *path;
    ldap_params_remark *remark;
    void *arg;
};

static void review_add(const struct review *review, const struct map_param_text *param,
                       const char *what)
{
    struct buf line = BUF_INIT;

    if (param->line != 0)
        buf_addf(&line, "%s:%u: %s: %s", review->path, param->line, param->name, what);
    else
        buf_addf(&line, "%s: %s: %s", review->path, param->name, what);
    review->remark(review->arg, buf_str(&line));
    buf_finish(&line);
}

static bool uses_tls(const struct ldap_params *params)
{
    return params->start_tls || uris_have(&params->uris, "ldaps://", false);
}

/* Does a password travel that others could read or take? */
static bool sends_password(const struct ldap_params *params)
{
    return params->bind == DIRECTORY_SIMPLE && *params->bind_dn.text != '\0';
}

static bool everybody_reads(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

/* Is a secret in a file that everybody can read? */
static void review_secrets(const struct review *review,
                           const struct ldap_params *params)
{
    const struct map_param_text *const files[] = {&params->bind_pw_file,
                                                  &params->tls_key};

    if (*params->bind_pw.text != '\0' && everybody_reads(review->path))
        review_add(review, &params->bind_pw, "everybody can read this file");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (*files[i]->text != '\0' && everybody_reads(files[i]->text))
            review_add(review, files[i], "everybody can read that file");
    }
}

void ldap_params_review(const struct ldap_params *params, const char *path,
                        ldap_params_remark *remark, void *arg)
{
    const struct map_param_text *const ignored[] = {
        &params->cache, &params->cache_expiry, &params->cache_size, &params->debuglevel,
        &params->tls_random_file};
    const struct review review = {path, remark, arg};

    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        if (ignored[i]->line != 0)
            review_add(&review, ignored[i], "ignored, it does nothing here");
    }
    review_secrets(&review, params);
    if (uses_tls(params) && !params->tls_require_cert)
        review_add(&review, &params->server_host,
                   "TLS without \"tls_require_cert = yes\" lets anybody be the server");
    if (sends_password(params) && *params->bind_pw.text == '\0' &&
        *params->bind_pw_file.text == '\0')
        review_add(
            &review, &params->bind_dn,
            "without bind_pw or bind_pw_file it is not used: the bind is anonymous");
}

void ldap_params_wipe(struct ldap_params *params)
{
    const char *password = params->bind_pw.text;

    if (password != NULL)
        secret_wipe((void *)(uintptr_t)password, strlen(password));
}
