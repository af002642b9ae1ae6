/* SPDX-License-Identifier: BSD-2-Clause */
/* The manuals of the configuration files and the tables of settings say the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_authd.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"

enum { ENTRIES_MAX = 2 * CONF_ROWS_MAX, TEXT_MAX = 256 };

/* A file and its manual. */
struct manual {
    const char *path;
    const struct conf_kind *kind;
    int examples; /* there are at least so many */
};

static const struct manual manuals[] = {
    {TEST_MANUALS "sendas.conf.5", &conf_kind_milter, 9},
    {TEST_MANUALS "sendas-authd.conf.5", &conf_kind_authd, 4},
};

/* One ".It Ic name ..." of the manual. */
struct entry {
    char block[TEXT_MAX];   /* "": at the top level */
    char section[TEXT_MAX]; /* of the manual */
    char name[TEXT_MAX];
    char head[TEXT_MAX]; /* what follows the name */
    char initial[TEXT_MAX];
    char allowed[TEXT_MAX]; /* "a number from 1 to 64" */
    bool restart;
};

static const struct manual *manual; /* that the test is about */
static struct entry entries[ENTRIES_MAX];
static size_t entry_count;

static void copy(char *out, const char *text)
{
    assert_true(strlen(text) < TEXT_MAX);
    memcpy(out, text, strlen(text) + 1);
}

/* Takes one line of the manual; `previous` is the one before. */
static void line_take(const char *line, const char *previous, char *block,
                      char *section)
{
    struct entry *entry = entry_count > 0 ? &entries[entry_count - 1] : NULL;

    if (strncmp(line, ".Sh ", 4) == 0) {
        copy(section, line + 4);
        copy(block, strncmp(line, ".Sh THE BLOCK ", 14) == 0 ? line + 14
                    : strcmp(line, ".Sh RULES") == 0         ? "rule"
                                                             : "");
    } else if (strncmp(line, ".It Ic ", 7) == 0) {
        const char *name = line + 7;
        const size_t len = strcspn(name, " ");

        assert_true(entry_count < ENTRIES_MAX && len < TEXT_MAX);
        entry = &entries[entry_count++];
        copy(entry->block, block);
        copy(entry->section, section);
        memcpy(entry->name, name, len);
        copy(entry->head, name + len);
    } else if (entry != NULL && strcmp(line, "Default: empty") == 0) {
        copy(entry->initial, "(empty)");
    } else if (entry != NULL && strcmp(previous, "Default:") == 0) {
        assert_memory_equal(line, ".Ql ", 4);
        copy(entry->initial, line + 4);
    } else if (entry != NULL && strncmp(line, "Allowed: ", 9) == 0) {
        copy(entry->allowed, line + 9);
    } else if (entry != NULL && strcmp(line, "Counts after a restart.") == 0) {
        entry->restart = true;
    }
}

static FILE *manual_open(void)
{
    FILE *file = fopen(manual->path, "r");

    assert_non_null(file);
    return file;
}

static int setup(void **state)
{
    FILE *file;
    char line[1000], previous[1000] = "";
    char block[TEXT_MAX] = "", section[TEXT_MAX] = "";

    manual = *state;
    file = manual_open();
    memset(entries, 0, sizeof entries);
    entry_count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        line_take(line, previous, block, section);
        memcpy(previous, line, sizeof previous);
    }
    fclose(file);
    return 0;
}

static const struct entry *entry_find(const struct conf_row *row)
{
    for (size_t i = 0; i < entry_count; i++) {
        if (strcmp(entries[i].name, row->name) == 0 &&
            strcmp(entries[i].block, row->block != NULL ? row->block : "") == 0)
            return &entries[i];
    }
    fail_msg("%s is not in the manual", row->name);
    return NULL;
}

/* The manual is written for the usual directories, whatever configure was told. */
static void expect_initial(const struct conf_row *row, struct buf *out)
{
    static const char *const dirs[][2] = {{RUNSTATEDIR "/", "/run/"},
                                          {LOCALSTATEDIR "/", "/var/"}};
    const char *text = row->initial;
    const bool list = row->type == CONF_LIST && text[0] != '\0';

    buf_adds(out, list ? "{ \\(dq" : "");
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(text, dirs[i][0]);

        /* At its beginning, or behind the kind of a socket. */
        if (at == NULL || (at != text && at[-1] != ':'))
            continue;
        buf_add(out, text, (size_t)(at - text));
        buf_adds(out, dirs[i][1]);
        text = at + strlen(dirs[i][0]);
        break;
    }
    /* A condition that is left out asks for nothing: it has no default to tell. */
    if (text[0] != '\0')
        buf_adds(out, text);
    else if (!conf_row_titled(manual->kind, row))
        buf_adds(out, "(empty)");
    buf_adds(out, list ? "\\(dq }" : "");
}

static void expect_head(const struct conf_row *row, struct buf *out)
{
    buf_adds(out, " No = Cm ");
    for (const struct name_row *word = row->words; word->name != NULL; word++)
        buf_addf(out, "%s%s", word == row->words ? "" : " | ", word->name);
}

/* The bounds of numbers and times, without the examples. */
static void check_allowed(const struct conf_row *row, const struct entry *entry)
{
    struct buf want = BUF_INIT;

    if (row->type == CONF_NUMBER || row->type == CONF_TIME)
        conf_allowed_format(row, &want);
    if (strchr(buf_str(&want), ',') != NULL)
        buf_cut(&want, (size_t)(strchr(want.data, ',') - want.data));
    if (strcmp(entry->allowed, buf_str(&want)) != 0)
        fail_msg("%s: the manual allows \"%s\", the table \"%s\"", row->name,
                 entry->allowed, buf_str(&want));
    buf_finish(&want);
}

static void test_table_in_manual(void **state)
{
    (void)state;
    for (const struct conf_row *row = manual->kind->rows; row->name != NULL; row++) {
        const struct entry *entry = entry_find(row);
        struct buf want = BUF_INIT;

        expect_initial(row, &want);
        if (strcmp(entry->initial, buf_str(&want)) != 0)
            fail_msg("%s: the manual's default is \"%s\", the table's \"%s\"",
                     row->name, entry->initial, buf_str(&want));
        if (entry->restart != (row->change == CONF_AT_START))
            fail_msg("%s: does a reload change it?", row->name);
        buf_clear(&want);
        if (row->type == CONF_WORD)
            expect_head(row, &want);
        else if (row->type == CONF_BOOL)
            buf_adds(&want, " No = Ar boolean");
        else
            buf_adds(&want, entry->head);
        if (strcmp(entry->head, buf_str(&want)) != 0)
            fail_msg("%s: the manual allows \"%s\", the table \"%s\"", row->name,
                     entry->head, buf_str(&want));
        buf_finish(&want);
        check_allowed(row, entry);
    }
}

/* Which settings a rule may have is told by the section that they stand in. */
static void test_shared_settings(void **state)
{
    (void)state;
    for (const struct conf_row *row = manual->kind->rows; row->name != NULL; row++) {
        const bool told = strcmp(entry_find(row)->section, "SETTINGS OF POLICY") == 0;

        if (told != conf_row_shared(manual->kind, row))
            fail_msg("%s: may it stand in a rule?", row->name);
    }
}

static void test_manual_in_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < entry_count; i++) {
        const char *block = entries[i].block[0] != '\0' ? entries[i].block : NULL;

        if (conf_row_find(manual->kind, block, entries[i].name) == NULL)
            fail_msg("the manual has %s, the table does not", entries[i].name);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(entries[i].name, entries[j].name) == 0)
                assert_string_not_equal(entries[i].block, entries[j].block);
        }
    }
}

/* Loads what the example says, by itself. */
static void example_check(const struct buf *text)
{
    char path[] = "/tmp/sendas-example-XXXXXX";
    const int fd = mkstemp(path);
    struct buf error = BUF_INIT;
    struct conf_head *conf;

    assert_true(fd != -1);
    assert_int_equal(write(fd, text->data, text->len), text->len);
    close(fd);
    conf = conf_kind_load(manual->kind, path, &error);
    unlink(path);
    if (conf == NULL)
        fail_msg("%s in the example\n%s", buf_str(&error), buf_str(text));
    conf_head_destroy(conf);
    buf_finish(&error);
}

/* All displays of literal text are whole configurations. */
static void test_examples(void **state)
{
    FILE *file = manual_open();
    struct buf text = BUF_INIT;
    bool inside = false;
    int count = 0;
    char line[1000];

    (void)state;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, ".Bd -literal", 12) == 0) {
            inside = true;
        } else if (inside && strncmp(line, ".Ed", 3) == 0) {
            example_check(&text);
            buf_clear(&text);
            inside = false;
            count++;
        } else if (inside) {
            buf_adds(&text, line);
        }
    }
    assert_true(count >= manual->examples);
    fclose(file);
    buf_finish(&text);
}

#define MANUAL_TEST(test, manual)                                                      \
    cmocka_unit_test_prestate_setup_teardown(test, setup, NULL, (void *)(manual))

int main(void)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof manuals / sizeof *manuals; i++) {
        struct manual one = manuals[i];
        const struct CMUnitTest tests[] = {
            MANUAL_TEST(test_table_in_manual, &one),
            MANUAL_TEST(test_shared_settings, &one),
            MANUAL_TEST(test_manual_in_table, &one),
            MANUAL_TEST(test_examples, &one),
        };

        failed += cmocka_run_group_tests_name(one.path, tests, NULL, NULL);
    }
    return failed;
}
