/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of reasons by itself, and the list of them in sendas-milter(8). */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "mail/reason.h"

/* One reason as the manual has it: ".It Li NAME" and the text behind it. */
struct entry {
    struct buf name;
    struct buf text;
};

static struct entry entries[2 * REASON_COUNT];
static size_t entry_count;

/* Appends a line of mdoc text as the reader of the manual sees it. */
static void text_add(struct buf *out, const char *line)
{
    static const char *const escapes[][2] = {
        {"\\e", "\\"}, {"\\(aq", "'"}, {"\\(dq", "\""}, {"\\&", ""}};

    if (out->len != 0)
        buf_addc(out, ' ');
    while (*line != '\0') {
        size_t i = 0;

        while (i < 4 && strncmp(line, escapes[i][0], strlen(escapes[i][0])) != 0)
            i++;
        if (i < 4) {
            buf_adds(out, escapes[i][1]);
            line += strlen(escapes[i][0]);
        } else {
            assert_int_not_equal(*line,
                                 '\\'); /* an escape that this test does not know */
            buf_addc(out, *line++);
        }
    }
}

/* Takes a line of the section; false at the end of the list. */
static bool line_take(const char *line)
{
    if (strcmp(line, ".El") == 0)
        return false;
    if (strncmp(line, ".It Li ", 7) == 0) {
        assert_true(entry_count < sizeof(entries) / sizeof(entries[0]));
        buf_adds(&entries[entry_count++].name, line + 7);
    } else if (entry_count != 0) {
        assert_int_not_equal(line[0], '.'); /* the paragraphs are plain text */
        text_add(&entries[entry_count - 1].text, line);
    }
    return true;
}

static int setup(void **state)
{
    FILE *file = fopen(TEST_MANUAL, "r");
    char line[1000];
    bool inside = false;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, ".Sh REASONS") == 0)
            inside = true;
        else if (inside && !line_take(line))
            break;
    }
    fclose(file);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < entry_count; i++) {
        buf_finish(&entries[i].name);
        buf_finish(&entries[i].text);
    }
    return 0;
}

/* The same reasons in the same order with the same words, and no others. */
static void test_manual(void **state)
{
    (void)state;
    for (size_t i = 0; i < entry_count && i + 1 < REASON_COUNT; i++) {
        const enum reason reason = (enum reason)(REASON_NONE + 1 + i);

        assert_string_equal(buf_str(&entries[i].name), reason_name(reason));
        assert_string_equal(buf_str(&entries[i].text), reason_paragraph(reason));
    }
    assert_int_equal(entry_count, REASON_COUNT - 1);
}

static void test_names(void **state)
{
    (void)state;
    for (int i = REASON_NONE; i < REASON_COUNT; i++) {
        const char *name = reason_name((enum reason)i);

        assert_true(name[0] != '\0');
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-0123456789"),
                         strlen(name));
        for (int j = REASON_NONE; j < i; j++)
            assert_string_not_equal(name, reason_name((enum reason)j));
    }
}

/* A sentence is cut into no reply line and starts no sentence of its own. */
static void test_sentences(void **state)
{
    (void)state;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const char *sentence = reason_sentence((enum reason)i);
        const size_t len = strlen(sentence);

        assert_in_range(len, 1, 100);
        assert_int_not_equal(sentence[len - 1], '.');
        for (size_t at = 0; at < len; at++)
            assert_in_range(sentence[at], ' ', '~');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manual),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
