/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapquery - asks a map for the keys on standard input, as postmap -q does for Postfix.
 *
 *   mapquery [-s STORE] SPEC            one line a key: "yes VALUE,VALUE", "no",
 *                                       "unknown REASON"
 *   mapquery [-s STORE] -r N [-t T] [-c] SPEC   asks N times for all keys from each of
 * T threads, and prints lookups a second; with -c there is a cache before the map
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "map/map.h"

enum { KEYS_MAX = 200000, THREADS_MAX = 64 };

struct work {
    pthread_t thread;
    struct map *map;
    char **keys;
    size_t key_count;
    unsigned long rounds;
    unsigned long answers[3]; /* by enum answer + 1 */
};

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As large and as long as measuring takes. */
static const struct cache_settings cache = {
    .ttl = 86400000, .negative_ttl = 86400000, .bytes = (size_t)256 << 20};

static void print_answer(struct map *map, const char *key)
{
    struct arena arena = {0};
    struct strlist values = {0};
    struct buf error = BUF_INIT;

    switch (map_lookup(map, key, &arena, &values, &error)) {
    case ANSWER_YES:
        fputs("yes", stdout);
        for (size_t i = 0; i < values.count; i++)
            printf("%c%s", i == 0 ? ' ' : ',', values.items[i]);
        putchar('\n');
        break;
    case ANSWER_NO:
        puts("no");
        break;
    default:
        printf("unknown %s\n", buf_str(&error));
    }
    fflush(stdout);
    buf_finish(&error);
    arena_finish(&arena);
}

static void *work_run(void *arg)
{
    struct work *work = arg;
    struct arena arena = {0};
    struct buf error = BUF_INIT;

    for (unsigned long i = 0; i < work->rounds * work->key_count; i++) {
        struct strlist values = {0};

        arena_reset(&arena);
        buf_clear(&error);
        work->answers[map_lookup(work->map, work->keys[i % work->key_count], &arena,
                                 &values, &error) +
                      1]++;
    }
    buf_finish(&error);
    arena_finish(&arena);
    return NULL;
}

static void measure(struct map *map, char **keys, size_t key_count,
                    unsigned long rounds, size_t threads)
{
    struct work works[THREADS_MAX];
    unsigned long sums[3] = {0};
    struct rusage usage;
    double start = seconds();
    double took;

    for (size_t i = 0; i < threads; i++) {
        works[i] = (struct work){
            .map = map, .keys = keys, .key_count = key_count, .rounds = rounds};
        pthread_create(&works[i].thread, NULL, work_run, &works[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(works[i].thread, NULL);
        for (int j = 0; j < 3; j++)
            sums[j] += works[i].answers[j];
    }
    took = seconds() - start;
    getrusage(RUSAGE_SELF, &usage);
    printf("%lu yes, %lu no, %lu unknown: %.0f lookups/s, %.2f us each, peak RSS %ld "
           "KiB\n",
           sums[2], sums[1], sums[0], (double)(sums[0] + sums[1] + sums[2]) / took,
           took * 1e6 * (double)threads / (double)(sums[0] + sums[1] + sums[2]),
           usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    struct map_site site = {.rules = {.delimiters = "+"}};
    struct buf error = BUF_INIT;
    unsigned long rounds = 0;
    size_t threads = 1, key_count = 0, cap = 0;
    char **keys = calloc(KEYS_MAX, sizeof(*keys));
    char *line = NULL;
    struct map *map;
    ssize_t len;
    bool cached = false;
    int option;

    while ((option = getopt(argc, argv, "cr:s:t:")) != -1) {
        if (option == 'r')
            rounds = strtoul(optarg, NULL, 10);
        else if (option == 's')
            site.store = optarg;
        else if (option == 't')
            threads = strtoul(optarg, NULL, 10);
        else if (option == 'c')
            cached = true;
        else
            return 2;
    }
    if (optind != argc - 1 || keys == NULL || threads < 1 || threads > THREADS_MAX)
        return 2;
    map = map_open(argv[optind], MAP_SEND_AS, &site, &error);
    if (map == NULL || (cached && !map_cache(map, &cache))) {
        fprintf(stderr, "mapquery: %s\n", buf_str(&error));
        return 2;
    }
    while ((len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (rounds == 0)
            print_answer(map, line);
        else if (key_count < KEYS_MAX)
            keys[key_count++] = strdup(line);
    }
    if (key_count != 0)
        measure(map, keys, key_count, rounds, threads);
    while (key_count != 0)
        free(keys[--key_count]);
    free(keys);
    free(line);
    buf_finish(&error);
    map_close(map);
    return 0;
}
