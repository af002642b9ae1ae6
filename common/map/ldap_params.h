/* SPDX-License-Identifier: BSD-2-Clause */
/* ldap_params.h - how a directory is reached: the parameters that all table files which
 * ask one share, as in Postfix's ldap_table(5). */
#ifndef SENDAS_MAP_LDAP_PARAMS_H
#define SENDAS_MAP_LDAP_PARAMS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/names.h"
#include "base/strlist.h"
#include "ldap/directory.h"
#include "map/map.h"
#include "map/map_params.h"

/* What stands in the file. */
struct ldap_params {
    struct map_param_text server_host;
    int server_port;
    int timeout; /* seconds */
    int version;
    bool start_tls;
    bool tls_require_cert;
    struct map_param_text tls_ca_cert_file;
    struct map_param_text tls_ca_cert_dir;
    struct map_param_text tls_cert;
    struct map_param_text tls_key;
    struct map_param_text tls_cipher_suite;
    int bind; /* enum directory_bind */
    struct map_param_text bind_dn;
    struct map_param_text bind_pw;
    struct map_param_text bind_pw_file;
    struct map_param_text sasl_mechs;
    struct map_param_text sasl_realm;
    struct map_param_text sasl_authz_id;
    int sasl_minssf;
    int dereference;
    bool chase_referrals;
    /* What Postfix knows and what does nothing here. */
    struct map_param_text tls_random_file;
    struct map_param_text debuglevel;
    struct map_param_text cache;
    struct map_param_text cache_expiry;
    struct map_param_text cache_size;
    struct strlist uris; /* those of server_host; set by ldap_params_settings() */
};

enum {
    LDAP_TIMEOUT_MAX = 3600,
    LDAP_MINSSF_MAX = 4096 /* Postfix's bound */
};

extern const struct name_row ldap_params_binds[];

/*
 * The rows of the parameters above, for the table of a file whose `target` struct has
 * them in the field `ldap`; the file says itself what `timeout` (seconds, "0" for none)
 * and `tls_require_cert` are when they are not given. One fact is not Postfix's:
 * version 2 of the protocol, its default, has been history since RFC 3494, and servers
 * refuse it.
 */
#define LDAP_PARAMS_ROW(target, param, its_kind, its_fallback, ...)                    \
    {                                                                                  \
        .name = #param, .kind = its_kind, .fallback = its_fallback,                    \
        .offset = offsetof(target, ldap.param), __VA_ARGS__                            \
    }
#define LDAP_PARAMS_ROWS(target, its_timeout, its_require)                             \
    LDAP_PARAMS_ROW(target, server_host, MAP_PARAM_FILLED, "localhost"),               \
        LDAP_PARAMS_ROW(target, server_port, MAP_PARAM_NUMBER, "389", .min = 1,        \
                        .max = 65535),                                                 \
        LDAP_PARAMS_ROW(target, timeout, MAP_PARAM_NUMBER, its_timeout, .min = 1,      \
                        .max = LDAP_TIMEOUT_MAX),                                      \
        LDAP_PARAMS_ROW(target, version, MAP_PARAM_NUMBER, "3", .min = 2, .max = 3),   \
        LDAP_PARAMS_ROW(target, bind, MAP_PARAM_WORD, "yes",                           \
                        .words = ldap_params_binds),                                   \
        LDAP_PARAMS_ROW(target, bind_dn, MAP_PARAM_TEXT, ""),                          \
        LDAP_PARAMS_ROW(target, bind_pw, MAP_PARAM_TEXT, ""),                          \
        LDAP_PARAMS_ROW(target, bind_pw_file, MAP_PARAM_TEXT, ""),                     \
        LDAP_PARAMS_ROW(target, sasl_mechs, MAP_PARAM_TEXT, ""),                       \
        LDAP_PARAMS_ROW(target, sasl_realm, MAP_PARAM_TEXT, ""),                       \
        LDAP_PARAMS_ROW(target, sasl_authz_id, MAP_PARAM_TEXT, ""),                    \
        LDAP_PARAMS_ROW(target, sasl_minssf, MAP_PARAM_NUMBER, "0", .min = 0,          \
                        .max = LDAP_MINSSF_MAX),                                       \
        LDAP_PARAMS_ROW(target, start_tls, MAP_PARAM_BOOL, "no"),                      \
        LDAP_PARAMS_ROW(target, tls_require_cert, MAP_PARAM_BOOL, its_require),        \
        LDAP_PARAMS_ROW(target, tls_ca_cert_file, MAP_PARAM_TEXT, ""),                 \
        LDAP_PARAMS_ROW(target, tls_ca_cert_dir, MAP_PARAM_TEXT, ""),                  \
        LDAP_PARAMS_ROW(target, tls_cert, MAP_PARAM_TEXT, ""),                         \
        LDAP_PARAMS_ROW(target, tls_key, MAP_PARAM_TEXT, ""),                          \
        LDAP_PARAMS_ROW(target, tls_cipher_suite, MAP_PARAM_TEXT, ""),                 \
        LDAP_PARAMS_ROW(target, dereference, MAP_PARAM_NUMBER, "0", .min = 0,          \
                        .max = 3),                                                     \
        LDAP_PARAMS_ROW(target, chase_referrals, MAP_PARAM_BOOL, "no"),                \
        LDAP_PARAMS_ROW(target, tls_random_file, MAP_PARAM_IGNORED, ""),               \
        LDAP_PARAMS_ROW(target, debuglevel, MAP_PARAM_IGNORED, ""),                    \
        LDAP_PARAMS_ROW(target, cache, MAP_PARAM_IGNORED, ""),                         \
        LDAP_PARAMS_ROW(target, cache_expiry, MAP_PARAM_IGNORED, ""),                  \
        LDAP_PARAMS_ROW(target, cache_size, MAP_PARAM_IGNORED, "")

/* What is searched for: the same in all files, but for the filter where none is given.
 */
struct ldap_search_params {
    struct map_param_text base;   /* search_base */
    int scope;                    /* enum directory_scope */
    struct map_param_text filter; /* query_filter */
};

extern const struct name_row ldap_params_scopes[];

/* The rows of these, for a `target` that has them in the field `search`. */
#define LDAP_SEARCH_ROW(target, its_name, its_field, its_kind, its_fallback, ...)      \
    {                                                                                  \
        .name = its_name, .kind = its_kind, .fallback = its_fallback,                  \
        .offset = offsetof(target, search.its_field), __VA_ARGS__                      \
    }
#define LDAP_SEARCH_ROWS(target, its_filter)                                           \
    LDAP_SEARCH_ROW(target, "search_base", base, MAP_PARAM_TEXT, ""),                  \
        LDAP_SEARCH_ROW(target, "scope", scope, MAP_PARAM_WORD, "sub",                 \
                        .words = ldap_params_scopes),                                  \
        LDAP_SEARCH_ROW(target, "query_filter", filter, MAP_PARAM_FILLED, its_filter)

/*
 * Makes settings out of what was loaded from the file at `path`. They borrow from
 * `params` and the arena; `checks`, and who is told, are the caller's to set. false
 * with "FILE:LINE: name: what, and what was expected" in *error_r.
 */
bool ldap_params_settings(struct ldap_params *params, const char *path,
                          struct arena *arena, struct directory_settings *settings_r,
                          struct buf *error_r);

/* Called for each thing in the file that is no error and yet not as it should be. */
typedef void ldap_params_remark(void *arg, const char *line);
void ldap_params_review(const struct ldap_params *params, const char *path,
                        ldap_params_remark *remark, void *arg);

/* Overwrites the password. */
void ldap_params_wipe(struct ldap_params *params);

#endif
