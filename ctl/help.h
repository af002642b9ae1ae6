/* SPDX-License-Identifier: BSD-2-Clause */
/* help.h - the help texts, made from the tables of commands and options. */
#ifndef SENDAS_CTL_HELP_H
#define SENDAS_CTL_HELP_H

#include "ctl/command.h"

/* The list of commands and the options that all of them take. */
void help_print_all(void);

/* A command's line in a list of them. */
void help_print_line(const struct command *command);

/* All about one command. */
void help_print(const struct command *command);

#endif
