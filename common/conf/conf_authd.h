/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_authd.h - the configuration of sendas-authd as plain structs. */
#ifndef SENDAS_CONF_CONF_AUTHD_H
#define SENDAS_CONF_CONF_AUTHD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "conf/conf_head.h"

/* Limits of 0 are switched off; times are in seconds. */
struct conf_guessing {
    int max_failures;
    int max_network_failures;
    int max_challenges;
    int window;
    int lock;
    int delay_max;
    int ipv4_prefix;
    int ipv6_prefix;
    int table;
};

/* What sendas-authd.conf(5) says. */
struct conf_authd {
    struct conf_head head;

    struct strlist lookup_sockets;
    struct strlist saslauthd_sockets;
    int socket_mode;
    const char *socket_group;
    struct strlist peers;
    const char *user;
    const char *pid_file;
    int log_to; /* enum log_to */
    int log_facility;
    bool log_accepted;

    const char *accounts;
    const char *key_file;
    struct strlist credentials;
    const char *login_domain;
    bool case_sensitive_login;
    bool challenge_mechanisms;

    struct strlist schemes;
    int scram_iterations;
    int pbkdf2_iterations;
    int argon2_memory;
    int argon2_passes;
    int argon2_lanes;
    int bcrypt_cost;
    int yescrypt_cost;
    int sha_crypt_rounds;
    bool upgrade;

    int request_timeout; /* seconds */
    int lookup_workers;
    int verify_workers; /* 0: as many as there are processors */
    int queue;
    int max_connections;

    struct conf_guessing guessing;
};

/* As conf_kind_load() (conf_table.h) does for the kind below. */
struct conf_authd *conf_authd_load(const char *path, struct buf *error_r);
void conf_authd_destroy(struct conf_authd *conf); /* NULL is allowed */

extern const struct conf_kind conf_kind_authd;

#endif
