/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory_rate - searches a second of a directory asked by many threads, beside those
 * of one connection used for one search after the other.
 *
 *   directory_rate URI BASE FILTER PEOPLE COUNT CONNECTIONS ROUNDS THREADS...
 *
 * One line of each kind, in turn and as often as ROUNDS says: the kind, searches,
 * seconds, seconds of processor time of this process. FILTER has one %ld in it, for a
 * number below PEOPLE, and finds one entry.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ldap.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ldap/directory.h"

enum { THREADS_MAX = 64, FILTER_MAX = 256 };

/* Spreads numbers that follow one another. */
#define SPREAD 2654435761UL

struct work {
    struct directory *directory; /* or NULL: */
    LDAP *ld;                    /* for one thread at a time */
    pthread_mutex_t *lock;
    const char *base;
    const char *filter;
    unsigned long people;
    atomic_long *left;
    struct arena arena;
    unsigned long failed;
};

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool search_directory(struct work *work, const char *filter)
{
    const char *const attributes[] = {"cn", NULL};
    struct directory_query query = {.base = work->base,
                                    .scope = DIRECTORY_SUB,
                                    .filter = filter,
                                    .attributes = attributes};
    struct directory_entries entries;
    struct buf error = BUF_INIT;
    enum answer answer;

    arena_reset(&work->arena);
    answer = directory_search(work->directory, &query, &work->arena, &entries, &error);
    buf_finish(&error);
    return answer == ANSWER_YES && entries.count == 1;
}

/* libldap alone. */
static bool search_serial(struct work *work, const char *filter)
{
    char name[] = "cn";
    char *attributes[] = {name, NULL};
    LDAPMessage *chain = NULL;
    int count = 0;

    pthread_mutex_lock(work->lock);
    if (ldap_search_ext_s(work->ld, work->base, LDAP_SCOPE_SUBTREE, filter, attributes,
                          0, NULL, NULL, NULL, 0, &chain) == LDAP_SUCCESS)
        count = ldap_count_entries(work->ld, chain);
    pthread_mutex_unlock(work->lock);
    ldap_msgfree(chain);
    return count == 1;
}

static void *work_run(void *arg)
{
    struct work *work = arg;
    long number;

    while ((number = atomic_fetch_sub(work->left, 1)) > 0) {
        char filter[FILTER_MAX];

        /* The format is the operator's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(filter, sizeof(filter), work->filter,
                 (long)((unsigned long)number * SPREAD % work->people));
#pragma GCC diagnostic pop
        if (!(work->directory != NULL ? search_directory : search_serial)(work, filter))
            work->failed++;
    }
    arena_finish(&work->arena);
    return NULL;
}

/* So many searches by so many threads; those that failed. */
static unsigned long run(struct work model, long count, size_t threads)
{
    struct work works[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    atomic_long left = count;
    unsigned long failed = 0;

    model.left = &left;
    for (size_t i = 0; i < threads; i++) {
        works[i] = model;
        pthread_create(&ids[i], NULL, work_run, &works[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        failed += works[i].failed;
    }
    return failed;
}

static void measure(const char *kind, struct work model, long count, size_t threads)
{
    double wall = seconds(CLOCK_MONOTONIC);
    double processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    unsigned long failed = run(model, count, threads);

    printf("%s %zu %ld %.6f %.6f\n", kind, threads, count,
           seconds(CLOCK_MONOTONIC) - wall,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - processor);
    fflush(stdout);
    if (failed != 0) {
        fprintf(stderr, "directory_rate: %lu searches had no answer\n", failed);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct strlist uris = {0};
    struct buf error = BUF_INIT;
    struct directory_settings settings = {.uris = &uris,
                                          .timeout_ms = 20000,
                                          .version = 3,
                                          .ca_file = "",
                                          .ca_dir = "",
                                          .cert = "",
                                          .key = "",
                                          .ciphers = "",
                                          .bind_dn = "",
                                          .bind_pw = "",
                                          .bind_pw_file = "",
                                          .sasl_mechs = "",
                                          .sasl_realm = "",
                                          .sasl_authz_id = "",
                                          .checks = 1};
    struct directory *directory;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct work one, several;
    int version = 3, rounds;
    LDAP *ld;
    long count;

    if (argc < 9)
        return 2;
    strlist_add(&uris, &arena, argv[1]);
    count = strtol(argv[5], NULL, 10);
    settings.connections = strtoul(argv[6], NULL, 10);
    rounds = (int)strtol(argv[7], NULL, 10);
    directory = directory_create(&settings, &error);
    if (directory == NULL || ldap_initialize(&ld, argv[1]) != LDAP_SUCCESS)
        return 1;
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    several = (struct work){.directory = directory,
                            .base = argv[2],
                            .filter = argv[3],
                            .people = strtoul(argv[4], NULL, 10)};
    one = several;
    one.directory = NULL;
    one.ld = ld;
    one.lock = &lock;
    run(one, 1, 1);
    run(several, 64, 16);
    for (int round = 0; round < rounds; round++) {
        measure("serial", one, count, 1);
        for (int i = 8; i < argc; i++) {
            size_t threads = strtoul(argv[i], NULL, 10);

            if (threads < 1 || threads > THREADS_MAX)
                return 2;
            measure("serial", one, count, threads);
            measure("directory", several, count, threads);
        }
    }
    ldap_unbind_ext_s(ld, NULL, NULL);
    directory_destroy(directory);
    arena_finish(&arena);
    buf_finish(&error);
    return 0;
}
