/* SPDX-License-Identifier: BSD-2-Clause */
/* The manual of maps and the tables of their parameters say the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "map/map.h"
#include "map/map_params.h"
#include "tempdir.h"

enum { ENTRIES_MAX = 100, LINE_BYTES = 1000, TEXT_MAX = 100 };

/* A type of maps, and whether the manual says the default of each parameter. */
static const struct type {
    const char *name;
    const struct map_param *table;
    bool defaults;
} types[] = {
    {"sqlite", map_sqlite_params, false},
#ifdef HAVE_LDAP
    {"ldap", map_ldap_params, true},
#endif
};

struct entry {
    char name[TEXT_MAX];
    char initial[TEXT_MAX]; /* "?" where the manual does not say it */
};

static struct entry entries[ENTRIES_MAX];
static size_t entry_count;

/* The names of ".It Ic a , b Pq default: Li x". */
static void line_take(char *line)
{
    const char *initial = NULL;
    char *head_end = strstr(line, " Pq default: ");
    char *save = NULL;

    if (head_end != NULL) {
        *head_end = '\0';
        initial = head_end + strlen(" Pq default: ");
        if (strncmp(initial, "Li ", 3) == 0)
            initial += 3;
        else if (strcmp(initial, "empty") == 0)
            initial = "";
    }
    for (char *name = strtok_r(line + strlen(".It Ic "), " ,", &save); name != NULL;
         name = strtok_r(NULL, " ,", &save)) {
        struct entry *entry = &entries[entry_count++];

        assert_true(entry_count < ENTRIES_MAX);
        assert_true(strlen(name) < TEXT_MAX);
        strcpy(entry->name, name);
        snprintf(entry->initial, TEXT_MAX, "%s", initial != NULL ? initial : "?");
    }
}

static FILE *manual_open(void)
{
    FILE *file = fopen(TEST_MANUAL, "r");

    assert_non_null(file);
    return file;
}

/* The parameters that the section of the type describes. */
static void read_section(const char *type)
{
    FILE *file = manual_open();
    char line[LINE_BYTES], head[TEXT_MAX];
    bool inside = false;

    snprintf(head, sizeof(head), ".Ss %s ", type);
    entry_count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, ".Sh ", 4) == 0 || strncmp(line, ".Ss ", 4) == 0)
            inside = strncmp(line, head, strlen(head)) == 0;
        else if (inside && strncmp(line, ".It Ic ", 7) == 0)
            line_take(line);
    }
    fclose(file);
    assert_true(entry_count != 0);
}

static const struct map_param *find(const struct map_param *table, const char *name)
{
    while (table->name != NULL && strcmp(table->name, name) != 0)
        table++;
    return table->name != NULL ? table : NULL;
}

static void test_table_in_manual(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        read_section(types[i].name);
        for (const struct map_param *row = types[i].table; row->name != NULL; row++) {
            size_t j = 0;

            while (j < entry_count && strcmp(entries[j].name, row->name) != 0)
                j++;
            if (j == entry_count)
                fail_msg("%s of %s is not in the manual", row->name, types[i].name);
            if (types[i].defaults && strcmp(entries[j].initial, "?") != 0 &&
                strcmp(entries[j].initial, row->fallback) != 0)
                fail_msg("%s: the manual's default is \"%s\", the table's \"%s\"",
                         row->name, entries[j].initial, row->fallback);
            if (types[i].defaults && strcmp(entries[j].initial, "?") == 0)
                assert_string_equal(row->fallback, "");
        }
    }
}

static void test_manual_in_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        read_section(types[i].name);
        for (size_t j = 0; j < entry_count; j++) {
            if (find(types[i].table, entries[j].name) == NULL)
                fail_msg("the manual has %s of %s, the table does not", entries[j].name,
                         types[i].name);
            for (size_t k = 0; k < j; k++)
                assert_string_not_equal(entries[j].name, entries[k].name);
        }
    }
}

#ifdef HAVE_LDAP
/* Opens a table of the lines, completed by a base if they have none. */
static void example_check(struct tempdir *dir, const struct buf *lines)
{
    static const struct map_site site = {.store = ""};
    struct buf spec = BUF_INIT, error = BUF_INIT;
    FILE *file = fopen(tempdir_file(dir, "example.cf"), "w");
    struct map *map;

    assert_non_null(file);
    fputs(buf_str(lines), file);
    if (strstr(buf_str(lines), "search_base") == NULL)
        fputs("search_base = dc=example\n", file);
    fclose(file);
    buf_addf(&spec, "ldap:%s", dir->file);
    map = map_open(buf_str(&spec), MAP_SEND_AS, &site, &error);
    if (map == NULL)
        fail_msg("%s in the example\n%s", buf_str(&error), buf_str(lines));
    map_close(map);
    buf_finish(&spec);
    buf_finish(&error);
}

/* All displays with a filter are tables that can be opened. What names files is left
 * out: there are none. */
static void test_examples(void **state)
{
    FILE *file = manual_open();
    struct buf lines = BUF_INIT;
    char line[LINE_BYTES];
    bool inside = false;
    int count = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, ".Bd -literal", 12) == 0) {
            inside = true;
            buf_clear(&lines);
        } else if (inside && strncmp(line, ".Ed", 3) == 0) {
            inside = false;
            if (strstr(buf_str(&lines), "query_filter") == NULL)
                continue;
            example_check(*state, &lines);
            count++;
        } else if (inside && strstr(line, "_file") == NULL) {
            buf_adds(&lines, line);
        }
    }
    fclose(file);
    buf_finish(&lines);
    assert_true(count >= 4);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_in_manual),
        cmocka_unit_test(test_manual_in_table),
#ifdef HAVE_LDAP
        cmocka_unit_test_setup_teardown(test_examples, tempdir_setup, tempdir_teardown),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
