/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - the command line, read over one table of options. */
#ifndef SENDAS_CTL_OPTIONS_H
#define SENDAS_CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum option_id {
    OPTION_CONFIG,
    OPTION_STORE,
    OPTION_JSON,
    OPTION_FROM,
    OPTION_TO,
    OPTION_LOGIN,
    OPTION_MAIL_FROM,
    OPTION_MAIL_ADDR,
    OPTION_CLIENT,
    OPTION_CLIENT_NAME,
    OPTION_DAEMON,
    OPTION_MECHANISM,
    OPTION_TLS,
    OPTION_CERT_SUBJECT,
    OPTION_CERT_ISSUER,
    OPTION_AUTH_PARAM,
    OPTION_HOST,
    OPTION_SMTPUTF8,
    OPTION_POSTFIX,
    OPTION_SENDMAIL,
    OPTION_SERVICE,
    OPTION_AUTHD_CONFIG,
    OPTION_ACCOUNTS,
    OPTION_GENERATE,
    OPTION_NO_RULES,
    OPTION_REMOVE,
    OPTION_UNTIL,
    OPTION_ON_BEHALF,
    OPTION_RESEND,
    OPTION_DENY,
    OPTION_RIGHT,
    OPTION_USE,
    OPTION_UPDATE,
    OPTION_SKIP,
    OPTION_DRY_RUN,
    OPTION_SINCE,
    OPTION_JOURNAL,
    OPTION_RULES,
    OPTION_REPLAY,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

#define OPTION_BIT(id) (UINT64_C(1) << (id))

/* What every command takes. */
#define OPTIONS_GLOBAL                                                                 \
    (OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_STORE) | OPTION_BIT(OPTION_HELP) |  \
     OPTION_BIT(OPTION_VERSION))

/* What every command takes that has to do with accounts. */
#define OPTIONS_ACCOUNTS (OPTION_BIT(OPTION_AUTHD_CONFIG) | OPTION_BIT(OPTION_ACCOUNTS))

/* One row an option, in the order of the help text. */
struct option_row {
    const char *name;
    char letter;          /* its short form, 0 for none */
    const char *argument; /* what to call its argument, NULL when it takes none */
    const char *help;
};

extern const struct option_row option_rows[OPTION_COUNT];

/* The options that were given; the values are the words of the command line. */
struct options {
    uint64_t given; /* OPTION_BIT()s */
    const char *value[OPTION_COUNT];
};

/*
 * Reads the options, wherever they stand between the other words, and moves those words
 * to the end of argv; "--" ends the options. Returns the index of the first of them, -1
 * after a complaint: unknown, without its argument, or given twice.
 */
int options_read(int argc, char **argv, struct options *options_r);

bool options_has(const struct options *options, enum option_id id);

#endif
