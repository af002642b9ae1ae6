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

/* --- a whole site --- */

#define SEND_AS                                                                        \
    "inline:{ alice@x.test = alice, info@x.test = group:sales, @catch.test = carol, "  \
    "@.parent.test = carol, @near.parent.test = dave, any@x.test = *, "                \
    "boss@x.test = boss, denied@x.test = alice bob, team@x.test = group:TEAM erin, "   \
    "loop@x.test = group:loop, deep@x.test = group:deep1, none@x.test = group:none, "  \
    "\"a..b\"@x.test = alice, bare@x.test = GROUP:sales, @lit.test = carol }"
#define ON_BEHALF "inline:{ boss@x.test = alice group:sales, @x.test = frank }"
#define RESEND "inline:{ alice@x.test = alice }"
#define DENY                                                                           \
    "inline:{ denied@x.test = bob, @catch.test = zed, @.parent.test = group:banned, "  \
    "boss@x.test = mallory, @lit.test = mallory }"
#define GROUPS                                                                         \
    "inline:{ sales = alice bob group:field, field = carol, team = group:sales, "      \
    "loop = group:loop2 zed, loop2 = group:loop group:LOOP, banned = dave, "           \
    "deep1 = group:deep2, deep2 = group:deep3, deep3 = group:deep4, "                  \
    "deep4 = group:deep5, deep5 = group:deep6, deep6 = group:deep7, "                  \
    "deep7 = group:deep8 hal, deep8 = ivy group:deep9, deep9 = jo }"
#define SITE_ALIASES                                                                   \
    "inline:{ alias.test = x.test, @at.test = @catch.test, self.test = self.test }"

/* The maps of one site: by default those above. */
struct site_maps {
    const char *send_as, *on_behalf, *resend, *deny, *groups, *aliases;
};

static const struct site_maps whole = {SEND_AS, ON_BEHALF, RESEND,
                                       DENY,    GROUPS,    SITE_ALIASES};

enum { KINDS = 6 };

struct opened {
    struct map_site map_site;
    struct map *maps[KINDS];
    struct owner_site site;
};

static void site_open(struct opened *opened, const struct site_maps *maps)
{
    const char *const specs[KINDS] = {maps->send_as, maps->on_behalf, maps->resend,
                                      maps->deny,    maps->groups,    maps->aliases};
    struct owner_maps *const kinds[KINDS] = {
        &opened->site.send_as, &opened->site.on_behalf, &opened->site.resend,
        &opened->site.deny,    &opened->site.groups,    &opened->site.alias_domains};

    *opened = (struct opened){.map_site = {.rules = {.delimiters = "+"}, .store = ""}};
    opened->site.login_domain = "x.test";
    opened->site.rules = opened->map_site.rules;
    for (int i = 0; i < KINDS; i++) {
        struct buf error = BUF_INIT;

        if (specs[i] == NULL)
            continue;
        /* The uses stand in this order. */
        opened->maps[i] =
            map_open(specs[i], (enum map_use)i, &opened->map_site, &error);
        if (opened->maps[i] == NULL)
            fail_msg("%s", buf_str(&error));
        *kinds[i] = (struct owner_maps){&opened->maps[i], 1};
    }
}

static void site_close(struct opened *opened)
{
    for (int i = 0; i < KINDS; i++)
        map_close(opened->maps[i]);
}

/* One question. */
struct question {
    enum right right;
    const char *login; /* NULL: owner_any() */
    const char *address;
    enum answer answer;
    const char *key;   /* in the trace */
    const char *value; /* likewise, for a yes or a denial */
    bool denied;
    const char *error; /* part of the line, for what could not be told */
};

static void check_question(const struct opened *opened, const struct question *question,
                           size_t row)
{
    const struct owner_site *site = &opened->site;
    struct arena arena = {0};
    struct buf error = BUF_INIT;
    struct address address;
    struct owner_trace trace = {0};
    enum answer answer;

    assert_int_equal(address_parse(question->address, strlen(question->address),
                                   &site->rules, &arena, &address, NULL),
                     REASON_NONE);
    answer = question->login == NULL
                 ? owner_any(site, &address, &arena, &trace, &error)
                 : owner_check(site, question->right, question->login, &address, &arena,
                               &trace, &error);
    if (answer != question->answer || !same(trace.key, question->key) ||
        (question->value != NULL && !same(trace.value, question->value)) ||
        trace.denied != question->denied)
        fail_msg("row %zu: %s as %s: answer %d, key %s, value %s, denied %d, %s", row,
                 question->login, question->address, answer, trace.key, trace.value,
                 trace.denied, buf_str(&error));
    if (answer == ANSWER_UNKNOWN) {
        if (strstr(buf_str(&error), question->error) == NULL ||
            strstr(buf_str(&error), "gone") != NULL)
            fail_msg("row %zu: %s", row, buf_str(&error));
    } else {
        assert_int_equal(error.len, 0);
    }
    buf_finish(&error);
    arena_finish(&arena);
}

#define SEND(login, address, answer, key)                                              \
    {                                                                                  \
        RIGHT_SEND_AS, login, address, answer, key, NULL, false, NULL                  \
    }
#define YES ANSWER_YES
#define NO ANSWER_NO
#define UNKNOWN ANSWER_UNKNOWN

static void test_site(void **state)
{
    static const struct question questions[] = {
        /* Rights: each has its own maps, and its own first key that decides. */
        SEND("alice@x.test", "alice@x.test", YES, "alice@x.test"),
        SEND("alice@x.test", "boss@x.test", NO, "boss@x.test"),
        {RIGHT_ON_BEHALF, "alice@x.test", "boss@x.test", YES, "boss@x.test", "alice",
         false, NULL},
        {RIGHT_ON_BEHALF, "carol@x.test", "boss@x.test", YES, "boss@x.test",
         "group:sales", false, NULL},
        {RIGHT_ON_BEHALF, "frank@x.test", "boss@x.test", NO, "boss@x.test", NULL, false,
         NULL},
        {RIGHT_ON_BEHALF, "frank@x.test", "alice@x.test", YES, "@x.test", NULL, false,
         NULL},
        {RIGHT_ON_BEHALF, "boss@x.test", "boss@x.test", NO, "boss@x.test", NULL, false,
         NULL},
        {RIGHT_RESEND, "alice@x.test", "alice@x.test", YES, "alice@x.test", NULL, false,
         NULL},
        {RIGHT_RESEND, "boss@x.test", "boss@x.test", NO, NULL, NULL, false, NULL},
        {RIGHT_NONE, "alice@x.test", "alice@x.test", NO, NULL, NULL, false, NULL},

        /* Groups: nested, in circles, not there; a name in any case. */
        {RIGHT_SEND_AS, "alice@x.test", "info@x.test", YES, "info@x.test",
         "group:sales", false, NULL},
        {RIGHT_SEND_AS, "carol@x.test", "info@x.test", YES, "info@x.test",
         "group:sales", false, NULL},
        SEND("dave@x.test", "info@x.test", NO, "info@x.test"),
        {RIGHT_SEND_AS, "erin@x.test", "team@x.test", YES, "team@x.test", "erin", false,
         NULL},
        {RIGHT_SEND_AS, "carol@x.test", "team@x.test", YES, "team@x.test", "group:TEAM",
         false, NULL},
        SEND("alice@x.test", "bare@x.test", YES, "bare@x.test"),
        SEND("zed@x.test", "loop@x.test", YES, "loop@x.test"),
        SEND("alice@x.test", "loop@x.test", NO, "loop@x.test"),
        SEND("alice@x.test", "none@x.test", NO, "none@x.test"),
        /* Eight deep is deep enough: who is below could not be told. */
        SEND("hal@x.test", "deep@x.test", YES, "deep@x.test"),
        SEND("ivy@x.test", "deep@x.test", YES, "deep@x.test"),
        {RIGHT_SEND_AS, "jo@x.test", "deep@x.test", UNKNOWN, "deep@x.test", NULL, false,
         "group deep9: groups are nested too deeply"},
        /* A login that is called like a group is nobody for that. */
        SEND("group:sales", "info@x.test", NO, "info@x.test"),
        SEND("group:field", "info@x.test", NO, "info@x.test"),

        /* Alias domains: the address there, then @domain and @target. */
        SEND("alice@x.test", "alice@alias.test", YES, "alice@x.test"),
        SEND("alice@x.test", "alice+tag@alias.test", YES, "alice@x.test"),
        SEND("alice@x.test", "nobody@alias.test", NO, NULL),
        SEND("carol@x.test", "who@at.test", YES, "@catch.test"),
        SEND("alice@x.test", "alice@self.test", NO, NULL),
        SEND("alice@x.test", "alice@sub.alias.test", NO, NULL),

        /* Domains above. */
        SEND("carol@x.test", "a@y.parent.test", YES, "@.parent.test"),
        SEND("carol@x.test", "a@z.y.parent.test", YES, "@.parent.test"),
        SEND("carol@x.test", "a@parent.test", NO, NULL),
        SEND("carol@x.test", "a@near.parent.test", NO, "@near.parent.test"),
        SEND("carol@x.test", "a@1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.parent.test",
             YES, "@.parent.test"),
        SEND("carol@x.test", "a@notparent.test", NO, NULL),

        /* Denials: under any key, by group, whatever the right. */
        SEND("alice@x.test", "denied@x.test", YES, "denied@x.test"),
        {RIGHT_SEND_AS, "bob@x.test", "denied@x.test", NO, "denied@x.test", "bob", true,
         NULL},
        {RIGHT_SEND_AS, "bob@x.test", "denied+tag@x.test", NO, "denied@x.test", "bob",
         true, NULL},
        {RIGHT_SEND_AS, "bob@x.test", "denied@alias.test", NO, "denied@x.test", "bob",
         true, NULL},
        {RIGHT_SEND_AS, "dave@x.test", "a@near.parent.test", NO, "@.parent.test",
         "group:banned", true, NULL},
        SEND("zed@x.test", "any@x.test", YES, "any@x.test"),

        /* A local part that counts literally has no owner by its domain. */
        SEND("alice@x.test", "\"a..b\"@x.test", YES, "\"a..b\"@x.test"),
        SEND("carol@x.test", "\"a..b\"@catch.test", NO, NULL),

        /* Anybody's? */
        {RIGHT_NONE, NULL, "alice@x.test", YES, "alice@x.test", NULL, false, NULL},
        {RIGHT_NONE, NULL, "info@x.test", YES, "info@x.test", NULL, false, NULL},
        {RIGHT_NONE, NULL, "who@catch.test", YES, "@catch.test", NULL, false, NULL},
        {RIGHT_NONE, NULL, "who@at.test", YES, "@catch.test", NULL, false, NULL},
        {RIGHT_NONE, NULL, "a@z.y.parent.test", YES, "@.parent.test", NULL, false,
         NULL},
        {RIGHT_NONE, NULL, "nobody@x.test", NO, NULL, NULL, false, NULL},
        {RIGHT_NONE, NULL, "alice@elsewhere.test", NO, NULL, NULL, false, NULL},
        {RIGHT_NONE, NULL, "\"x..y\"@catch.test", YES, "@catch.test", NULL, false,
         NULL},
    };
    struct opened opened;

    (void)state;
    site_open(&opened, &whole);
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
        check_question(&opened, &questions[i], i);
    site_close(&opened);
}

/* A map that is away: what is still certain, and what is not. */
static void test_failures(void **state)
{
    static const struct {
        struct site_maps maps;
        struct question question;
    } cases[] = {
        /* Who is denied is asked before every yes; a no needs no denial. */
        {{SEND_AS, NULL, NULL, "fail:down", GROUPS, NULL},
         {RIGHT_SEND_AS, "alice@x.test", "alice@x.test", UNKNOWN, "alice@x.test", NULL,
          false, "fail:down: "}},
        {{SEND_AS, NULL, NULL, "fail:down", GROUPS, NULL},
         SEND("bob@x.test", "alice@x.test", NO, "alice@x.test")},
        {{SEND_AS, NULL, NULL, "fail:down", GROUPS, NULL},
         {RIGHT_NONE, NULL, "alice@x.test", YES, "alice@x.test", NULL, false, NULL}},
        /* Groups matter where a group is named. */
        {{SEND_AS, NULL, NULL, DENY, "fail:down", NULL},
         SEND("alice@x.test", "alice@x.test", YES, "alice@x.test")},
        {{SEND_AS, NULL, NULL, DENY, "fail:down", NULL},
         {RIGHT_SEND_AS, "alice@x.test", "info@x.test", UNKNOWN, "info@x.test", NULL,
          false, "fail:down: "}},
        {{SEND_AS, NULL, NULL, DENY, "fail:down", NULL},
         SEND("erin@x.test", "team@x.test", YES, "team@x.test")},
        {{SEND_AS, NULL, NULL, DENY, "fail:down", NULL},
         {RIGHT_SEND_AS, "carol@x.test", "a@y.parent.test", UNKNOWN, "@.parent.test",
          NULL, false, "fail:down: "}},
        {{SEND_AS, NULL, NULL, DENY, "fail:down", NULL},
         {RIGHT_NONE, NULL, "info@x.test", YES, "info@x.test", NULL, false, NULL}},
        /* Alias domains matter behind the address itself, and for denials. */
        {{SEND_AS, NULL, NULL, NULL, GROUPS, "fail:down"},
         SEND("alice@x.test", "alice@x.test", YES, "alice@x.test")},
        {{SEND_AS, NULL, NULL, NULL, GROUPS, "fail:down"},
         SEND("bob@x.test", "alice@x.test", UNKNOWN, "alice@x.test")},
        {{SEND_AS, NULL, NULL, NULL, GROUPS, "fail:down"},
         {RIGHT_SEND_AS, "carol@x.test", "who@catch.test", UNKNOWN, NULL, NULL, false,
          "fail:down: "}},
        {{SEND_AS, NULL, NULL, DENY, GROUPS, "fail:down"},
         {RIGHT_SEND_AS, "alice@x.test", "alice@x.test", UNKNOWN, "alice@x.test", NULL,
          false, "fail:down: "}},
        {{SEND_AS, NULL, NULL, DENY, GROUPS, "fail:down"},
         {RIGHT_SEND_AS, "bob@x.test", "denied@x.test", NO, "denied@x.test", "bob",
          true, NULL}},
        {{"inline:{ @alias.test = a }", NULL, NULL, NULL, NULL,
          "inline:{ alias.test = x.test }"},
         SEND("a@x.test", "who@alias.test", YES, "@alias.test")},
        /* The first line, and no second. */
        {{SEND_AS, NULL, NULL, "fail:gone", "fail:down", NULL},
         {RIGHT_SEND_AS, "alice@x.test", "info@x.test", UNKNOWN, "info@x.test", NULL,
          false, "fail:down: "}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct question question = cases[i].question;
        struct opened opened;

        if (question.answer == UNKNOWN && question.error == NULL)
            question.error = "fail:down: ";
        site_open(&opened, &cases[i].maps);
        check_question(&opened, &question, i);
        site_close(&opened);
    }
}

/* --- groups alone --- */

static void test_groups(void **state)
{
    static const struct {
        const char *group;
        const char *login;
        enum answer answer;
    } cases[] = {
        {"sales", "alice@x.test", YES},  {"Sales", "carol@x.test", YES},
        {"sales", "dave@x.test", NO},    {"none", "alice@x.test", NO},
        {"", "alice@x.test", NO},        {"loop", "zed@x.test", YES},
        {"deep1", "jo@x.test", UNKNOWN}, {"deep2", "jo@x.test", YES},
    };
    struct opened opened;

    (void)state;
    site_open(&opened, &whole);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = {0};
        struct buf error = BUF_INIT;

        assert_int_equal(owner_in_group(&opened.site, cases[i].group, cases[i].login,
                                        &arena, &error),
                         cases[i].answer);
        assert_int_equal(error.len != 0, cases[i].answer == UNKNOWN);
        buf_finish(&error);
        arena_finish(&arena);
    }
    site_close(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_site),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
