/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/options.h"

#include <getopt.h>

#include "ctl/output.h"

const struct option_row option_rows[OPTION_COUNT] = {
    [OPTION_CONFIG] = {"config", 'c', "FILE",
                       "the configuration (default: " SYSCONFDIR
                       "/sendas/sendas.conf)"},
    [OPTION_STORE] = {"store", 0, "FILE",
                      "the grants file instead of the configured one"},
    [OPTION_JSON] = {"json", 0, NULL, "print JSON for scripts"},
    [OPTION_FROM] = {"from", 0, "FORMAT", "the format of the file, see above"},
    [OPTION_TO] = {"to", 0, "FORMAT", "the format to write, see above"},
    [OPTION_LOGIN] = {"login", 0, "LOGIN",
                      "who authenticated; '' for a client that did not"},
    [OPTION_MAIL_FROM] = {"mail-from", 0, "ADDRESS",
                          "the envelope sender as typed; '' for the empty one"},
    [OPTION_MAIL_ADDR] = {"mail-addr", 0, "ADDRESS",
                          "the envelope sender as the MTA resolved it"},
    [OPTION_CLIENT] = {"client", 0, "IP",
                       "the client's address; 'local' for a program of this machine"},
    [OPTION_CLIENT_NAME] = {"client-name", 0, "NAME",
                            "its host name as the MTA verified it"},
    [OPTION_DAEMON] = {"daemon", 0, "NAME",
                       "the MTA's service ({daemon_name}) that took the mail"},
    [OPTION_MECHANISM] = {"mechanism", 0, "NAME", "how it authenticated, as PLAIN"},
    [OPTION_TLS] = {"tls", 0, "VERSION", "its TLS version, as TLSv1.3"},
    [OPTION_CERT_SUBJECT] = {"cert-subject", 0, "NAME",
                             "the subject of its verified certificate"},
    [OPTION_CERT_ISSUER] = {"cert-issuer", 0, "NAME", "the issuer of that"},
    [OPTION_AUTH_PARAM] = {"auth-param", 0, "ADDRESS", "AUTH= of MAIL FROM, decoded"},
    [OPTION_HOST] = {"host", 0, "NAME", "the MTA's own name"},
    [OPTION_SMTPUTF8] = {"smtputf8", 0, NULL, "SMTPUTF8 stands in MAIL FROM"},
    [OPTION_POSTFIX] = {"postfix", 0, "DIR",
                        "Postfix's configuration directory (default: its own)"},
    [OPTION_SENDMAIL] = {"sendmail", 0, "FILE",
                         "look at this sendmail.cf, not at Postfix"},
    [OPTION_SERVICE] = {"service", 0, "NAME",
                        "look at this service alone, as in master.cf, or this "
                        "daemon (Name=)"},
    [OPTION_AUTHD_CONFIG] = {"authd-config", 0, "FILE",
                             "that of sendas-authd (default: " SYSCONFDIR
                             "/sendas/authd.conf)"},
    [OPTION_ACCOUNTS] = {"accounts", 0, "FILE",
                         "the accounts file instead of the configured one"},
    [OPTION_GENERATE] = {"generate", 0, NULL, "make a password and print it once"},
    [OPTION_NO_RULES] = {"no-rules", 0, NULL,
                         "take a password that breaks the rules (root only)"},
    [OPTION_REMOVE] = {"remove", 0, NULL, "take away instead of adding"},
    [OPTION_UNTIL] = {"until", 0, "WHEN",
                      "the last time: 2030-12-31, or from now on +30d, +12h, +2w"},
    [OPTION_ON_BEHALF] = {"on-behalf", 0, NULL,
                          "as the author alone, with a Sender of the login's own"},
    [OPTION_RESEND] = {"resend", 0, NULL,
                       "in Resent-From, above what others have written"},
    [OPTION_DENY] = {"deny", 0, NULL, "keep the login from it, whatever else says yes"},
    [OPTION_RIGHT] = {"right", 0, "RIGHT",
                      "ask for send-as (the default), on-behalf or resend"},
    [OPTION_USE] = {"use", 0, "SETTING",
                    "what the map is for: send_as (the default), groups, ..."},
    [OPTION_UPDATE] = {"update", 0, NULL, "change the accounts that are there already"},
    [OPTION_SKIP] = {"skip", 0, NULL, "leave out the lines that are wrong"},
    [OPTION_DRY_RUN] = {"dry-run", 0, NULL, "read and check only, change nothing"},
    [OPTION_SINCE] = {"since", 0, "WHEN",
                      "the first time: 2030-12-31, \"2030-12-31 08:00\", or 7d, 12h, "
                      "2w ago"},
    [OPTION_JOURNAL] = {"journal", 0, NULL, "read the journal of systemd, too"},
    [OPTION_RULES] = {"rules", 0, NULL, "print rules for sendas.conf, no commands"},
    [OPTION_REPLAY] = {"replay", 0, "LOG", "a log whose messages to decide anew"},
    [OPTION_HELP] = {"help", 'h', NULL, "print help on the command and exit"},
    [OPTION_VERSION] = {"version", 'V', NULL, "print the version and exit"},
};

/* Values above every character, so that a long option is told from a letter. */
enum { LONG_BASE = 256 };

/* getopt_long()'s own tables, made from ours. */
struct getopt_tables {
    char letters[2 * OPTION_COUNT + 2];
    struct option longs[OPTION_COUNT + 1];
};

static void tables_fill(struct getopt_tables *tables_r)
{
    char *letter = tables_r->letters;

    *letter++ = ':'; /* tell a missing argument from an unknown option */
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_row *row = &option_rows[id];
        bool argument = row->argument != NULL;

        tables_r->longs[id] =
            (struct option){row->name, argument ? required_argument : no_argument, NULL,
                            LONG_BASE + id};
        if (row->letter == 0)
            continue;
        *letter++ = row->letter;
        if (argument)
            *letter++ = ':';
    }
    *letter = '\0';
    tables_r->longs[OPTION_COUNT] = (struct option){NULL, 0, NULL, 0};
}

/* The option that getopt_long() found, -1 for none of ours. */
static int found_id(int found)
{
    if (found >= LONG_BASE)
        return found - LONG_BASE;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (option_rows[id].letter != 0 && option_rows[id].letter == found)
            return id;
    }
    return -1;
}

/* Says what is wrong with the word that getopt_long() did not like. */
static void complain_of(int found, char *const *argv)
{
    char letter[] = {'-', (char)optopt, '\0'};
    const char *word = optopt > 0 && optopt < LONG_BASE ? letter : argv[optind - 1];

    if (found == ':')
        complain("option %s wants an argument", word);
    else if (optopt >= LONG_BASE)
        complain("option --%s takes no argument", option_rows[optopt - LONG_BASE].name);
    else
        complain("unknown option %s (see sendasctl --help)", word);
}

int options_read(int argc, char **argv, struct options *options_r)
{
    struct getopt_tables tables;
    int found;

    *options_r = (struct options){0};
    tables_fill(&tables);
    opterr = 0;
    while ((found = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) !=
           -1) {
        int id = found_id(found);

        if (id < 0) {
            complain_of(found, argv);
            return -1;
        }
        if (options_has(options_r, id)) {
            complain("option --%s is given twice", option_rows[id].name);
            return -1;
        }
        options_r->given |= OPTION_BIT(id);
        options_r->value[id] = optarg;
    }
    return optind;
}

bool options_has(const struct options *options, enum option_id id)
{
    return (options->given & OPTION_BIT(id)) != 0;
}
