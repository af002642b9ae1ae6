/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.h - the milter's configuration as plain structs; to read them takes no parser.
 */
#ifndef SENDAS_CONF_CONF_H
#define SENDAS_CONF_CONF_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "conf/conf_head.h"

enum check_mail_from { MAIL_FROM_OWNED, MAIL_FROM_ANY };
enum check_from { FROM_OWNED, FROM_MAIL_FROM, FROM_DOMAIN, FROM_ANY };
enum check_owned { CHECK_OWNED, CHECK_ANY }; /* sender, resent */
enum null_sender { NULL_SENDER_ALLOW, NULL_SENDER_REJECT };
enum display_name { DISPLAY_NAME_ANY, DISPLAY_NAME_NO_FOREIGN };
enum missing_from { MISSING_FROM_REJECT, MISSING_FROM_ALLOW };
enum on_violation { ON_VIOLATION_REJECT, ON_VIOLATION_DEFER, ON_VIOLATION_LOG };
enum on_lookup_failure {
    ON_LOOKUP_FAILURE_DEFER,
    ON_LOOKUP_FAILURE_ACCEPT,
    ON_LOOKUP_FAILURE_REJECT
};
enum policy_mode { MODE_ENFORCE, MODE_MONITOR };
enum show_login { SHOW_LOGIN_NONE, SHOW_LOGIN_HASHED, SHOW_LOGIN_FULL };
enum show_client { SHOW_CLIENT_FULL, SHOW_CLIENT_NONE };

/* What rules will be able to override: the checks and what follows from them. */
struct conf_policy {
    int mail_from;         /* enum check_mail_from */
    int from;              /* enum check_from */
    int sender;            /* enum check_owned */
    int resent;            /* enum check_owned */
    int display_name;      /* enum display_name */
    int null_sender;       /* enum null_sender */
    int missing_from;      /* enum missing_from */
    int on_violation;      /* enum on_violation */
    int on_lookup_failure; /* enum on_lookup_failure */
    int mode;              /* enum policy_mode */
};

struct conf_received {
    bool add;
    int login;  /* enum show_login */
    int client; /* enum show_client */
    const char *hash_key_file;
};

/* Times in seconds. */
struct conf_cache {
    struct strlist maps; /* types and specs of maps; "none" for none */
    int ttl;
    int negative_ttl;
    int stale;
    int megabytes; /* for each map */
};

/* What sendas.conf(5) says. */
struct conf {
    struct conf_head head;

    const char *listen; /* "unix:PATH", "inet:PORT@ADDRESS" or "inet6:PORT@ADDRESS" */
    int socket_mode;    /* permission bits of a Unix socket */
    const char *socket_group;
    const char *user;
    const char *pid_file;
    const char *control; /* path of a socket, "": none */
    int log_to;          /* enum log_to */
    int log_facility;
    bool log_accepted;

    const char *store;
    struct strlist send_as;
    const char *login_domain;
    const char *recipient_delimiter;
    bool case_sensitive_local_part;

    struct conf_policy policy;
    struct conf_received received;
    struct conf_cache cache;
};

/* As conf_kind_load() (conf_table.h) does for the kind below. */
struct conf *conf_load(const char *path, struct buf *error_r);
void conf_destroy(struct conf *conf); /* NULL is allowed */

extern const struct conf_kind conf_kind_milter;

#endif
