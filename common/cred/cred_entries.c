/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/cred_entries.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/siphash.h"

enum {
    SETS = 4096,    /* a power of two */
    WAYS = 4,       /* of one set; the oldest goes */
    TEXT_MAX = 2048 /* login, name and DN together: what is longer is not noted */
};

struct entry {
    char *login; /* NULL: free; the name and the DN follow it */
    uint64_t code;
    int64_t asked;
};

struct cred_entries {
    pthread_mutex_t lock;
    int64_t ttl_ms;
    uint64_t key[2];
    struct entry items[SETS][WAYS];
};

struct cred_entries *cred_entries_create(int64_t ttl_ms)
{
    struct cred_entries *entries = calloc(1, sizeof *entries);

    if (entries == NULL)
        return NULL;
    entries->ttl_ms = ttl_ms;
    if (getrandom(entries->key, sizeof entries->key, 0) != sizeof entries->key ||
        pthread_mutex_init(&entries->lock, NULL) != 0) {
        free(entries);
        return NULL;
    }
    return entries;
}

void cred_entries_destroy(struct cred_entries *entries)
{
    if (entries == NULL)
        return;
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < WAYS; j++)
            free(entries->items[i][j].login);
    }
    pthread_mutex_destroy(&entries->lock);
    free(entries);
}

static uint64_t entry_code(const struct cred_entries *entries, const char *login)
{
    return siphash(entries->key, login, strlen(login));
}

static bool entry_is(const struct entry *entry, uint64_t code, const char *login)
{
    return entry->login != NULL && entry->code == code &&
           strcmp(entry->login, login) == 0;
}

/* The login's, or NULL. */
static struct entry *entry_find(struct entry *set, uint64_t code, const char *login)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (entry_is(&set[i], code, login))
            return &set[i];
    }
    return NULL;
}

/* The one that is free, or else the oldest. */
static struct entry *entry_oldest(struct entry *set)
{
    struct entry *oldest = &set[0];

    for (size_t i = 0; i < WAYS && oldest->login != NULL; i++) {
        if (set[i].login == NULL || set[i].asked < oldest->asked)
            oldest = &set[i];
    }
    return oldest;
}

static void entry_clear(struct entry *entry)
{
    free(entry->login);
    *entry = (struct entry){.login = NULL};
}

const char *cred_entries_find(struct cred_entries *entries, const char *login,
                              struct arena *arena, const char **name_r)
{
    const uint64_t code = entry_code(entries, login);
    const char *dn = NULL;
    struct entry *entry;

    pthread_mutex_lock(&entries->lock);
    entry = entry_find(entries->items[code % SETS], code, login);
    if (entry != NULL && clock_ms() - entry->asked < entries->ttl_ms) {
        const char *name = entry->login + strlen(entry->login) + 1;

        *name_r = arena_strdup(arena, name);
        dn = arena_strdup(arena, name + strlen(name) + 1);
    }
    pthread_mutex_unlock(&entries->lock);
    return dn != NULL && *name_r != NULL ? dn : NULL;
}

void cred_entries_note(struct cred_entries *entries, const char *login, const char *dn,
                       const char *name, int64_t asked)
{
    const size_t login_size = strlen(login) + 1, name_size = strlen(name) + 1,
                 dn_size = strlen(dn) + 1;
    const uint64_t code = entry_code(entries, login);
    char *text = NULL;
    struct entry *entry;

    if (login_size + name_size + dn_size <= TEXT_MAX)
        text = malloc(login_size + name_size + dn_size);
    if (text == NULL)
        return;
    memcpy(text, login, login_size);
    memcpy(text + login_size, name, name_size);
    memcpy(text + login_size + name_size, dn, dn_size);
    pthread_mutex_lock(&entries->lock);
    entry = entry_find(entries->items[code % SETS], code, login);
    if (entry == NULL)
        entry = entry_oldest(entries->items[code % SETS]);
    entry_clear(entry);
    *entry = (struct entry){text, code, asked};
    pthread_mutex_unlock(&entries->lock);
}

void cred_entries_forget(struct cred_entries *entries, const char *login)
{
    const uint64_t code = entry_code(entries, login);
    struct entry *entry;

    pthread_mutex_lock(&entries->lock);
    entry = entry_find(entries->items[code % SETS], code, login);
    if (entry != NULL)
        entry_clear(entry);
    pthread_mutex_unlock(&entries->lock);
}
