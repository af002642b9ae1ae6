/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/help.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

static void option_print(const struct option_row *row)
{
    struct buf names = BUF_INIT;

    if (row->letter != 0)
        buf_addf(&names, "-%c, ", row->letter);
    buf_addf(&names, "--%s", row->name);
    if (row->argument != NULL)
        buf_addf(&names, " %s", row->argument);
    printf("  %-22s %s\n", buf_str(&names), row->help);
    buf_finish(&names);
}

static void options_print(uint64_t set)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((set & OPTION_BIT(id)) != 0)
            option_print(&option_rows[id]);
    }
}

void help_print_line(const struct command *command)
{
    enum { COLUMN = 27 };
    struct buf line = BUF_INIT;

    buf_addf(&line, "%s %s", command->name, command->arguments);
    if (line.len > COLUMN)
        printf("  %s\n  %*s %s\n", buf_str(&line), COLUMN, "", command->summary);
    else
        printf("  %-*s %s\n", COLUMN, buf_str(&line), command->summary);
    buf_finish(&line);
}

void help_print_all(void)
{
    puts("usage: sendasctl COMMAND [OPTION...] [ARGUMENT...]\n"
         "\n"
         "Says who may send as which address, and what the milter makes of a message.\n"
         "\n"
         "commands:");
    for (const struct command *command = commands; command->name != NULL; command++)
        help_print_line(command);
    puts("\noptions of every command:");
    options_print(OPTIONS_GLOBAL);
    puts("\n"
         "`sendasctl COMMAND --help' tells more of a command, sendasctl(8) of all.\n"
         "exit status: 0 yes, 1 no, 2 wrong usage or configuration, 74 output could "
         "not\n"
         "be written, 75 could not tell");
}

void help_print(const struct command *command)
{
    printf("usage: sendasctl %s%s%s\n\n%s\noptions:\n", command->name,
           command->arguments[0] != '\0' ? " " : "", command->arguments, command->help);
    options_print(command->options | OPTIONS_GLOBAL);
}
