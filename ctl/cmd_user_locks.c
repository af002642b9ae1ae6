/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_user_locks.c - what a running sendas-authd has locked, and its end. */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "ctl/auth_site.h"
#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/locks.h"
#include "ctl/output.h"
#include "ctl/table.h"
#include "ctl/when.h"

/* --- unlock --- */

static bool is_address(const char *word)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, word, bytes) == 1 ||
           inet_pton(AF_INET6, word, bytes) == 1;
}

int cmd_user_unlock(const struct options *options, int count, char **words)
{
    struct auth_site site;
    struct buf error = BUF_INIT;
    const char *client = is_address(words[0]) ? words[0] : NULL;
    const char *login = NULL;
    unsigned long ended;
    int status = EXIT_WRONG;

    (void)count;
    if (auth_site_init(&site, options) &&
        (client != NULL || (login = auth_site_login(&site, words[0])) != NULL)) {
        status = EXIT_FAILED;
        if (locks_end(&site, login, client, &ended, &error)) {
            status = EXIT_DONE;
            printf("%s: %lu locks ended\n",
                   shown(&site.arena, login != NULL ? login : client, SHOWN_MAX),
                   ended);
        }
        complain_lines(buf_str(&error));
    }
    buf_finish(&error);
    auth_site_finish(&site);
    return status;
}

/* --- locks --- */

static void locks_print(const struct lock *locks, size_t count)
{
    static const char *const heading[] = {"LOCKED", "UNTIL"};
    struct table table = {.columns = 2};

    for (size_t i = 0; i < count; i++) {
        char when[WHEN_MAX];

        when_format(locks[i].until, when, sizeof(when));
        table_add(&table, (const char *const[]){locks[i].name, when});
    }
    if (count != 0)
        table_print(&table, heading);
    else
        puts("no locks");
    table_finish(&table);
}

static bool locks_print_json(const struct lock *locks, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count && list != NULL; i++) {
        json_t *row = json_pack("{s:o, s:I}", "name", json_text(locks[i].name), "until",
                                (json_int_t)locks[i].until);

        if (json_array_append_new(list, row) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return json_print(list);
}

int cmd_user_locks(const struct options *options, int count, char **words)
{
    struct auth_site site;
    struct buf error = BUF_INIT;
    struct lock *locks;
    size_t lock_count;
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (auth_site_init(&site, options)) {
        status = EXIT_FAILED;
        if (locks_ask(&site, &locks, &lock_count, &error)) {
            status = EXIT_DONE;
            if (lock_count == LOCKS_MAX)
                complain("warning: there may be more locks than these %d", LOCKS_MAX);
            if (!options_has(options, OPTION_JSON))
                locks_print(locks, lock_count);
            else if (!locks_print_json(locks, lock_count))
                status = EXIT_FAILED;
        }
        complain_lines(buf_str(&error));
    }
    buf_finish(&error);
    auth_site_finish(&site);
    return status;
}
