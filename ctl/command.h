/* SPDX-License-Identifier: BSD-2-Clause */
/* command.h - what a subcommand of sendasctl is, and how it ends. */
#ifndef SENDAS_CTL_COMMAND_H
#define SENDAS_CTL_COMMAND_H

#include "ctl/options.h"

/* The exit statuses; the manual lists them. */
enum {
    EXIT_DONE = 0,    /* done; yes; accepted */
    EXIT_NO = 1,      /* no; a violation */
    EXIT_WRONG = 2,   /* wrong usage, input or configuration */
    EXIT_OUTPUT = 74, /* the output could not be written (EX_IOERR) */
    EXIT_FAILED = 75  /* the store or a map could not answer (EX_TEMPFAIL) */
};

/*
 * One row of the table in main.c. `run` gets the words that stand behind the command's
 * name, at least `min_words` and at most `max_words` of them, prints what is to be
 * printed and returns an exit status.
 */
struct command {
    const char *name;      /* may be several words: "config check" */
    const char *arguments; /* as in the manual's synopsis; "" for none */
    const char *summary;   /* one line, no full stop */
    const char *help;      /* lines of at most 78 columns */
    uint64_t options;      /* OPTION_BIT()s beside OPTIONS_GLOBAL */
    int min_words;
    int max_words; /* ANY_WORDS: no limit */
    int (*run)(const struct options *options, int count, char **words);
};

enum { ANY_WORDS = -1 };

/* The table; ends with a row whose name is NULL. */
extern const struct command commands[];

/* The commands, each in the file of its family. */
int cmd_init(const struct options *options, int count, char **words);
int cmd_grant(const struct options *options, int count, char **words);
int cmd_revoke(const struct options *options, int count, char **words);
int cmd_grants(const struct options *options, int count, char **words);
int cmd_group_add(const struct options *options, int count, char **words);
int cmd_group_remove(const struct options *options, int count, char **words);
int cmd_group_list(const struct options *options, int count, char **words);
int cmd_group_delete(const struct options *options, int count, char **words);
int cmd_import(const struct options *options, int count, char **words);
int cmd_export(const struct options *options, int count, char **words);
int cmd_check(const struct options *options, int count, char **words);
int cmd_config_check(const struct options *options, int count, char **words);
int cmd_config_options(const struct options *options, int count, char **words);
int cmd_config_diff(const struct options *options, int count, char **words);
int cmd_explain(const struct options *options, int count, char **words);
int cmd_status(const struct options *options, int count, char **words);
int cmd_flush(const struct options *options, int count, char **words);
int cmd_map_query(const struct options *options, int count, char **words);
int cmd_map_test(const struct options *options, int count, char **words);
int cmd_report(const struct options *options, int count, char **words);
int cmd_suggest(const struct options *options, int count, char **words);
int cmd_mta_check(const struct options *options, int count, char **words);
int cmd_reasons(const struct options *options, int count, char **words);
int cmd_user_add(const struct options *options, int count, char **words);
int cmd_user_passwd(const struct options *options, int count, char **words);
int cmd_user_delete(const struct options *options, int count, char **words);
int cmd_user_disable(const struct options *options, int count, char **words);
int cmd_user_enable(const struct options *options, int count, char **words);
int cmd_user_list(const struct options *options, int count, char **words);
int cmd_user_show(const struct options *options, int count, char **words);
int cmd_user_alias(const struct options *options, int count, char **words);
int cmd_user_set(const struct options *options, int count, char **words);
int cmd_user_app_add(const struct options *options, int count, char **words);
int cmd_user_app_list(const struct options *options, int count, char **words);
int cmd_user_app_delete(const struct options *options, int count, char **words);
int cmd_user_app_disable(const struct options *options, int count, char **words);
int cmd_user_app_enable(const struct options *options, int count, char **words);
int cmd_user_locks(const struct options *options, int count, char **words);
int cmd_user_unlock(const struct options *options, int count, char **words);

#endif
