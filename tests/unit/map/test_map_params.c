/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map_params.c and map/map_lines.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <limits.h>

#include "map/map_lines.h"
#include "map/map_params.h"
#include "tempdir.h"

struct target {
    struct map_param_text name;
    struct map_param_text filled;
    int number;
};

struct kinds {
    bool flag;
    int colour;
    struct map_param_text new_name;
    struct map_param_text old_name;
    int few;
    int many;
    struct map_param_text cache;
};

enum colour { RED = 3, BLUE = 5 };

static const struct name_row colours[] = {{"red", RED}, {"blue", BLUE}, {NULL, 0}};

static const struct map_param table[] = {
    MAP_PARAM(struct target, name, MAP_PARAM_TEXT, "default"),
    MAP_PARAM(struct target, filled, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct target, number, MAP_PARAM_NUMBER, "7"),
    {.name = NULL},
};

static const struct map_param kinds[] = {
    MAP_PARAM(struct kinds, flag, MAP_PARAM_BOOL, "no"),
    MAP_PARAM(struct kinds, colour, MAP_PARAM_WORD, "red", .words = colours),
    MAP_PARAM(struct kinds, new_name, MAP_PARAM_TEXT, "$old_name"),
    MAP_PARAM(struct kinds, old_name, MAP_PARAM_TEXT, "none"),
    MAP_PARAM(struct kinds, few, MAP_PARAM_NUMBER, "$many", .min = 1, .max = 9),
    MAP_PARAM(struct kinds, many, MAP_PARAM_NUMBER, "0", .min = 1, .max = INT_MAX),
    MAP_PARAM(struct kinds, cache, MAP_PARAM_IGNORED, ""),
    {.name = NULL},
};

static const char *write_file(struct tempdir *dir, const char *content, size_t len)
{
    const char *path = tempdir_file(dir, "x.cf");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void test_values(void **state)
{
    static const struct {
        const char *content;
        const char *want; /* name@line filled@line number */
    } cases[] = {
        {"", "default@0 @0 7"},
        {"name = x\n", "x@1 @0 7"},
        {"name=x", "x@1 @0 7"},
        {"name =\n", "@1 @0 7"},
        {"name =  a = b  \r\nnumber = -3\n", "a = b@1 @0 -3"},
        {"# c\n\n   # d\nname = x\n", "x@4 @0 7"},
        {"name = a\n b\n\tc\n", "a b\tc@1 @0 7"},
        {"name = a\n# between\n\n b\n", "a b@1 @0 7"},
        {"name = a\n#\nfilled = b\n", "a@1 b@3 7"},
        {"name = a\nname = b\n", "b@2 @0 7"},
        {"name = # no comment\n", "# no comment@1 @0 7"},
        {"name = \"quotes stay\"\n", "\"quotes stay\"@1 @0 7"},
        {"name\t=\tx\n", "x@1 @0 7"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path =
            write_file(*state, cases[i].content, strlen(cases[i].content));
        struct buf error = BUF_INIT, got = BUF_INIT;
        struct arena arena = {0};
        struct target target;

        if (!map_params_load(path, table, &target, &arena, &error))
            fail_msg("%s", buf_str(&error));
        buf_addf(&got, "%s@%u %s@%u %d", target.name.text, target.name.line,
                 target.filled.text, target.filled.line, target.number);
        assert_string_equal(buf_str(&got), cases[i].want);
        buf_finish(&got);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

/* The path, then exactly this. */
static void check_error(const char *path, const char *want)
{
    struct buf error = BUF_INIT;
    struct arena arena = {0};
    struct target target;

    assert_false(map_params_load(path, table, &target, &arena, &error));
    assert_memory_equal(buf_str(&error), path, strlen(path));
    assert_string_equal(buf_str(&error) + strlen(path), want);
    buf_finish(&error);
    arena_finish(&arena);
}

static void test_kinds(void **state)
{
    static const struct {
        const char *content;
        const char *want; /* flag colour new_name(its name)@line few many cache@line */
    } cases[] = {
        {"", "no 3 none(old_name)@0 0 0 @0"},
        {"flag = YES\ncolour = Blue\n", "yes 5 none(old_name)@0 0 0 @0"},
        {"old_name = x\n", "no 3 x(old_name)@1 0 0 @0"},
        {"old_name = x\nnew_name =\n", "no 3 (new_name)@2 0 0 @0"},
        {"many = 30\n", "no 3 none(old_name)@0 30 30 @0"},
        {"few = 9\nmany = 2000000000\n", "no 3 none(old_name)@0 9 2000000000 @0"},
        {"cache = 1\n", "no 3 none(old_name)@0 0 0 1@1"},
        {"flag = 1\n", "? :1: flag: expected yes or no, not \"1\""},
        {"colour =\n", "? :1: colour: expected red or blue, not \"\""},
        {"few = 0\n", "? :1: few: expected a number from 1 to 9, not \"0\""},
        {"few = x\n", "? :1: few: expected a number from 1 to 9, not \"x\""},
        {"many = -1\n", "? :1: many: expected a number from 1 on, not \"-1\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path =
            write_file(*state, cases[i].content, strlen(cases[i].content));
        struct buf error = BUF_INIT, got = BUF_INIT;
        struct arena arena = {0};
        struct kinds k;

        if (map_params_load(path, kinds, &k, &arena, &error))
            buf_addf(&got, "%s %d %s(%s)@%u %d %d %s@%u", k.flag ? "yes" : "no",
                     k.colour, k.new_name.text, k.new_name.name, k.new_name.line, k.few,
                     k.many, k.cache.text, k.cache.line);
        else
            buf_addf(&got, "? %s", buf_str(&error) + strlen(path));
        assert_string_equal(buf_str(&got), cases[i].want);
        buf_finish(&got);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

static void test_errors(void **state)
{
    static const struct {
        const char *content;
        const char *want;
    } cases[] = {
        {"nmae = x\n",
         ":1: unknown parameter \"nmae\", expected name, filled or number"},
        {"Name = x\n",
         ":1: unknown parameter \"Name\", expected name, filled or number"},
        {"\n\nname x\n", ":3: expected \"name = value\", not \"name x\""},
        {"name\n", ":1: expected \"name = value\", not \"name\""},
        {"= x\n", ":1: expected \"name = value\", not \"= x\""},
        {"a\nb\xff\x1b[0m\n", ":1: expected \"name = value\", not \"a\""},
        {"b\xff\x1b[0m\n", ":1: expected \"name = value\", not \"b\\xff\\x1b[0m\""},
        {" name = x\n", ":1: begins with a blank, but continues no line"},
        {"# c\n name = x\n", ":2: begins with a blank, but continues no line"},
        {"filled =\n", ":1: filled: expected a value"},
        {"number = \n", ":1: number: expected a number, not \"\""},
        {"number = 1x\n", ":1: number: expected a number, not \"1x\""},
        {"number = 99999999999999999999\n",
         ":1: number: expected a number, not \"99999999999999999999\""},
    };
    struct tempdir *dir = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_error(write_file(dir, cases[i].content, strlen(cases[i].content)),
                    cases[i].want);
    check_error(write_file(dir, "name = a\nname = \0b\n", 19),
                ":2: a NUL byte: not a text file");
    unlink(dir->file);
    check_error(dir->file, ": No such file or directory");
    assert_int_equal(mkfifo(dir->file, 0600), 0);
    check_error(dir->file, ": not a regular file");
    check_error(dir->path, ": not a regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_kinds, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_errors, tempdir_setup, tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
