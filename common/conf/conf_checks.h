/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_checks.h - settings, words and checks of values that several files share. */
#ifndef SENDAS_CONF_CONF_CHECKS_H
#define SENDAS_CONF_CONF_CHECKS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/names.h"
#include "conf/conf_table.h"

/* The words of log_to and log_facility; the default stands first. */
extern const struct name_row conf_log_to_words[];
extern const struct name_row conf_log_facility_words[];

/* What the checks below let pass, for a row's `expected`. */
#define CONF_PATH_EXPECTED "an absolute path"
#define CONF_DOMAIN_EXPECTED "a domain such as example.org, or \"\" for none"

/* Each is a row's `check`. */
bool conf_check_not_empty(const char *text, struct buf *why_r);
bool conf_check_path(const char *text, struct buf *why_r);
bool conf_check_path_or_empty(const char *text, struct buf *why_r);
bool conf_check_socket(const char *text, struct buf *why_r); /* a path for a socket */
bool conf_check_socket_or_empty(const char *text, struct buf *why_r);
bool conf_check_domain_or_empty(const char *text, struct buf *why_r);

/*
 * Rows of settings that mean the same for every daemon. `at` is the offset of the
 * field; what differs is given.
 */
#define CONF_ROW_SOCKET_MODE(at, what)                                                 \
    {                                                                                  \
        .name = "socket_mode", .type = CONF_OCTAL, .change = CONF_AT_START,            \
        .offset = (at), .initial = "0660",                                             \
        .expected = "an octal file mode such as 0660, at most 0777",                   \
        .description = "permissions of " what                                          \
    }
#define CONF_ROW_SOCKET_GROUP(at, what)                                                \
    {                                                                                  \
        .name = "socket_group", .type = CONF_STRING, .change = CONF_AT_START,          \
        .offset = (at), .initial = "",                                                 \
        .expected = "the name of a group, or \"\" for the user's own",                 \
        .description = "group of " what ", such as the MTA's"                          \
    }
#define CONF_ROW_USER(at, default_user)                                                \
    {                                                                                  \
        .name = "user", .type = CONF_STRING, .change = CONF_AT_START, .offset = (at),  \
        .initial = default_user, .expected = "the name of a user",                     \
        .description = "user to run as when started as root",                          \
        .check = conf_check_not_empty                                                  \
    }
#define CONF_ROW_PID_FILE(at, default_path)                                            \
    {                                                                                  \
        .name = "pid_file", .type = CONF_STRING, .change = CONF_AT_START,              \
        .offset = (at), .initial = default_path,                                       \
        .expected = CONF_PATH_EXPECTED ", or \"\" for none",                           \
        .description = "where the process id goes when started with -d",               \
        .check = conf_check_path_or_empty                                              \
    }
#define CONF_ROW_LOG_TO(at)                                                            \
    {                                                                                  \
        .name = "log_to", .type = CONF_WORD, .change = CONF_AT_START, .offset = (at),  \
        .initial = "auto", .words = conf_log_to_words,                                 \
        .description = "where log lines go"                                            \
    }
#define CONF_ROW_LOG_FACILITY(at)                                                      \
    {                                                                                  \
        .name = "log_facility", .type = CONF_WORD, .change = CONF_AT_START,            \
        .offset = (at), .initial = "mail", .words = conf_log_facility_words,           \
        .description = "facility of syslog"                                            \
    }
#define CONF_ROW_LOGIN_DOMAIN(at)                                                      \
    {                                                                                  \
        .name = "login_domain", .type = CONF_STRING, .offset = (at), .initial = "",    \
        .expected = CONF_DOMAIN_EXPECTED,                                              \
        .description = "domain that completes a login without one",                    \
        .check = conf_check_domain_or_empty                                            \
    }

#endif
