/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map_pcre.c: what an address may do to a table of patterns. That it
 * answers as Postfix does is tests/e2e/test_pcre_postmap.py. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "map/map.h"
#include "tempdir.h"

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static struct map *open_map(const char *path, const struct map_site *site)
{
    struct buf error = BUF_INIT;
    char spec[256];
    struct map *map;

    snprintf(spec, sizeof(spec), "pcre:%s", path);
    map = map_open(spec, MAP_SEND_AS, site, &error);
    if (map == NULL)
        fail_msg("%s", buf_str(&error));
    buf_finish(&error);
    return map;
}

/* The values joined by "|", "" for none, or the line of a lookup that failed. */
static void look_up(struct map *map, const char *key, struct buf *got)
{
    struct buf error = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};
    enum answer answer = map_lookup(map, key, &arena, &values, &error);

    assert_int_equal(answer, error.len != 0      ? ANSWER_UNKNOWN
                             : values.count != 0 ? ANSWER_YES
                                                 : ANSWER_NO);
    buf_clear(got);
    buf_adds(got, buf_str(&error));
    for (size_t i = 0; i < values.count; i++)
        buf_addf(got, "%s%s", i == 0 ? "" : "|", values.items[i]);
    buf_finish(&error);
    arena_finish(&arena);
}

/* From is anybody's to write: what it matches is the name of a login, or of nobody. */
static void test_hostile_matches(void **state)
{
    static const struct {
        const char *table;
        const char *key;
        const char *want;
    } cases[] = {
        {"/^(.*)@x$/ $1", "alice@x", "alice"},
        {"/^(.*)@x$/ $1@y.org", "alice@x", "alice@y.org"},
        {"/^(.*)@x$/ $1", "\"alice,victim\"@x", ""},
        {"/^\"(.*)\"@x$/ $1", "\"alice,victim\"@x", ""},
        {"/^\"(.*)\"@x$/ $1", "\"alice victim\"@x", ""},
        {"/^\"(.*)\"@x$/ $1", "\"alice\tvictim\"@x", ""},
        {"/^(.*)@x$/ $1", "*@x", ""},
        {"/^(.*)@x$/ $1", "*a@x", ""},
        {"/^(.*)@x$/ a$1", "*@x", ""},
        {"/^\"(.*)\"@x$/ $1", "\"group:staff\"@x", ""},
        {"/^\"?(.*?)\"?@x$/ $1", "\"GROUP:staff\"@x", ""},
        {"/^\"(.*)\"@x$/ gr$1", "\"oup:staff\"@x", ""},
        {"/^\"(.*)\"@x$/ $1", "\"a\\\\b\"@x", ""},
        {"/^\"(.*)\"@x$/ $1@y", "\"victim@y\"@x", ""},
        /* What the admin has written counts as written. */
        {"/^(.*)-staff@x$/ group:$1", "sales-staff@x", "group:sales"},
        {"/^(.*)-staff@x$/ group:$1", "\"a,group:b-staff\"@x", ""},
        {"/^(.*)@x$/ * $1", "alice@x", "*|alice"},
        {"/^(.*)@x$/ boss $1", "*@x", "boss"},
        {"/^(.*)@(.*)$/ $1 $2", "a@x", "a|x"},
        {"/^(.*)@(.*)$/ $1@$2", "j\xc3\xbcrgen@x", "j\xc3\xbcrgen@x"},
        {"/^(a)?b/ x${1}y", "b@x", "xy"},
        {"/^(a)?b/ $1", "b@x", ""},
    };
    const struct map_site site = {.store = ""};
    struct buf got = BUF_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = tempdir_file(*state, "patterns");
        struct map *map;

        write_file(path, cases[i].table);
        map = open_map(path, &site);
        look_up(map, cases[i].key, &got);
        if (strcmp(buf_str(&got), cases[i].want) != 0)
            fail_msg("%s with %s: \"%s\"", cases[i].table, cases[i].key, buf_str(&got));
        map_close(map);
    }
    buf_finish(&got);
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A pattern that goes back and forth for ever does not, and is no answer. */
static void test_limits(void **state)
{
    static const struct {
        const char *line;
        unsigned times; /* how often it stands in the table */
        const char *want;
    } cases[] = {
        {"/^(a+)+$/ alice\n", 1, "line 1: match limit exceeded"},
        {"/^(a|aa)+$/ alice\n", 1, "line 1: match limit exceeded"},
        {"!/^(a+)+$/ alice\n", 1, "line 1: match limit exceeded"},
        {"if /^(a+)+$/\n/./ alice\nendif\n", 1, "line 1: match limit exceeded"},
        {"/^(?:a?){60}a{60}@$/ alice\n", 1, "line 1: match limit exceeded"},
        /* Each of them ends, but all together they take their time. */
        {"/^a{0,9}a*a*[bc]$/ alice\n", 20000, "takes too long to match"},
    };
    const struct map_site site = {.store = ""};
    struct buf got = BUF_INIT, table = BUF_INIT;
    char key[128];

    memset(key, 'a', 60);
    strcpy(key + 60, "@x");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = tempdir_file(*state, "patterns");
        struct map *map;
        double began;

        buf_clear(&table);
        for (unsigned j = 0; j < cases[i].times; j++)
            buf_adds(&table, cases[i].line);
        write_file(path, buf_str(&table));
        map = open_map(path, &site);
        began = cpu_seconds();
        look_up(map, key, &got);
        assert_true(cpu_seconds() - began < 2);
        if (strstr(buf_str(&got), cases[i].want) == NULL)
            fail_msg("%s: %s", cases[i].line, buf_str(&got));
        look_up(map, "b@x", &got);
        assert_null(strstr(buf_str(&got), "limit"));
        map_close(map);
    }
    buf_finish(&got);
    buf_finish(&table);
}

static void test_full_key(void **state)
{
    const char *path = tempdir_file(*state, "patterns");
    const struct map_site site = {.store = ""};
    struct buf error = BUF_INIT;
    struct map *map,
        *other = map_open("inline:{ a@x = b }", MAP_SEND_AS, &site, &error);

    write_file(path, "/./ alice\n");
    map = open_map(path, &site);
    assert_true(map_wants_full_key(map));
    assert_false(map_wants_full_key(other));
    map_close(map);
    map_close(other);
}

/* What the map had to say. */
static void note(void *arg, enum event_level level, const char *line)
{
    (void)level;
    buf_addf(arg, "%s\n", line);
}

static void let_it_settle(void)
{
    const struct timespec pause = {1, 100000000};

    nanosleep(&pause, NULL);
}

static void test_reload(void **state)
{
    const char *path = tempdir_file(*state, "patterns");
    struct buf notices = BUF_INIT, got = BUF_INIT, want = BUF_INIT;
    const struct map_site site = {.store = "", .notice = note, .notice_arg = &notices};
    struct map *map;

    write_file(path, "/^a/ alice\n");
    map = open_map(path, &site);
    let_it_settle();
    look_up(map, "a@x", &got);
    assert_string_equal(buf_str(&got), "alice");
    write_file(path, "/^a/ bob\n/^b/ bob\n");
    let_it_settle();
    look_up(map, "a@x", &got);
    assert_string_equal(buf_str(&got), "bob");
    write_file(path, "/^a/ carol\n/^(b/ bob\n");
    let_it_settle();
    look_up(map, "a@x", &got);
    assert_string_equal(buf_str(&got), "bob");
    buf_addf(&want,
             "%s: read anew, 2 lines\n%s:2: pattern, byte 4: missing closing "
             "parenthesis; the earlier content stays in use\n",
             path, path);
    assert_string_equal(buf_str(&notices), buf_str(&want));
    map_close(map);
    buf_finish(&notices);
    buf_finish(&got);
    buf_finish(&want);
}

struct reader {
    pthread_t thread;
    struct map *map;
    unsigned wrong;
};

static void *read_many(void *arg)
{
    struct reader *reader = arg;
    struct buf got = BUF_INIT;

    for (int i = 0; i < 2000; i++) {
        look_up(reader->map, i % 2 != 0 ? "alice.smith@x" : "bob.jones@x", &got);
        reader->wrong +=
            strcmp(buf_str(&got), i % 2 != 0 ? "smith.alice" : "jones.bob") != 0;
    }
    buf_finish(&got);
    return NULL;
}

static void test_threads(void **state)
{
    const char *path = tempdir_file(*state, "patterns");
    const struct map_site site = {.store = ""};
    struct reader readers[4] = {0};
    struct map *map;

    write_file(path, "if /x$/\n/^(\\w+)\\.(\\w+)@/ $2.$1\nendif\n");
    map = open_map(path, &site);
    for (size_t i = 0; i < 4; i++) {
        readers[i].map = map;
        pthread_create(&readers[i].thread, NULL, read_many, &readers[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
    map_close(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hostile_matches, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_limits, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_full_key, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_reload, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_threads, tempdir_setup, tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
