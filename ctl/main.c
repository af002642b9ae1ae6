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

const struct command commands[] = {
    {.name = "init",
     .arguments = "",
     .summary = "make the grants file",
     .help =
         "Makes the grants file with its directory, and the key for hashed logins if\n"
         "one is configured. Made by root, the milter's user may read them. Leaves\n"
         "alone what is there already.\n",
     .run = cmd_init},
    {.name = "grant",
     .arguments = "LOGIN ADDRESS...",
     .summary = "let a login use addresses",
     .help =
         "Lets LOGIN use each ADDRESS, from the next message on. LOGIN may be '*':\n"
         "anybody who is authenticated. ADDRESS may be @DOMAIN: every address in it\n"
         "that has no grant of its own. When one word is wrong, nothing is granted.\n",
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_grant},
    {.name = "revoke",
     .arguments = "LOGIN ADDRESS...",
     .summary = "take addresses from a login",
     .help = "Takes back what `grant' gave. What was not granted is said, and is no\n"
             "error. When one word is wrong, nothing is revoked.\n",
     .min_words = 2,
     .max_words = ANY_WORDS,
     .run = cmd_revoke},
    {.name = "grants",
     .arguments = "[LOGIN|ADDRESS]",
     .summary = "list grants, by login or address",
     .help =
         "Lists the grants: all of them, or what LOGIN may use and who may use\n"
         "ADDRESS. A word that can be both is looked up as both. What '*' may use is\n"
         "listed for every login. For an address, the grants listed are those that\n"
         "decide: its own, else those of the address without its extension, else\n"
         "those of its @DOMAIN.\n"
         "With --json: a list of {\"address\", \"login\", \"created\"}, created in\n"
         "seconds since 1970.\n",
     .options = JSON,
     .max_words = 1,
     .run = cmd_grants},
    {.name = "import",
     .arguments = "--from postfix FILE",
     .summary = "add grants from a Postfix table",
     .help =
         "Reads the source file of a table for Postfix's smtpd_sender_login_maps\n"
         "(lines of ADDRESS LOGIN[,LOGIN...]) and grants all of it, or nothing when a\n"
         "line is wrong. FILE - is standard input.\n",
     .options = OPTION_BIT(OPTION_FROM),
     .min_words = 1,
     .max_words = 1,
     .run = cmd_import},
    {.name = "export",
     .arguments = "[--to postfix]",
     .summary = "print all grants as a Postfix table",
     .help = "Prints the grants as the source file of a Postfix table, which `import'\n"
             "reads back.\n",
     .options = OPTION_BIT(OPTION_TO),
     .run = cmd_export},
    {.name = "check",
     .arguments = "LOGIN ADDRESS",
     .summary = "may this login use this address?",
     .help =
         "Asks the configured send_as maps as the milter does, and says which map and\n"
         "which row decided. Exit status: 0 yes, 1 no, 75 could not tell.\n"
         "With --json: one object, whose keys sendasctl(8) describes.\n",
     .options = JSON,
     .min_words = 2,
     .max_words = 2,
     .run = cmd_check},
    {.name = "config check",
     .arguments = "[FILE]",
     .summary = "look for mistakes in the configuration",
     .help =
         "Loads the configuration, opens each map and asks it once - as the milter's\n"
         "user when started by root - and looks at who may read and write the files.\n"
         "One line a problem. Exit status: 0 none, 2 some.\n",
     .options = JSON,
     .max_words = 1,
     .run = cmd_config_check},
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
                OPTION_BIT(OPTION_MAIL_ADDR) | OPTION_BIT(OPTION_CLIENT),
     .max_words = 1,
     .run = cmd_explain},
    {.name = "mta-check",
     .arguments = "",
     .summary = "do Postfix's settings let the filter work?",
     .help =
         "Asks postconf(1) for the settings of Postfix and looks at those that "
         "matter:\n"
         "is the filter asked wherever clients log in, can smtpd reach it, does mail\n"
         "wait while it is away, and can anything pass it by? One line each: what was\n"
         "found, why it matters, what to do. Notes are no warnings.\n"
         "Exit status: 0 nothing to warn of, 1 warnings, 2 wrong usage or\n"
         "configuration, 75 postconf could not be run.\n",
     .options = JSON | OPTION_BIT(OPTION_POSTFIX) | OPTION_BIT(OPTION_SERVICE),
     .run = cmd_mta_check},
    {.name = "reasons",
     .arguments = "",
     .summary = "list the reasons for a refusal",
     .help =
         "Lists the reasons that stand in replies, log lines and JSON, each with what\n"
         "it means.\n",
     .options = JSON,
     .run = cmd_reasons},
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

/* Prints the help of each command whose first word this is; false: there is none. */
static bool family_help_print(const char *word)
{
    size_t len = strlen(word);
    bool any = false;

    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strncmp(command->name, word, len) != 0 || command->name[len] != ' ')
            continue;
        if (any)
            putchar('\n');
        help_print(command);
        any = true;
    }
    return any;
}

/* Says why no command was found. */
static void complain_of_command(int count, char **words)
{
    struct buf second = BUF_INIT;

    for (const struct command *command = commands; count != 0 && command->name != NULL;
         command++) {
        size_t len = strlen(words[0]);

        if (strncmp(command->name, words[0], len) == 0 && command->name[len] == ' ')
            buf_addf(&second, "%s%s", second.len != 0 ? " or " : "",
                     command->name + len + 1);
    }
    if (count == 0)
        complain("a command is missing (see sendasctl --help)");
    else if (second.len != 0)
        complain("%s wants one more word: %s", words[0], buf_str(&second));
    else
        complain("unknown command %s (see sendasctl --help)", words[0]);
    buf_finish(&second);
}

/* May the command run with these options and this many words? */
static bool usage_check(const struct command *command, const struct options *options,
                        int count)
{
    unsigned foreign = options->given & ~(command->options | OPTIONS_GLOBAL);

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
        if (family_help_print(argv[first]))
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
