/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/help.h"
#include "ctl/options.h"
#include "ctl/output.h"

#define JSON OPTION_BIT(OPTION_JSON)
#define LOGS                                                                           \
    (OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_JOURNAL))
#define RIGHT                                                                          \
    (OPTION_BIT(OPTION_ON_BEHALF) | OPTION_BIT(OPTION_RESEND) | OPTION_BIT(OPTION_DENY))
#define PASSWORD (OPTION_BIT(OPTION_GENERATE) | OPTION_BIT(OPTION_NO_RULES))

const struct command commands[] = {
    {.name = "init",
     .arguments = "",
     .summary = "make the grants file and the accounts file",
     .help =
         "Makes the grants file with its directory, and the key for hashed logins if\n"
         "one is configured; and the accounts file with its directory and the key of\n"
         "sendas-authd. Made by root, they belong to who needs them: the milter's\n"
         "user may read the grants, sendas-authd's user owns the accounts. Leaves\n"
         "alone what is there already.\n"
         "With options that name one side alone (--config, --store; --authd-config,\n"
         "--accounts), only that side is made. Without, root makes no accounts where\n"
         "there is neither a user for sendas-authd nor an authd.conf.\n",
     .options = OPTIONS_ACCOUNTS,
     .run = cmd_init},
    {.name = "grant",
     .arguments = "LOGIN ADDRESS...",
     .summary = "let a login use addresses",
     .help =
         "Lets LOGIN use each ADDRESS, from the next message on. LOGIN may be '*':\n"
         "anybody who is authenticated; or group:NAME: the members of the group.\n"
         "ADDRESS may be @DOMAIN: every address in it that has no grant of its own;\n"
         "or @.DOMAIN: likewise those in all domains below it. With --deny, LOGIN may\n"
         "not, whatever any other grant or map says. When one word is wrong, nothing\n"
         "is granted.\n",
     .options = RIGHT | OPTION_BIT(OPTION_UNTIL),
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_grant},
    {.name = "revoke",
     .arguments = "LOGIN ADDRESS...",
     .summary = "take addresses from a login",
     .help =
         "Takes back what `grant' gave, with the same options. What was not granted\n"
         "is said, and is no error. When one word is wrong, nothing is revoked.\n",
     .options = RIGHT,
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_revoke},
    {.name = "grants",
     .arguments = "[LOGIN|ADDRESS]",
     .summary = "list grants, by login or address",
     .help =
         "Lists the grants: all of them, or what LOGIN (or group:NAME) may use and\n"
         "who may use ADDRESS. A word that can be both is looked up as both. What its\n"
         "groups and '*' may use is listed for every login. For an address, the\n"
         "grants listed are those that decide: its own, else those of the address\n"
         "without its extension, else those of its @DOMAIN, else those of the domains\n"
         "above it. Grants that have ended are listed as expired and count no more.\n"
         "With --json: a list of {\"address\", \"login\", \"right\", \"created\",\n"
         "\"expires\", \"expired\"}, times in seconds since 1970.\n",
     .options = JSON,
     .max_words = 1,
     .run = cmd_grants},
    {.name = "group add",
     .arguments = "NAME LOGIN...",
     .summary = "put logins into a group",
     .help =
         "Puts each LOGIN into the group, which need not be there. LOGIN may be\n"
         "group:OTHER: its members are members, too. What is granted to group:NAME,\n"
         "in any map, is granted to all members.\n",
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_group_add},
    {.name = "group remove",
     .arguments = "NAME LOGIN...",
     .summary = "take logins out of a group",
     .help = "Takes back what `group add' did.\n",
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_group_remove},
    {.name = "group list",
     .arguments = "[NAME]",
     .summary = "list the members of groups",
     .help = "Lists the members of one group or of all.\n"
             "With --json: a list of {\"group\", \"member\", \"created\"}.\n",
     .options = JSON,
     .max_words = 1,
     .run = cmd_group_list},
    {.name = "group delete",
     .arguments = "NAME",
     .summary = "take all members out of a group",
     .help = "Takes all out of the group. What is granted to group:NAME stays, and is\n"
             "granted to nobody.\n",
     .min_words = 1,
     .max_words = 1,
     .run = cmd_group_delete},
    {.name = "import",
     .arguments = "--from FORMAT FILE",
     .summary = "add grants or accounts from a foreign file",
     .help =
         "postfix: reads the source file of a table for smtpd_sender_login_maps "
         "(lines\n"
         "of ADDRESS LOGIN[,LOGIN...]) and grants all of it. sendas: reads what\n"
         "`export' writes, with other rights, ends and groups.\n"
         "The other formats have accounts: passwd-file (Dovecot), shadow, htpasswd,\n"
         "sasldb (a sasldb2, read by db_dump, or its output), csv (with a header line\n"
         "of login, password, verifier, disabled, aliases), sqlite (FILE is a .cf "
         "with\n"
         "dbpath and a query whose columns have these names). Hashes are taken as\n"
         "they are, passwords are hashed at once. Accounts that are there already\n"
         "stay as they are without --update.\n"
         "When a line is wrong, nothing is imported without --skip. FILE - is "
         "standard\n"
         "input. Exit status: 0 all of it, 1 some of it (--skip), 2 wrong input.\n",
     .options = OPTION_BIT(OPTION_FROM) | OPTIONS_ACCOUNTS | OPTION_BIT(OPTION_UPDATE) |
                OPTION_BIT(OPTION_SKIP) | OPTION_BIT(OPTION_DRY_RUN),
     .min_words = 1,
     .max_words = 1,
     .run = cmd_import},
    {.name = "export",
     .arguments = "[--to FORMAT]",
     .summary = "print all grants and groups",
     .help =
         "Prints the grants and the groups in the form of a Postfix table, with lines\n"
         "that begin with \"!\" for what Postfix knows nothing of: other rights than\n"
         "send-as, grants with an end, groups. `import --from sendas' reads it back.\n"
         "With --to postfix, those are left out, and how many that were is said.\n",
     .options = OPTION_BIT(OPTION_TO),
     .run = cmd_export},
    {.name = "check",
     .arguments = "LOGIN ADDRESS",
     .summary = "may this login use this address?",
     .help =
         "Asks the configured maps as the milter does, by default those of send_as,\n"
         "and says which map and which row decided. Exit status: 0 yes, 1 no, 75 could "
         "not tell.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n",
     .options = JSON | OPTION_BIT(OPTION_RIGHT),
     .min_words = 2,
     .max_words = 2,
     .run = cmd_check},
    {.name = "config check",
     .arguments = "[FILE]",
     .summary = "look for mistakes in the configuration",
     .help =
         "Loads the configuration, opens each map and asks it once - as the milter's\n"
         "user when started by root - and looks at who may read and write the files.\n"
         "Then the same for sendas-authd's configuration, if there is one.\n"
         "One line a problem. Exit status: 0 none, 2 some.\n",
     .options = JSON | OPTIONS_ACCOUNTS,
     .max_words = 1,
     .run = cmd_config_check},
    {.name = "config diff",
     .arguments = "OLD NEW [--replay LOG...]",
     .summary = "what differs between two configurations?",
     .help =
         "Lists the settings and rules of sendas.conf(5) that differ between the two\n"
         "files: - as OLD has it, + as NEW has it. Settings outside of rules are\n"
         "compared with their defaults filled in, rules as they are written.\n"
         "With --replay, each message of a log (files as `report' reads them; further\n"
         "ones may stand behind) is decided anew by both, with the maps of now, and\n"
         "those are listed that NEW decides differently. What the log does not tell "
         "is\n"
         "counted, and not guessed. --until takes a day or a time as --since does.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n"
         "Exit status: 0 nothing differs, 1 something does, 2 a mistake in a file, 75\n"
         "a map could not be asked about some messages.\n",
     .options = JSON | LOGS | OPTION_BIT(OPTION_REPLAY),
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_config_diff},
    {.name = "config options",
     .arguments = "",
     .summary = "list the settings of sendas.conf",
     .help =
         "Lists every setting of sendas.conf(5) with its default and what it allows.\n",
     .options = JSON,
     .run = cmd_config_options},
    {.name = "explain",
     .arguments = "--login LOGIN --mail-from ADDRESS [FILE]",
     .summary = "what would the milter do, and why?",
     .help =
         "Reads a message from FILE or standard input and says what the milter would\n"
         "decide and why, by the same function. The header is split into fields as an\n"
         "MTA does; a line that is no field ends it. A field that cannot be read is\n"
         "shown with a caret under the byte where reading stopped.\n"
         "Exit status: 0 accepted, 1 a violation (also when the configuration lets it\n"
         "pass), 2 wrong usage or configuration, 75 a lookup failed.\n",
     .options = JSON | OPTION_BIT(OPTION_LOGIN) | OPTION_BIT(OPTION_MAIL_FROM) |
                OPTION_BIT(OPTION_MAIL_ADDR) | OPTION_BIT(OPTION_CLIENT) |
                OPTION_BIT(OPTION_CLIENT_NAME) | OPTION_BIT(OPTION_DAEMON) |
                OPTION_BIT(OPTION_MECHANISM) | OPTION_BIT(OPTION_TLS) |
                OPTION_BIT(OPTION_CERT_SUBJECT) | OPTION_BIT(OPTION_CERT_ISSUER) |
                OPTION_BIT(OPTION_AUTH_PARAM) | OPTION_BIT(OPTION_HOST) |
                OPTION_BIT(OPTION_SMTPUTF8),
     .max_words = 1,
     .run = cmd_explain},
    {.name = "report",
     .arguments = "[FILE...]",
     .summary = "what does the log say of each login?",
     .help =
         "Reads what sendas-milter logged, text or JSON, from each FILE (- is "
         "standard\n"
         "input, which is read when there is no FILE) or the journal, and says for "
         "each\n"
         "login what was refused, or would be in monitor mode: why, how often, when\n"
         "and from where. Lines of other programs are passed over. For mail without a\n"
         "login: by client. --until takes a day or a time as --since does.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n",
     .options = JSON | LOGS | OPTION_BIT(OPTION_LOGIN),
     .max_words = ANY_WORDS,
     .run = cmd_report},
    {.name = "suggest",
     .arguments = "[FILE...]",
     .summary = "which grants would let logged mail pass?",
     .help =
         "Reads a log as `report' does, decides anew about each message by the\n"
         "configuration and the grants of now, and prints the commands and the rules\n"
         "that would let it pass: to be read, and what must not be taken out, before\n"
         "it is run with sh(1). What looks forged is a comment. With --rules: just "
         "the\n"
         "rules, as text for sendas.conf. --until takes a day or a time as --since\n"
         "does.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n"
         "Exit status: 0 done, 75 a map could not be asked about some messages.\n",
     .options = JSON | LOGS | OPTION_BIT(OPTION_LOGIN) | OPTION_BIT(OPTION_RULES),
     .max_words = ANY_WORDS,
     .run = cmd_suggest},
    {.name = "status",
     .arguments = "",
     .summary = "what the running milter says of itself",
     .help = "Asks the running sendas-milter for its version, its process, when it "
             "read its\n"
             "configuration, and for each map that is cached (the block cache in\n"
             "sendas.conf(5)) what was asked and what is kept.\n"
             "With --json: one object, whose keys sendasctl(8) describes.\n"
             "Exit status: 0 it answered, 75 it did not.\n",
     .options = JSON,
     .run = cmd_status},
    {.name = "flush",
     .arguments = "[ADDRESS]",
     .summary = "have the running milter ask its maps anew",
     .help =
         "Empties the caches of the running sendas-milter, so that a grant that was\n"
         "changed in a cached map counts at once. With ADDRESS, which may be @DOMAIN,\n"
         "just the answers are forgotten that say who owns it.\n"
         "Exit status: 0 done, 75 the milter did not answer.\n",
     .max_words = 1,
     .run = cmd_flush},
    {.name = "map query",
     .arguments = "MAP KEY...",
     .summary = "ask a map for keys, as `postmap -q' does",
     .help =
         "Opens MAP (TYPE:NAME as in send_as, whether it is named there or not) and\n"
         "prints the values of each KEY, parted by commas; with several keys, each\n"
         "behind its key and a tab. KEY - is all lines of standard input. A key is\n"
         "looked up as it stands: `map test' makes the keys of an address.\n"
         "With --use, as a map of another setting: groups, alias_domains, deny, ...\n"
         "With --json: an object for each key.\n"
         "Exit status: 0 found, 1 none of them found, 75 could not tell.\n",
     .options = JSON | OPTION_BIT(OPTION_USE),
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_map_query},
    {.name = "map test",
     .arguments = "MAP ADDRESS",
     .summary = "how does a map find the owners of an address?",
     .help =
         "Looks ADDRESS up in MAP as the milter does, and shows each step: the keys,\n"
         "for LDAP the server that answered, its searches, each entry and whether it\n"
         "is believed, its values and what becomes of them; for SQLite the rows.\n"
         "With --use groups, ADDRESS is the name of a group; with --use "
         "alias_domains,\n"
         "a domain.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n"
         "Exit status: 0 it has owners, 1 it has none, 75 could not tell.\n",
     .options = JSON | OPTION_BIT(OPTION_USE),
     .min_words = 2,
     .max_words = 2,
     .run = cmd_map_test},
    {.name = "mta-check",
     .arguments = "",
     .summary = "do the MTA's settings let the filter work?",
     .help =
         "Asks postconf(1) for the settings of Postfix, or reads a sendmail.cf, and\n"
         "looks at those that matter:\n"
         "is the filter asked wherever clients log in, can smtpd reach it, does mail\n"
         "wait while it is away, and can anything pass it by? One line each: what was\n"
         "found, why it matters, what to do. Notes are no warnings.\n"
         "Exit status: 0 nothing to warn of, 1 warnings, 2 wrong usage or\n"
         "configuration, 75 postconf could not be run, or the file not be read.\n",
     .options = JSON | OPTION_BIT(OPTION_POSTFIX) | OPTION_BIT(OPTION_SENDMAIL) |
                OPTION_BIT(OPTION_SERVICE),
     .run = cmd_mta_check},
    {.name = "reasons",
     .arguments = "",
     .summary = "list the reasons for a refusal",
     .help =
         "Lists the reasons that stand in replies, log lines and JSON, each with what\n"
         "it means.\n",
     .options = JSON,
     .run = cmd_reasons},
    {.name = "user add",
     .arguments = "LOGIN",
     .summary = "make an account",
     .help =
         "Makes an account for sendas-authd. The password is asked for twice on a\n"
         "terminal, else it is one line of standard input; it is prepared (RFC 8265),\n"
         "has to keep the rules of pwquality.conf(5), and is stored as the verifiers\n"
         "that the setting schemes names.\n"
         "Exit status: 0 done, 1 there is such an account, 2 no good password.\n",
     .options = OPTIONS_ACCOUNTS | PASSWORD,
     .min_words = 1,
     .max_words = 1,
     .run = cmd_user_add},
    {.name = "user passwd",
     .arguments = "LOGIN",
     .summary = "set the password of an account",
     .help =
         "Sets a new password, which is got as by `user add'. Application passwords\n"
         "stay.\n",
     .options = OPTIONS_ACCOUNTS | PASSWORD,
     .min_words = 1,
     .max_words = 1,
     .run = cmd_user_passwd},
    {.name = "user delete",
     .arguments = "LOGIN...",
     .summary = "delete accounts",
     .help =
         "Deletes each account with its aliases and application passwords, or none\n"
         "when one of them is not there. Grants stay.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 1,
     .max_words = ANY_WORDS,
     .run = cmd_user_delete},
    {.name = "user disable",
     .arguments = "LOGIN...",
     .summary = "keep accounts from logging in",
     .help = "Nobody logs in to a disabled account, whatever the password. Whoever is\n"
             "logged in stays so until the connection ends.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 1,
     .max_words = ANY_WORDS,
     .run = cmd_user_disable},
    {.name = "user enable",
     .arguments = "LOGIN...",
     .summary = "let disabled accounts log in again",
     .help = "Takes back what `user disable' did.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 1,
     .max_words = ANY_WORDS,
     .run = cmd_user_enable},
    {.name = "user list",
     .arguments = "",
     .summary = "list the accounts",
     .help = "Lists all accounts with the schemes of their verifiers.\n"
             "With --json: a list of objects, whose keys sendasctl(8) describes.\n",
     .options = OPTIONS_ACCOUNTS | JSON,
     .run = cmd_user_list},
    {.name = "user show",
     .arguments = "LOGIN",
     .summary = "show all of one account",
     .help =
         "Shows the account of the login or alias: what its verifiers are (never the\n"
         "verifiers), aliases, attributes, application passwords, and its locks if\n"
         "sendas-authd runs and answers.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n",
     .options = OPTIONS_ACCOUNTS | JSON,
     .min_words = 1,
     .max_words = 1,
     .run = cmd_user_show},
    {.name = "user alias",
     .arguments = "LOGIN ALIAS...",
     .summary = "let an account log in under more names",
     .help =
         "Makes each ALIAS another login of the account, with the same password; it\n"
         "counts as LOGIN everywhere else. With --remove it is one no more. When\n"
         "one word is wrong or taken, nothing is changed.\n",
     .options = OPTIONS_ACCOUNTS | OPTION_BIT(OPTION_REMOVE),
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_user_alias},
    {.name = "user set",
     .arguments = "LOGIN NAME [VALUE]",
     .summary = "set an attribute of an account",
     .help = "Sets what a program gets that asks libsasl2 for the auxiliary property\n"
             "NAME of the login; without VALUE it is taken away.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 2,
     .max_words = 3,
     .run = cmd_user_set},
    {.name = "user app add",
     .arguments = "LOGIN LABEL",
     .summary = "make an application password",
     .help =
         "Makes one more password for the account and prints it, this once. It\n"
         "serves mechanisms that send the password (PLAIN, LOGIN), and has an end and\n"
         "a switch of its own.\n",
     .options = OPTIONS_ACCOUNTS | OPTION_BIT(OPTION_UNTIL),
     .min_words = 2,
     .max_words = 2,
     .run = cmd_user_app_add},
    {.name = "user app list",
     .arguments = "LOGIN",
     .summary = "list the application passwords of an account",
     .help = "With --json: a list of {\"label\", \"created\", \"expires\", "
             "\"disabled\"}.\n",
     .options = OPTIONS_ACCOUNTS | JSON,
     .min_words = 1,
     .max_words = 1,
     .run = cmd_user_app_list},
    {.name = "user app delete",
     .arguments = "LOGIN LABEL",
     .summary = "delete an application password",
     .help = "Deletes it for good.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 2,
     .max_words = 2,
     .run = cmd_user_app_delete},
    {.name = "user app disable",
     .arguments = "LOGIN LABEL",
     .summary = "switch an application password off",
     .help = "The other passwords of the account go on.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 2,
     .max_words = 2,
     .run = cmd_user_app_disable},
    {.name = "user app enable",
     .arguments = "LOGIN LABEL",
     .summary = "switch an application password on again",
     .help = "Takes back what `user app disable' did.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 2,
     .max_words = 2,
     .run = cmd_user_app_enable},
    {.name = "user locks",
     .arguments = "",
     .summary = "list what is locked against guessing",
     .help = "Asks the running sendas-authd for the logins and networks that it has\n"
             "locked after too many failures, and until when.\n"
             "With --json: a list of {\"name\", \"until\"}, in seconds since 1970.\n",
     .options = OPTIONS_ACCOUNTS | JSON,
     .run = cmd_user_locks},
    {.name = "user unlock",
     .arguments = "LOGIN|ADDRESS",
     .summary = "end the locks of a login or a client",
     .help = "Has the running sendas-authd forget the failures of LOGIN, or those from "
             "the\n"
             "network of the client with this IP address.\n",
     .options = OPTIONS_ACCOUNTS,
     .min_words = 1,
     .max_words = 1,
     .run = cmd_user_unlock},
    {.name = NULL},
};

/* Does the command line begin with the command's name? Returns its words, 0 if not. */
static int name_match(const char *name, int count, char **words)
{
    int matched = 0;

    while (*name != '\0') {
        size_t len = strcspn(name, " ");

        if (matched == count || strlen(words[matched]) != len ||
            memcmp(words[matched], name, len) != 0)
            return 0;
        matched++;
        name += len;
        name += *name == ' ';
    }
    return matched;
}

static const struct command *command_find(int count, char **words, int *used_r)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        *used_r = name_match(command->name, count, words);
        if (*used_r != 0)
            return command;
    }
    return NULL;
}

/*
 * What a command's name has behind these words, as in "check" of "config check" behind
 * "config"; NULL if it does not begin with them, or ends with them.
 */
static const char *name_rest(const char *name, int count, char **words)
{
    for (int i = 0; i < count; i++) {
        size_t len = strlen(words[i]);

        if (len == 0 || strncmp(name, words[i], len) != 0 || name[len] != ' ')
            return NULL;
        name += len + 1;
    }
    return name;
}

/* Lists the commands that begin with these words; false: there are none. */
static bool family_help_print(int count, char **words)
{
    bool any = false;

    for (const struct command *command = commands; command->name != NULL; command++) {
        if (name_rest(command->name, count, words) == NULL)
            continue;
        help_print_line(command);
        any = true;
    }
    if (any)
        puts("\n`sendasctl COMMAND --help' tells more of each, sendasctl(8) of all.");
    return any;
}

/* Appends the words that may follow these, "a, b or c". */
static void next_words_add(int count, char **words, struct buf *out)
{
    const char *last = NULL;
    size_t last_len = 0;

    for (const struct command *command = commands; command->name != NULL; command++) {
        const char *rest = name_rest(command->name, count, words);
        size_t len = rest != NULL ? strcspn(rest, " ") : 0;

        /* The commands of a family stand together in the table. */
        if (rest == NULL ||
            (last != NULL && len == last_len && strncmp(last, rest, len) == 0))
            continue;
        if (last != NULL)
            buf_addf(out, "%s%.*s", out->len != 0 ? ", " : "", (int)last_len, last);
        last = rest;
        last_len = len;
    }
    if (last != NULL)
        buf_addf(out, "%s%.*s", out->len != 0 ? " or " : "", (int)last_len, last);
}

/* Says why no command was found: the last word that can be one wants another. */
static void complain_of_command(int count, char **words)
{
    struct buf next = BUF_INIT, before = BUF_INIT;
    int known = count;

    if (count == 0) {
        complain("a command is missing (see sendasctl --help)");
        return;
    }
    for (; known > 0 && next.len == 0; known--)
        next_words_add(known, words, &next);
    if (next.len == 0) {
        complain("unknown command %s (see sendasctl --help)", words[0]);
    } else {
        for (int i = 0; i <= known; i++)
            buf_addf(&before, "%s%s", i != 0 ? " " : "", words[i]);
        complain("%s wants one more word: %s", buf_str(&before), buf_str(&next));
    }
    buf_finish(&before);
    buf_finish(&next);
}

/* May the command run with these options and this many words? */
static bool usage_check(const struct command *command, const struct options *options,
                        int count)
{
    uint64_t foreign = options->given & ~(command->options | OPTIONS_GLOBAL);

    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((foreign & OPTION_BIT(id)) != 0) {
            complain("%s takes no option --%s", command->name, option_rows[id].name);
            return false;
        }
    }
    if (count >= command->min_words &&
        (command->max_words == ANY_WORDS || count <= command->max_words))
        return true;
    complain("too %s arguments; usage: sendasctl %s%s%s",
             count < command->min_words ? "few" : "many", command->name,
             command->arguments[0] != '\0' ? " " : "", command->arguments);
    return false;
}

static int run(int argc, char **argv)
{
    struct options options;
    const struct command *command;
    int first = options_read(argc, argv, &options);
    int used = 0;

    if (first < 0)
        return EXIT_WRONG;
    if (options_has(&options, OPTION_VERSION)) {
        puts("sendasctl " PACKAGE_VERSION);
        return EXIT_DONE;
    }
    command = command_find(argc - first, argv + first, &used);
    if (command == NULL && options_has(&options, OPTION_HELP)) {
        if (first == argc) {
            help_print_all();
            return EXIT_DONE;
        }
        if (family_help_print(argc - first, argv + first))
            return EXIT_DONE;
    }
    if (command == NULL) {
        complain_of_command(argc - first, argv + first);
        return EXIT_WRONG;
    }
    if (options_has(&options, OPTION_HELP)) {
        help_print(command);
        return EXIT_DONE;
    }
    first += used;
    if (!usage_check(command, &options, argc - first))
        return EXIT_WRONG;
    return command->run(&options, argc - first, argv + first);
}

int main(int argc, char **argv)
{
    int status;

    /* A reader that went away is an error to report, not a silent end. */
    signal(SIGPIPE, SIG_IGN);
    status = run(argc, argv);
    return output_finish() ? status : EXIT_OUTPUT;
}
