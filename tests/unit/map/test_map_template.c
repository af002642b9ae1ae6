/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map_template.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "map/map_template.h"

/* The expansion, or NULL if the key or the value is not taken. */
static const char *expand(const char *text, const char *key, const char *value,
                          struct arena *arena)
{
    enum map_template_use use =
        value != NULL ? MAP_TEMPLATE_RESULT : MAP_TEMPLATE_QUERY;
    struct map_template_needs needs = {0};
    struct map_template template;
    struct buf out = BUF_INIT, error = BUF_INIT;
    const char *result = NULL;

    assert_true(
        map_template_parse(&template, text, strlen(text), use, &needs, arena, &error));
    if (map_template_takes_key(&needs, key) &&
        (value == NULL || map_template_takes_value(&needs, value))) {
        map_template_expand(&template, key, value, NULL, &out);
        result = arena_strdup(arena, buf_str(&out));
    }
    buf_finish(&out);
    buf_finish(&error);
    return result;
}

static void test_expansions(void **state)
{
    static const struct {
        const char *text;
        const char *key;
        const char *value; /* NULL: a query */
        const char *want;  /* NULL: not looked up */
    } cases[] = {
        {"", "a@b", NULL, ""},
        {"text", "a@b", NULL, "text"},
        {"%%", "a@b", NULL, "%"},
        {"100%%%s%%", "a@b", NULL, "100%a@b%"},
        {"%s|%u|%d", "a@b.c", NULL, "a@b.c|a|b.c"},
        {"%S|%U|%D", "a@b.c", NULL, "a@b.c|a|b.c"},
        {"%1|%2|%3", "a@x.y.z", NULL, "z|y|x"},
        {"%9", "a@1.2.3.4.5.6.7.8.9", NULL, "1"},
        {"%s", "%s%u", NULL, "%s%u"}, /* what is put in is not expanded again */

        /* The last @ counts. */
        {"%u|%d", "a@b@c", NULL, "a@b|c"},
        {"%u|%d", "\"a@b\"@c", NULL, "\"a@b\"|c"},

        /* A key without what the template needs. */
        {"%s", "", NULL, NULL},
        {"%s", "a", NULL, "a"},
        {"%u", "a", NULL, "a"},
        {"%d", "a", NULL, NULL},
        {"%1", "a", NULL, NULL},
        {"%s", "@b", NULL, "@b"},
        {"%u", "@b", NULL, NULL},
        {"%U", "@b", NULL, NULL},
        {"%d", "@b", NULL, "b"},
        {"%1", "@b", NULL, "b"},
        {"%u", "a@", NULL, "a"},
        {"%d", "a@", NULL, NULL},
        {"%D", "a@", NULL, NULL},
        {"%s", "@", NULL, "@"},
        {"%u", "@", NULL, NULL},
        {"%d", "@", NULL, NULL},
        {"%3", "a@y.z", NULL, NULL},
        {"%2", "a@y.z", NULL, "y"},

        /* Dots in a row part labels like one. */
        {"%1|%2", "a@.x..y.", NULL, "y|x"},
        {"%3", "a@.x..y.", NULL, NULL},
        {"%1", "a@...", NULL, NULL},

        /* Results: lower case is the value, the rest is the key. */
        {"%s|%u|%d", "k@e.y", "v@a.l", "v@a.l|v|a.l"},
        {"%S|%U|%D|%1|%2", "k@e.y", "v@a.l", "k@e.y|k|e.y|y|e"},
        {"<%s>", "k@e.y", "", NULL},
        {"fixed", "k@e.y", "", NULL},
        {"fixed", "k@e.y", "v", "fixed"},
        {"%u", "k@e.y", "v", "v"},
        {"%d", "k@e.y", "v", NULL},
        {"%u", "k@e.y", "@a.l", NULL},
        {"%d", "k@e.y", "@a.l", "a.l"},
        {"%d", "k@e.y", "v@", NULL},
        {"%U", "k", "v", "k"},
        {"%D", "k", "v", NULL},
        {"%1", "k@", "v", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = {0};
        const char *got = expand(cases[i].text, cases[i].key, cases[i].value, &arena);

        if ((got == NULL) != (cases[i].want == NULL) ||
            (got != NULL && strcmp(got, cases[i].want) != 0))
            fail_msg("\"%s\" of %s: %s", cases[i].text, cases[i].key,
                     got != NULL ? got : "not taken");
        arena_finish(&arena);
    }
}

/* What one template needs holds for all templates of the table. */
static void test_needs_add_up(void **state)
{
    struct map_template_needs needs = {0};
    struct map_template query, result;
    struct buf error = BUF_INIT;
    struct arena arena = {0};

    (void)state;
    assert_true(map_template_parse(&query, "%s", 2, MAP_TEMPLATE_QUERY, &needs, &arena,
                                   &error));
    assert_true(map_template_takes_key(&needs, "a"));
    assert_true(map_template_parse(&result, "%s %2", 5, MAP_TEMPLATE_RESULT, &needs,
                                   &arena, &error));
    assert_false(map_template_takes_key(&needs, "a"));
    assert_false(map_template_takes_key(&needs, "a@b"));
    assert_true(map_template_takes_key(&needs, "a@b.c"));
    assert_false(query.fixed);
    arena_finish(&arena);
}

static void test_bad(void **state)
{
    static const char *const texts[] = {"%",   "a%",  "%x",    "%0",
                                        "% s", "%%%", "%\xff", "%s%"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct map_template_needs needs = {0};
        struct map_template template;
        struct buf error = BUF_INIT;
        struct arena arena = {0};

        assert_false(map_template_parse(&template, texts[i], strlen(texts[i]),
                                        MAP_TEMPLATE_RESULT, &needs, &arena, &error));
        assert_non_null(strstr(buf_str(&error), "unknown expansion \"%"));
        buf_finish(&error);
        arena_finish(&arena);
    }
}

/* Only `len` bytes are the template, and the text may go away. */
static void test_bounds(void **state)
{
    char text[] = {'%', 's', '%', 'u'};
    struct map_template_needs needs = {0};
    struct map_template template;
    struct buf out = BUF_INIT, error = BUF_INIT;
    struct arena arena = {0};

    (void)state;
    assert_true(map_template_parse(&template, text, 2, MAP_TEMPLATE_QUERY, &needs,
                                   &arena, &error));
    memset(text, 'x', sizeof(text));
    map_template_expand(&template, "a@b", NULL, NULL, &out);
    assert_string_equal(buf_str(&out), "a@b");
    assert_false(map_template_parse(&template, "%%%", 3, MAP_TEMPLATE_QUERY, &needs,
                                    &arena, &error));
    buf_finish(&out);
    buf_finish(&error);
    arena_finish(&arena);
}

static void brackets(struct buf *out, const char *text, size_t len)
{
    buf_addc(out, '[');
    buf_add(out, text, len);
    buf_addc(out, ']');
}

static void test_quote(void **state)
{
    struct map_template_needs needs = {0};
    struct map_template template;
    struct buf out = BUF_INIT, error = BUF_INIT;
    struct arena arena = {0};

    (void)state;
    assert_true(map_template_parse(&template, "u=%u%%d=%d", 10, MAP_TEMPLATE_QUERY,
                                   &needs, &arena, &error));
    map_template_expand(&template, "a@b", NULL, brackets, &out);
    assert_string_equal(buf_str(&out), "u=[a]%d=[b]");
    buf_finish(&out);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expansions), cmocka_unit_test(test_needs_add_up),
        cmocka_unit_test(test_bad),        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_quote),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
