/* SPDX-License-Identifier: BSD-2-Clause */
/* The manual of sendas-authd.conf and the table of what stands in the file of a
 * directory of accounts say the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cred/cred_ldap_conf.h"

enum { ENTRIES_MAX = 50, LINE_BYTES = 1000, TEXT_MAX = 100 };

/* One ".It Cm name" of the section. */
struct entry {
    char name[TEXT_MAX];
    char initial[TEXT_MAX]; /* "?" where the manual does not say it */
};

static struct entry entries[ENTRIES_MAX];
static size_t entry_count;

static void copy(char *out, const char *text)
{
    assert_true(strlen(text) < TEXT_MAX);
    strcpy(out, text);
}

/* "By default" is followed by ".Ql x ." or by a sentence. */
static void line_take(const char *line, const char *previous)
{
    struct entry *entry = entry_count > 0 ? &entries[entry_count - 1] : NULL;

    if (strncmp(line, ".It Cm ", 7) == 0) {
        assert_true(entry_count < ENTRIES_MAX);
        entry = &entries[entry_count++];
        copy(entry->name, line + 7);
        copy(entry->initial, "?");
    } else if (entry != NULL && strncmp(line, "None by default", 15) == 0) {
        copy(entry->initial, "");
    } else if (entry != NULL && strcmp(previous, "By default") == 0 &&
               strncmp(line, ".Ql ", 4) == 0) {
        copy(entry->initial, line + 4);
        entry->initial[strcspn(entry->initial, " ")] = '\0';
    }
}

static int setup(void **state)
{
    FILE *file = fopen(TEST_MANUAL, "r");
    char line[LINE_BYTES], previous[LINE_BYTES] = "";
    bool inside = false;

    (void)state;
    assert_non_null(file);
    entry_count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, ".Sh ", 4) == 0)
            inside = strcmp(line, ".Sh ACCOUNTS IN A DIRECTORY") == 0;
        else if (inside)
            line_take(line, previous);
        memcpy(previous, line, sizeof(line));
    }
    fclose(file);
    assert_true(entry_count != 0);
    return 0;
}

/* The first row of those that are described here: the others are those of maps. */
static const struct map_param *own_rows(void)
{
    const struct map_param *row = cred_ldap_params;

    while (row->name != NULL && strcmp(row->name, "search_base") != 0)
        row++;
    assert_non_null(row->name);
    return row;
}

static void test_table_in_manual(void **state)
{
    (void)state;
    for (const struct map_param *row = own_rows(); row->name != NULL; row++) {
        size_t i = 0;

        while (i < entry_count && strcmp(entries[i].name, row->name) != 0)
            i++;
        if (i == entry_count)
            fail_msg("%s is not in the manual", row->name);
        /* What needs a sentence to be said has no default in the table. */
        assert_string_equal(strcmp(entries[i].initial, "?") == 0 ? ""
                                                                 : entries[i].initial,
                            row->fallback);
    }
}

static void test_manual_in_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < entry_count; i++) {
        const struct map_param *row = own_rows();

        while (row->name != NULL && strcmp(row->name, entries[i].name) != 0)
            row++;
        if (row->name == NULL)
            fail_msg("the manual has %s, the table does not", entries[i].name);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(entries[i].name, entries[k].name);
    }
}

/* The two that differ from maps, as the section says at its beginning. */
static void test_defaults_of_their_own(void **state)
{
    static const char *const other[] = {"timeout", "tls_require_cert"};

    (void)state;
    for (const struct map_param *row = cred_ldap_params; row < own_rows(); row++) {
        const struct map_param *same = map_ldap_params;

        while (same->name != NULL && strcmp(same->name, row->name) != 0)
            same++;
        assert_non_null(same->name);
        if (strcmp(row->name, other[0]) != 0 && strcmp(row->name, other[1]) != 0)
            assert_string_equal(row->fallback, same->fallback);
        else
            assert_string_not_equal(row->fallback, same->fallback);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_in_manual),
        cmocka_unit_test(test_manual_in_table),
        cmocka_unit_test(test_defaults_of_their_own),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
