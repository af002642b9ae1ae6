/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.h - the milter's configuration as plain structs; to read them takes no parser.
 */
#ifndef SENDAS_CONF_CONF_H
#define SENDAS_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "conf/conf_head.h"

enum check_mail_from { MAIL_FROM_OWNED, MAIL_FROM_ANY };
enum check_from { FROM_OWNED, FROM_MAIL_FROM, FROM_DOMAIN, FROM_ANY };
enum check_owned { CHECK_OWNED, CHECK_ANY }; /* sender, resent, reply_to */
enum null_sender { NULL_SENDER_ALLOW, NULL_SENDER_REJECT };
enum display_name { DISPLAY_NAME_ANY, DISPLAY_NAME_NO_FOREIGN };
enum missing_from { MISSING_FROM_REJECT, MISSING_FROM_ADD, MISSING_FROM_ALLOW };
enum auth_param { AUTH_PARAM_IGNORE, AUTH_PARAM_OWNED };
enum unauthenticated {
    UNAUTHENTICATED_PASS,
    UNAUTHENTICATED_PROTECT_OWNED,
    UNAUTHENTICATED_REJECT
};
enum on_violation {
    ON_VIOLATION_REJECT,
    ON_VIOLATION_DEFER,
    ON_VIOLATION_QUARANTINE,
    ON_VIOLATION_DISCARD,
    ON_VIOLATION_REWRITE,
    ON_VIOLATION_ADD_SENDER,
    ON_VIOLATION_TAG,
    ON_VIOLATION_LOG
};
enum on_lookup_failure {
    ON_LOOKUP_FAILURE_DEFER,
    ON_LOOKUP_FAILURE_ACCEPT,
    ON_LOOKUP_FAILURE_REJECT
};
enum policy_mode { MODE_ENFORCE, MODE_MONITOR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum show_login { SHOW_LOGIN_NONE, SHOW_LOGIN_HASHED, SHOW_LOGIN_FULL };
enum show_client { SHOW_CLIENT_FULL, SHOW_CLIENT_NONE };

/* What a rule may override: the checks and what follows from them. */
struct conf_policy {
    int mail_from;         /* enum check_mail_from */
    int from;              /* enum check_from */
    int sender;            /* enum check_owned */
    int resent;            /* enum check_owned */
    int reply_to;          /* enum check_owned */
    int display_name;      /* enum display_name */
    int null_sender;       /* enum null_sender */
    int missing_from;      /* enum missing_from */
    int auth_param;        /* enum auth_param */
    int unauthenticated;   /* enum unauthenticated */
    int on_violation;      /* enum on_violation */
    int on_lookup_failure; /* enum on_lookup_failure */
    int mode;              /* enum policy_mode */
    const char
        *own_address;  /* what rewrite and add-sender put in, "": see own_address() */
    const char *reply; /* text of the reply with {placeholders}, "": the usual one */
    const char *help_url; /* "": none */
};

enum rule_authenticated {
    RULE_AUTHENTICATED_ANY,
    RULE_AUTHENTICATED_YES,
    RULE_AUTHENTICATED_NO
};
enum min_tls {
    MIN_TLS_NONE,
    MIN_TLS_ANY,
    MIN_TLS_1_0,
    MIN_TLS_1_1,
    MIN_TLS_1_2,
    MIN_TLS_1_3
};

/* One rule "name" { ... }. A condition that is an empty list holds always. */
struct conf_rule {
    const char *name;
    int line; /* where the block begins */
    /* Where each setting of the block stands, by the number of its row; 0: it is the
     * top level's. See conf_titled.h. */
    const int *lines;
    struct strlist logins; /* logins, and group:NAME */
    struct strlist
        login_domains;      /* "example.org", ".example.org" for what is below it */
    struct strlist clients; /* addresses and networks in CIDR form, "local" */
    struct strlist client_names;  /* verified host names, ".example.org" for domains */
    struct strlist daemons;       /* {daemon_name} */
    struct strlist mechanisms;    /* {auth_type} */
    struct strlist cert_subjects; /* {cert_subject} of a verified certificate */
    int authenticated;            /* enum rule_authenticated */
    int min_tls;                  /* enum min_tls */
    /* Who a client counts as that has not logged in: a login, or "mail-from" for the
     * address that the client gives as the envelope sender; "": nobody. */
    const char *identity;
    struct conf_policy
        policy; /* what is in force: the rule's own, else the top level's */
};

/* The field Authentication-Results (RFC 8601). */
struct conf_results {
    bool add;
    const char *authserv_id; /* "": the MTA's host name */
    int login;               /* enum show_login */
};

struct conf_received {
    bool add;
    bool unauthenticated; /* also to mail of clients that nobody knows */
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
    int log_format; /* enum log_format */
    bool log_accepted;

    const char *store;
    struct strlist send_as;       /* maps of owners */
    struct strlist on_behalf;     /* maps of who may name another as author */
    struct strlist resend;        /* maps of who may send on what others wrote */
    struct strlist deny;          /* maps of who may not, whatever the others say */
    struct strlist groups;        /* maps from a group's name to its members */
    struct strlist alias_domains; /* maps from a domain to the one it stands for */
    const char *login_domain;
    const char *recipient_delimiter;
    bool case_sensitive_local_part;

    struct conf_policy policy;
    struct conf_rule *rules;
    size_t rule_count;
    const char *tag_field; /* name of the field that on_violation = tag adds */
    bool monitor_field;    /* add it in monitor mode, too */
    struct conf_received received;
    struct conf_results results;
    struct conf_cache cache;
};

/* As conf_kind_load() (conf_table.h) does for the kind below. */
struct conf *conf_load(const char *path, struct buf *error_r);
void conf_destroy(struct conf *conf); /* NULL is allowed */

extern const struct conf_kind conf_kind_milter;

#endif
