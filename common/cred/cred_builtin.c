/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_builtin.c - "builtin": the accounts file. */
#include "config.h"

#include "cred/cred_private.h"

static void *builtin_open(const char *name, const struct cred_site *site,
                          struct buf *error_r)
{
    struct accounts_reader *reader =
        accounts_reader_create(site->accounts, site->connections, site->busy_ms);

    (void)name;
    if (reader == NULL)
        buf_addf(error_r, "%s: out of memory", site->accounts);
    return reader;
}

static void builtin_close(void *state)
{
    accounts_reader_destroy(state);
}

static enum answer builtin_find(void *state, const char *login, enum cred_want want,
                                struct arena *arena, struct account *account_r,
                                struct buf *error_r)
{
    (void)want;
    return accounts_reader_find(state, login, arena, account_r, error_r);
}

static bool builtin_profile(void *state, struct arena *arena,
                            struct accounts_profile_row **rows_r, size_t *count_r,
                            struct buf *error_r)
{
    return accounts_reader_profile(state, arena, rows_r, count_r, error_r);
}

static bool builtin_has_aliases(const void *state)
{
    (void)state;
    return true;
}

const struct cred_source_type cred_builtin = {
    .name = "builtin",
    .open = builtin_open,
    .close = builtin_close,
    .find = builtin_find,
    .profile = builtin_profile,
    .has_aliases = builtin_has_aliases,
};
