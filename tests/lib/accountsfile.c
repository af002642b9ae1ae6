/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accountsfile PATH: makes the accounts file if it is not there, and does what the
 * lines of standard input say: "add LOGIN STORED...", "disable LOGIN", "enable LOGIN",
 * "alias LOGIN ALIAS", "app LOGIN LABEL EXPIRES" (writes the password), "show LOGIN".
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cred/accounts.h"

enum { WORDS_MAX = 8 };

static enum answer show(struct accounts *accounts, const char *login, struct buf *error)
{
    struct arena arena = {0};
    struct account account;
    const enum answer found = accounts_find(accounts, login, &arena, &account, error);

    for (size_t i = 0; found == ANSWER_YES && i < account.verifiers.count; i++)
        puts(account.verifiers.items[i]);
    arena_finish(&arena);
    return found;
}

static enum answer app(struct accounts *accounts, char **words, struct buf *error)
{
    struct buf password = BUF_INIT;
    const enum answer done = accounts_app_add(accounts, words[1], words[2],
                                              atoll(words[3]), &password, error);

    if (done == ANSWER_YES)
        puts(buf_str(&password));
    buf_finish(&password);
    return done;
}

static enum answer line_run(struct accounts *accounts, char **words, size_t count,
                            struct buf *error)
{
    if (strcmp(words[0], "add") == 0) {
        const char *items[WORDS_MAX];
        const struct strlist stored = {items, count - 2, count - 2};

        for (size_t i = 2; i < count; i++)
            items[i - 2] = words[i];
        return accounts_add(accounts, words[1], &stored, error);
    }
    if (strcmp(words[0], "disable") == 0 || strcmp(words[0], "enable") == 0)
        return accounts_disable(accounts, words[1], words[0][0] == 'd', error);
    if (strcmp(words[0], "alias") == 0 && count == 3)
        return accounts_alias_add(accounts, words[1], words[2], error);
    if (strcmp(words[0], "app") == 0 && count == 4)
        return app(accounts, words, error);
    if (strcmp(words[0], "show") == 0)
        return show(accounts, words[1], error);
    buf_addf(error, "unknown command %s", words[0]);
    return ANSWER_UNKNOWN;
}

int main(int argc, char **argv)
{
    struct buf error = BUF_INIT;
    struct accounts *accounts =
        argc == 2 ? accounts_open(argv[1], STORE_CREATE, &error) : NULL;
    char line[4096];
    int status = accounts != NULL ? EXIT_SUCCESS : EXIT_FAILURE;

    while (status == EXIT_SUCCESS && fgets(line, sizeof line, stdin) != NULL) {
        char *words[WORDS_MAX] = {NULL};
        char *rest = NULL;
        size_t count = 0;

        for (char *word = strtok_r(line, " \n", &rest);
             word != NULL && count < WORDS_MAX; word = strtok_r(NULL, " \n", &rest))
            words[count++] = word;
        if (count < 2 || line_run(accounts, words, count, &error) != ANSWER_YES)
            status = EXIT_FAILURE;
    }
    if (status != EXIT_SUCCESS)
        fprintf(stderr, "accountsfile: %s\n", buf_str(&error));
    accounts_close(accounts);
    buf_finish(&error);
    return status;
}
