/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of policy/header.c: what is kept of a header. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/header.h"

static const struct facts_wanted all = {.results = true, .tag_field = "X-Sendas"};

static void test_kinds(void **state)
{
    struct header header = {0};
    struct arena arena = {0};
    struct facts facts = {0};

    (void)state;
    header_add(&header, &all, "Subject", "x", 1, &arena);
    header_add(&header, &all, "From", "a@x", 3, &arena);
    header_add(&header, &all, "x-sendas", "y", 1, &arena);
    header_add(&header, &all, "Reply-To", "b@x and more", 3, &arena);
    header_lend(&header, &facts);
    assert_int_equal(facts.field_count, 2);
    assert_string_equal(facts.fields[0].name, "From");
    assert_string_equal(facts.fields[1].value, "b@x");
    assert_int_equal(facts.trace_count, 1);
    assert_false(facts.fields_dropped || facts.traces_dropped);
    arena_finish(&arena);
}

static void test_numbers(void **state)
{
    struct header header = {0};
    struct arena arena = {0};
    struct facts facts = {0};

    (void)state;
    for (int i = 0; i <= FACTS_FIELDS_MAX; i++)
        header_add(&header, &all, "Sender", "a@x", 3, &arena);
    for (int i = 0; i < FACTS_TRACES_MAX; i++)
        header_add(&header, &all, "Authentication-Results", "x; none", 7, &arena);
    header_lend(&header, &facts);
    assert_int_equal(facts.field_count, FACTS_FIELDS_MAX);
    assert_true(facts.fields_dropped);
    assert_int_equal(facts.trace_count, FACTS_TRACES_MAX);
    assert_false(facts.traces_dropped);
    header_add(&header, &all, "X-Sendas", "", 0, &arena);
    header_lend(&header, &facts);
    assert_true(facts.traces_dropped);
    arena_finish(&arena);
}

static void test_bytes(void **state)
{
    char *value = malloc(FACTS_BYTES_MAX);
    struct header header = {0};
    struct arena arena = {0};
    struct facts facts = {0};

    (void)state;
    assert_non_null(value);
    memset(value, 'a', FACTS_BYTES_MAX);
    header_add(&header, &all, "X-Sendas", value, FACTS_BYTES_MAX, &arena);
    header_add(&header, &all, "From", value, FACTS_BYTES_MAX - 1, &arena);
    header_lend(&header, &facts);
    assert_int_equal(facts.traces[0].value_len, FACTS_TRACE_MAX);
    assert_int_equal(facts.fields[0].value_len, FACTS_BYTES_MAX - 1);
    assert_false(facts.fields_dropped);
    header_add(&header, &all, "From", value, 2, &arena);
    header_lend(&header, &facts);
    assert_int_equal(facts.field_count, 1);
    assert_true(facts.fields_dropped);
    arena_finish(&arena);
    free(value);
}

/* A Full-Name counts when it is more than a plain name. */
static void test_full_names(void **state)
{
    static const struct {
        const char *value;
        bool counts;
    } rows[] = {
        {"Alice Adams", false},
        {"A. O'Neill-Smith 3rd", false},
        {"", false},
        {"alice@example.org", true},
        {"<x>", true},
        {"=?utf-8?q?x?=", true},
        {"a, b", true},
        {"J\xc3\xbcrgen", true},
        {"a\n b", true},
        {"\"Alice\"", true},
        {"a\tb", true},
        {"(x)", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct header header = {0};
        struct arena arena = {0};
        struct facts facts = {0};

        header_add(&header, &all, "full-Name", rows[i].value, strlen(rows[i].value),
                   &arena);
        header_lend(&header, &facts);
        if (facts.field_count != rows[i].counts)
            fail_msg("Full-Name: %s", rows[i].value);
        arena_finish(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_full_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
