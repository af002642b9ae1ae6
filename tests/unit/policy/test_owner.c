/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of policy/owner.c: keys in order, maps together, failure is no answer. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/owner.h"

#define MAILBOXES                                                                      \
    "inline:{ alice@x.test = alice, bob+list@x.test = alice, bob@x.test = bob, "       \
    "@catch.test = carol, any@x.test = * }"
#define ALIASES "inline:{ alice@x.test = dave erin@y.test, info@x.test = Alice@X.Test }"

static const struct {
    const char *login;
    const char *address;
    const char *maps[3];
    enum answer answer;
    const char *key; /* that decided; NULL: none had owners */
    const char *map; /* that named the login */
} rows[] = {
    {"alice@x.test",
     "alice@x.test",
     {MAILBOXES},
     ANSWER_YES,
     "alice@x.test",
     MAILBOXES},
    {"bob@x.test", "alice@x.test", {MAILBOXES}, ANSWER_NO, "alice@x.test", NULL},
    {"bob@x.test", "nobody@x.test", {MAILBOXES}, ANSWER_NO, NULL, NULL},
    /* The extension falls back to the address without it, and never the other way. */
    {"alice@x.test",
     "alice+tag@x.test",
     {MAILBOXES},
     ANSWER_YES,
     "alice@x.test",
     MAILBOXES},
    {"bob@x.test", "bob+list@x.test", {MAILBOXES}, ANSWER_NO, "bob+list@x.test", NULL},
    {"bob@x.test",
     "bob+other@x.test",
     {MAILBOXES},
     ANSWER_YES,
     "bob@x.test",
     MAILBOXES},
    {"carol@x.test",
     "what@catch.test",
     {MAILBOXES},
     ANSWER_YES,
     "@catch.test",
     MAILBOXES},
    {"carol@x.test", "what@sub.catch.test", {MAILBOXES}, ANSWER_NO, NULL, NULL},
    {"zed@x.test", "any@x.test", {MAILBOXES}, ANSWER_YES, "any@x.test", MAILBOXES},
    /* All maps count together: an alias row does not hide the mailbox row. */
    {"alice@x.test",
     "alice@x.test",
     {ALIASES, MAILBOXES},
     ANSWER_YES,
     "alice@x.test",
     MAILBOXES},
    {"dave@x.test",
     "alice@x.test",
     {MAILBOXES, ALIASES},
     ANSWER_YES,
     "alice@x.test",
     ALIASES},
    {"erin@y.test",
     "alice@x.test",
     {MAILBOXES, ALIASES},
     ANSWER_YES,
     "alice@x.test",
     ALIASES},
    {"erin@x.test",
     "alice@x.test",
     {MAILBOXES, ALIASES},
     ANSWER_NO,
     "alice@x.test",
     NULL},
    {"alice@x.test", "info@x.test", {ALIASES}, ANSWER_YES, "info@x.test", ALIASES},
    /* No answer is neither a yes nor a no, unless another map says yes. */
    {"alice@x.test", "alice@x.test", {"fail:down"}, ANSWER_UNKNOWN, NULL, NULL},
    {"bob@x.test",
     "alice@x.test",
     {MAILBOXES, "fail:down"},
     ANSWER_UNKNOWN,
     "alice@x.test",
     NULL},
    {"alice@x.test",
     "alice@x.test",
     {"fail:down", MAILBOXES},
     ANSWER_YES,
     "alice@x.test",
     MAILBOXES},
    {"bob@x.test",
     "bob+other@x.test",
     {MAILBOXES, "fail:down"},
     ANSWER_UNKNOWN,
     NULL,
     NULL},
    {"alice@x.test",
     "alice@x.test",
     {"fail:down", "fail:gone"},
     ANSWER_UNKNOWN,
     NULL,
     NULL},
    {"alice@x.test", "alice@x.test", {NULL}, ANSWER_NO, NULL, NULL},
};

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void test_owner(void **state)
{
    struct map_site site = {.rules = {.delimiters = "+"}, .store = ""};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = {0};
        struct buf error = BUF_INIT;
        struct address address;
        struct owner_trace trace;
        struct map *maps[3];
        size_t count = 0;
        enum answer answer;

        for (; count < 3 && rows[i].maps[count] != NULL; count++) {
            maps[count] = map_open(rows[i].maps[count], MAP_SEND_AS, &site, &error);
            if (maps[count] == NULL)
                fail_msg("%s", buf_str(&error));
        }
        assert_int_equal(address_parse(rows[i].address, strlen(rows[i].address),
                                       &site.rules, &arena, &address, NULL),
                         REASON_NONE);
        answer =
            owner_check(&(struct owner_site){.send_as = {maps, count},
                                             .login_domain = "x.test",
                                             .rules = site.rules},
                        RIGHT_SEND_AS, rows[i].login, &address, &arena, &trace, &error);
        if (answer != rows[i].answer || !same(trace.key, rows[i].key) ||
            !same(trace.map, rows[i].map))
            fail_msg("row %zu: %s as %s: answer %d, key %s, map %s", i, rows[i].login,
                     rows[i].address, answer, trace.key, trace.map);
        if (answer == ANSWER_UNKNOWN) {
            assert_non_null(strstr(buf_str(&error), "down"));
            assert_null(strstr(buf_str(&error), "gone")); /* one line, the first */
        }
        while (count-- > 0)
            map_close(maps[count]);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
