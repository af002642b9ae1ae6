/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map_file.c. */
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

/* What the map had to say, and how often. */
struct notices {
    pthread_mutex_t lock;
    unsigned count;
    enum event_level level;
    char last[512];
};

static void note(void *arg, enum event_level level, const char *line)
{
    struct notices *notices = arg;

    pthread_mutex_lock(&notices->lock);
    notices->count++;
    notices->level = level;
    snprintf(notices->last, sizeof(notices->last), "%s", line);
    pthread_mutex_unlock(&notices->lock);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

/* Writes another file and gives it the name. */
static void swap_file(const char *path, const char *content)
{
    char other[256];

    snprintf(other, sizeof(other), "%s.new", path);
    write_file(other, content);
    assert_int_equal(rename(other, path), 0);
}

static struct map *open_map(const char *path, const struct map_site *site)
{
    struct buf error = BUF_INIT;
    char spec[256];
    struct map *map;

    snprintf(spec, sizeof(spec), "file:%s", path);
    map = map_open(spec, MAP_SEND_AS, site, &error);
    if (map == NULL)
        fail_msg("%s", buf_str(&error));
    return map;
}

/* The values joined by "|", "" for none. */
static void check_lookup(struct map *map, const char *key, const char *want)
{
    struct buf error = BUF_INIT, got = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};

    assert_int_equal(map_lookup(map, key, &arena, &values, &error),
                     *want != '\0' ? ANSWER_YES : ANSWER_NO);
    for (size_t i = 0; i < values.count; i++)
        buf_addf(&got, "%s%s", i == 0 ? "" : "|", values.items[i]);
    assert_string_equal(buf_str(&got), want);
    assert_int_equal(error.len, 0);
    buf_finish(&got);
    arena_finish(&arena);
}

/* Longer than a file must be quiet before it is read. */
static void let_it_settle(void)
{
    const struct timespec pause = {1, 100000000};

    nanosleep(&pause, NULL);
}

static void test_format(void **state)
{
    static const struct {
        const char *content;
        const char *key;
        const char *want;
    } cases[] = {
        {"", "a@x", ""},
        {"a@x alice\n", "a@x", "alice"},
        {"a@x alice", "a@x", "alice"},
        {"a@x\t alice , bob,carol  dave \r\n", "a@x", "alice|bob|carol|dave"},
        {"# a@x eve\n\n   # a@x eve\na@x alice\n", "a@x", "alice"},
        {"a@x alice\n  bob\n\n# c\n\tcarol\nb@x dave\n", "a@x", "alice|bob|carol"},
        {"a@x alice\n  bob\nb@x dave\n", "b@x", "dave"},
        {"a@x\n  alice\n", "a@x", "alice"},
        {"a@x alice\nb@x bob\na@x carol\n", "a@x", "alice|carol"},
        {"A@X.ORG Alice\n", "a@x.org", "Alice"},
        {"@x.org *\n", "@x.org", "*"},
        {"\"a\"@x alice\n", "a@x", "alice"},
        {"\"a b\"@x alice\n", "\"a b\"@x", "alice"},
        {"\"a\\\" b\"@x alice\n", "\"a\\\" b\"@x", "alice"},
        {"a@b\xc3\xbc"
         "cher.example alice\n",
         "a@xn--bcher-kva.example", "alice"},
        {"root alice\n", "root", "alice"},
        {"a@x al#ice\n", "a@x", "al#ice"},
    };
    const struct map_site site = {.rules = {.delimiters = "+"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = tempdir_file(*state, "owners");
        struct map *map;

        write_file(path, cases[i].content);
        map = open_map(path, &site);
        check_lookup(map, cases[i].key, cases[i].want);
        check_lookup(map, "nobody@x", "");
        map_close(map);
    }
}

static void test_bad_lines(void **state)
{
    static const struct {
        const char *content;
        const char *want; /* behind the path */
    } cases[] = {
        {"a@x alice\nb@x\n", ":2: no login behind \"b@x\""},
        {"\n\nb@x ,\n", ":3: no login behind \"b@x\""},
        {" a@x alice\n", ":1: begins with a blank, but continues no line"},
        {"# c\n  a@x alice\n", ":2: begins with a blank, but continues no line"},
        {"a@ alice\n", ":1: expected an address or @domain, not \"a@\""},
        {"a@x@y alice\n", ":1: expected an address or @domain, not \"a@x@y\""},
        {"a@x alice\n\n<b@x> bob\n",
         ":3: expected an address or @domain, not \"<b@x>\""},
        {"a\x1b[0m@x alice\n",
         ":1: expected an address or @domain, not \"a\\x1b[0m@x\""},
        {"\"a b@x alice\n", ":1: a quote is not closed"},
        {"a@x: alice\n", ":1: expected an address or @domain, not \"a@x:\""},
    };
    const struct map_site site = {.rules = {.delimiters = "+"}};
    const char *path = tempdir_file(*state, "owners");
    char spec[256];

    snprintf(spec, sizeof(spec), "file:%s", path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf error = BUF_INIT;

        write_file(path, cases[i].content);
        assert_null(map_open(spec, MAP_SEND_AS, &site, &error));
        assert_memory_equal(buf_str(&error), path, strlen(path));
        assert_string_equal(buf_str(&error) + strlen(path), cases[i].want);
        buf_finish(&error);
    }
}

/* In place, by rename, badly, gone and back: what counts is the last good content. */
static void test_changes(void **state)
{
    struct notices notices = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct map_site site = {
        .rules = {.delimiters = "+"}, .notice = note, .notice_arg = &notices};
    const char *path = tempdir_file(*state, "owners");
    struct map *map;

    write_file(path, "a@x one\n");
    map = open_map(path, &site);
    check_lookup(map, "a@x", "one");

    write_file(path, "a@x two\n"); /* of the same size */
    check_lookup(map, "a@x", "one");
    let_it_settle();
    check_lookup(map, "a@x", "two");
    assert_int_equal(notices.count, 1);
    assert_non_null(strstr(notices.last, ": read anew, 1 entry"));

    swap_file(path, "a@x three\nb@x four\n");
    let_it_settle();
    check_lookup(map, "a@x", "three");
    check_lookup(map, "b@x", "four");
    assert_int_equal(notices.count, 2);
    assert_int_equal(notices.level, EVENT_INFO);

    write_file(path, "a@x four\nb@x\n");
    let_it_settle();
    check_lookup(map, "a@x", "three");
    check_lookup(map, "b@x", "four");
    assert_int_equal(notices.count, 3);
    assert_int_equal(notices.level, EVENT_WARNING);
    assert_non_null(
        strstr(notices.last, ":2: no login behind \"b@x\"; the earlier content stays"));

    unlink(path);
    check_lookup(map, "a@x", "three");
    check_lookup(map, "a@x", "three");
    assert_int_equal(notices.count, 4);
    assert_non_null(
        strstr(notices.last, ": No such file or directory; the earlier content stays"));

    write_file(path, "a@x five\n");
    let_it_settle();
    check_lookup(map, "a@x", "five");
    check_lookup(map, "b@x", "");
    assert_int_equal(notices.count, 5);
    map_close(map);
}

struct reader {
    pthread_t thread;
    struct map *map;
    bool *stop;
    unsigned long wrong;
    unsigned long seen[2];
};

/* Both keys always say the same, whichever content answers. */
static void *read_file(void *arg)
{
    struct reader *reader = arg;
    struct buf error = BUF_INIT;
    struct arena arena = {0};

    while (!__atomic_load_n(reader->stop, __ATOMIC_RELAXED)) {
        struct strlist values = {0};

        arena_reset(&arena);
        if (map_lookup(reader->map, "a@x", &arena, &values, &error) != ANSWER_YES ||
            values.count != 2 || strcmp(values.items[0], values.items[1]) != 0)
            reader->wrong++;
        else
            reader->seen[values.items[0][0] == '1']++;
    }
    arena_finish(&arena);
    buf_finish(&error);
    return NULL;
}

static void test_threads(void **state)
{
    const struct map_site site = {.rules = {.delimiters = "+"}};
    const char *path = tempdir_file(*state, "owners");
    const struct timespec pause = {0, 400000000};
    struct reader readers[6];
    bool stop = false;
    struct map *map;

    write_file(path, "a@x 0\n 0\n");
    map = open_map(path, &site);
    for (int i = 0; i < 6; i++) {
        readers[i] = (struct reader){.map = map, .stop = &stop};
        pthread_create(&readers[i].thread, NULL, read_file, &readers[i]);
    }
    for (int i = 0; i < 2; i++) {
        swap_file(path, i % 2 == 0 ? "a@x 1\na@x 1\n" : "a@x 0\n 0\n");
        let_it_settle();
        nanosleep(&pause, NULL);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 6; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].wrong, 0);
        assert_int_not_equal(readers[i].seen[0], 0);
        assert_int_not_equal(readers[i].seen[1], 0);
    }
    map_close(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_format, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_bad_lines, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_changes, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_threads, tempdir_setup, tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
