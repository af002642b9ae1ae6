/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/map_sql.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "map/map_sql.h"

/* Blanks around a parameter are of no account: one of them is left. */
static void squeeze(char *sql)
{
    char *out = sql;

    for (const char *p = sql; *p != '\0'; p++) {
        if (*p != ' ' || (out != sql && out[-1] != ' '))
            *out++ = *p;
    }
    while (out != sql && out[-1] == ' ')
        out--;
    *out = '\0';
}

static void test_queries(void **state)
{
    static const struct {
        const char *query;
        const char *sql;    /* with the blanks squeezed */
        const char *params; /* for the key o'b"x%s@ex.org, one a line */
    } cases[] = {
        {"SELECT 1", "SELECT 1", ""},
        {"a = '%s'", "a = ?1", "o'b\"x%s@ex.org\n"},
        {"a='%s'AND b=2", "a= ?1 AND b=2", "o'b\"x%s@ex.org\n"},
        {"'%u' '%d' '%1'", "?1 ?2 ?3", "o'b\"x%s\nex.org\norg\n"},
        {"'<%u@%d>'", "?1", "<o'b\"x%s@ex.org>\n"},
        {"'%u''s %%'", "?1", "o'b\"x%s's %\n"},
        {"'it''s' '%%' '%s'", "'it''s' '%' ?1", "o'b\"x%s@ex.org\n"},
        {"\"%u\"", "?1", "o'b\"x%s\n"},
        {"\"a\"\"%u\"", "?1", "a\"o'b\"x%s\n"},
        {"uid = %u", "uid = ?1", "o'b\"x%s\n"},
        {"f(%u,%d)", "f( ?1 , ?2 )", "o'b\"x%s\nex.org\n"},
        {"7 %% 2", "7 % 2", ""},
        {"\"name\" [na me] `x``y`", "\"name\" [na me] `x``y`", ""},
        {"[a'b] '%u'", "[a'b] ?1", "o'b\"x%s\n"},
        {"'[' = '%u'", "'[' = ?1", "o'b\"x%s\n"},
        {"x'41' = '%u'", "x'41' = ?1", "o'b\"x%s\n"},
        {"max'%u'", "max ?1", "o'b\"x%s\n"},
        {"1 /* it's '%s' */ + 1", "1 + 1", ""},
        {"1 -- it's '%s'\n + 1", "1 \n + 1", ""},
        {"1 /* open '%s'", "1", ""},
        {"a-'%u'", "a- ?1", "o'b\"x%s\n"},
        {"''", "''", ""},
        {"'?1 :a @b $c' a$b", "'?1 :a @b $c' a$b", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct map_template_needs needs = {0};
        struct buf error = BUF_INIT, params = BUF_INIT;
        struct arena arena = {0};
        struct map_sql sql;
        char *text;

        if (!map_sql_parse(&sql, cases[i].query, &needs, &arena, &error))
            fail_msg("%s: %s", cases[i].query, buf_str(&error));
        text = arena_strdup(&arena, sql.text);
        squeeze(text);
        assert_string_equal(text, cases[i].sql);
        for (size_t j = 0; j < sql.param_count; j++) {
            map_template_expand(&sql.params[j], "o'b\"x%s@ex.org", NULL, NULL, &params);
            buf_addc(&params, '\n');
        }
        assert_string_equal(buf_str(&params), cases[i].params);
        buf_finish(&params);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *query;
        const char *why;
    } cases[] = {
        {"SELECT x FROM t_%d", "an expansion cannot be part of a word at \"%d\""},
        {"SELECT %u%d", "an expansion cannot be part of a word at \"%u%d\""},
        {"SELECT %uid", "an expansion cannot be part of a word at \"%uid\""},
        {"SELECT 5%%%u", "an expansion cannot be part of a word at \"%u\""},
        {"SELECT `%d`", "an expansion cannot be part of a name at \"%d`\""},
        {"SELECT [%d]", "an expansion cannot be part of a name at \"%d]\""},
        {"SELECT x'%u'", "an expansion cannot be part of a name at \"%u'\""},
        {"X'%u'", "an expansion cannot be part of a name at \"%u'\""},
        {"SELECT 'a", "a quote is not closed at \"'a\""},
        {"SELECT \"a''", "a quote is not closed at \"\"a''\""},
        {"SELECT [a", "a quote is not closed at \"[a\""},
        {"SELECT 'a''", "a quote is not closed at \"'a''\""},
        {"SELECT ?", "a parameter cannot be bound at \"?\""},
        {"SELECT ?1", "a parameter cannot be bound at \"?1\""},
        {"SELECT :a", "a parameter cannot be bound at \":a\""},
        {"SELECT @a", "a parameter cannot be bound at \"@a\""},
        {"SELECT $a", "a parameter cannot be bound at \"$a\""},
        {"SELECT %", "an expansion cannot be part of a name at \"%\""},
        {"SELECT %x", "unknown expansion \"%x\", expected"},
        {"SELECT '%x'", "unknown expansion \"%x\", expected"},
        {"SELECT '100%'", "unknown expansion \"%\", expected"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct map_template_needs needs = {0};
        struct buf error = BUF_INIT;
        struct arena arena = {0};
        struct map_sql sql;

        assert_false(map_sql_parse(&sql, cases[i].query, &needs, &arena, &error));
        buf_cut(&error,
                strlen(cases[i].why)); /* a list of what is expected may follow */
        assert_string_equal(buf_str(&error), cases[i].why);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
