/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory_rate - searches a second of a directory asked by many threads, beside those
 * of one connection used for one search after the other.
 *
 *   directory_rate URI BASE COUNT CONNECTIONS THREADS...
 *
 * One line of each kind, in turn and so often that the machine's moods even out: the
 * kind, searches, seconds, seconds of processor time of this process. The filter is
 * (uid=uN), N from 0 to 999.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ldap.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ldap/directory.h"

enum { THREADS_MAX = 64, PEOPLE = 1000 };

struct work {
    struct directory *directory;
    const char *base;
    atomic_long *left;
    unsigned long failed;
};

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *work_run(void *arg)
{
    const char *const attributes[] = {"mail", NULL};
    struct work *work = arg;
    struct arena arena = {0};
    struct buf error = BUF_INIT;
    long number;

    while ((number = atomic_fetch_sub(work->left, 1)) > 0) {
        char filter[32];
        struct directory_query query = {.base = work->base,
                                        .scope = DIRECTORY_SUB,
                                        .filter = filter,
                                        .attributes = attributes};
        struct directory_entries entries;

        snprintf(filter, sizeof(filter), "(uid=u%ld)", number % PEOPLE);
        arena_reset(&arena);
        if (directory_search(work->directory, &query, &arena, &entries, &error) !=
                ANSWER_YES ||
            entries.count != 1)
            work->failed++;
    }
    arena_finish(&arena);
    buf_finish(&error);
    return NULL;
}

/* false: a search had no answer. */
static int run_directory(struct directory *directory, const char *base, long count,
                         size_t threads)
{
    struct work works[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    atomic_long left = count;
    unsigned long failed = 0;

    for (size_t i = 0; i < threads; i++) {
        works[i] = (struct work){.directory = directory, .base = base, .left = &left};
        pthread_create(&ids[i], NULL, work_run, &works[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        failed += works[i].failed;
    }
    return failed == 0;
}

/* libldap alone. */
static int run_serial(LDAP *ld, const char *base, long count)
{
    char mail[] = "mail";
    char *attributes[] = {mail, NULL};

    for (long i = 0; i < count; i++) {
        LDAPMessage *chain = NULL;
        char filter[32];
        int found;

        snprintf(filter, sizeof(filter), "(uid=u%ld)", i % PEOPLE);
        if (ldap_search_ext_s(ld, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL,
                              NULL, NULL, 0, &chain) != LDAP_SUCCESS)
            return 0;
        found = ldap_count_entries(ld, chain);
        ldap_msgfree(chain);
        if (found != 1)
            return 0;
    }
    return 1;
}

static void print_run(const char *kind, long count, double wall, double processor,
                      int ok)
{
    printf("%s %ld %.6f %.6f\n", kind, count, wall, processor);
    fflush(stdout);
    if (!ok) {
        fprintf(stderr, "directory_rate: a search had no answer\n");
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
    int version = 3;
    LDAP *ld;
    long count;

    if (argc < 6)
        return 2;
    strlist_add(&uris, &arena, argv[1]);
    count = strtol(argv[3], NULL, 10);
    settings.connections = strtoul(argv[4], NULL, 10);
    directory = directory_create(&settings, &error);
    if (directory == NULL || ldap_initialize(&ld, argv[1]) != LDAP_SUCCESS)
        return 1;
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    run_serial(ld, argv[2], 1);
    run_directory(directory, argv[2], 64, 16);
    for (int round = 0; round < 5; round++) {
        for (int i = 4; i < argc; i++) {
            size_t threads = i == 4 ? 0 : strtoul(argv[i], NULL, 10);
            double wall = seconds(CLOCK_MONOTONIC);
            double processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
            int ok = threads == 0
                         ? run_serial(ld, argv[2], count)
                         : run_directory(directory, argv[2], count,
                                         threads < THREADS_MAX ? threads : THREADS_MAX);

            print_run(threads == 0 ? "serial" : argv[i], count,
                      seconds(CLOCK_MONOTONIC) - wall,
                      seconds(CLOCK_PROCESS_CPUTIME_ID) - processor, ok);
        }
    }
    ldap_unbind_ext_s(ld, NULL, NULL);
    directory_destroy(directory);
    arena_finish(&arena);
    buf_finish(&error);
    return 0;
}
