/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/format.h"

#include <string.h>

#include "ctl/output.h"

#define FOR_ACCOUNTS                                                                   \
    (OPTIONS_ACCOUNTS | OPTION_BIT(OPTION_UPDATE) | OPTION_BIT(OPTION_SKIP) |          \
     OPTION_BIT(OPTION_DRY_RUN))

const struct format formats[] = {
    {"postfix", "grants: a table for smtpd_sender_login_maps", true, 0, import_grants,
     NULL},
    {"sendas", "grants with right and end, and groups", true, 0, import_grants, NULL},
    {"passwd-file", "accounts: Dovecot's passwd-file", false, FOR_ACCOUNTS,
     import_accounts, source_passwd_file},
    {"shadow", "accounts: shadow(5)", false, FOR_ACCOUNTS, import_accounts,
     source_shadow},
    {"htpasswd", "accounts: Apache's htpasswd", false, FOR_ACCOUNTS, import_accounts,
     source_htpasswd},
    {"sasldb", "accounts: Cyrus SASL's sasldb2, or db_dump's output of one", false,
     FOR_ACCOUNTS, import_sasldb, source_sasldb},
    {"csv", "accounts: comma separated values with a header line", false, FOR_ACCOUNTS,
     import_accounts, source_csv},
    {"sqlite", "accounts: a query on an SQLite database, in a .cf file", false,
     FOR_ACCOUNTS, import_sqlite, NULL},
    {.name = NULL},
};

const struct format *format_find(const char *name, bool exported)
{
    struct buf names = BUF_INIT;

    for (const struct format *format = formats; format->name != NULL; format++) {
        if (exported && !format->exported)
            continue;
        if (strcmp(format->name, name) == 0) {
            buf_finish(&names);
            return format;
        }
        buf_addf(&names, "%s%s", names.len != 0 ? ", " : "", format->name);
    }
    complain("unknown format %s; expected %s", name, buf_str(&names));
    buf_finish(&names);
    return NULL;
}
