/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of policy/rules.c: a configuration and facts in, a rule out. */
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
#include "mail/login.h"
#include "policy/rules.h"

static char path[] = "/tmp/sendas-rules-XXXXXX";

static int setup(void **state)
{
    const int fd = mkstemp(path);

    (void)state;
    return fd == -1 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static struct conf *load(const char *text)
{
    struct buf error = BUF_INIT;
    FILE *file = fopen(path, "w");
    struct conf *conf;

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    conf = conf_load(path, &error);
    if (conf == NULL)
        fail_msg("%s", buf_str(&error));
    buf_finish(&error);
    return conf;
}

/* The groups "NAME" hold NAME@g; "down" cannot be asked; counts how often it was. */
static enum answer in_group(void *arg, const char *group, const char *login,
                            struct arena *arena, struct buf *error_r)
{
    (void)arena;
    ++*(int *)arg;
    if (strncmp(group, "down", 4) == 0) {
        buf_addf(error_r, "%s is away", group);
        return ANSWER_UNKNOWN;
    }
    return strncmp(login, group, strlen(group)) == 0 &&
                   strcmp(login + strlen(group), "@g") == 0
               ? ANSWER_YES
               : ANSWER_NO;
}

/* What is expected: the name of a rule, "" for the top level, "?" for no answer. */
static void check_choice(const struct rules *rules, const struct facts *facts,
                         const char *login_domain, const char *expected, int row)
{
    struct arena arena = {0};
    struct buf error = BUF_INIT;
    const struct conf_rule *rule;
    int asked = 0;
    const char *login =
        facts->login != NULL
            ? login_normalise(facts->login, strlen(facts->login), login_domain, &arena)
            : NULL;
    const struct rules_groups groups = {in_group, NULL, &asked};
    const enum answer answer =
        rules_choose(rules, facts, login, &groups, &arena, &rule, &error);
    const char *found = answer == ANSWER_YES  ? rule->name
                        : answer == ANSWER_NO ? ""
                                              : "?";

    if (strcmp(found, expected) != 0)
        fail_msg("row %d: \"%s\", expected \"%s\"", row, found, expected);
    assert_int_equal(answer == ANSWER_UNKNOWN, error.len != 0);
    if (answer != ANSWER_YES)
        assert_null(rule);
    buf_finish(&error);
    arena_finish(&arena);
}

#define LOGIN(text) .facts = {.login = (text)}

static const struct {
    const char *conf;
    struct facts facts;
    const char *rule;
} rows[] = {
    /* no rule, no condition, order */
    {"", LOGIN("a@b"), ""},
    {"rule x {}", LOGIN("a@b"), "x"},
    {"rule x {}", LOGIN(NULL), "x"},
    {"rule x {} rule y {}", LOGIN("a@b"), "x"},
    {"rule x { logins = c@d } rule y { logins = { c@d, a@b } } rule z {}", LOGIN("a@b"),
     "y"},

    /* logins */
    {"rule x { logins = 'a@b' }", LOGIN("a@b"), "x"},
    {"rule x { logins = 'A@B' }", LOGIN("a@b"), "x"},
    {"rule x { logins = 'a@b' }", LOGIN("A@b"), "x"},
    {"rule x { logins = 'a@b' }", LOGIN("a@bc"), ""},
    {"rule x { logins = 'a@b' }", LOGIN("a"), ""},
    {"rule x { logins = 'a@b' }", LOGIN(""), ""},
    {"rule x { logins = 'a@b' }", LOGIN("a@b\n"), ""},
    {"rule x { logins = 'a@b' }", LOGIN(NULL), ""},
    {"login_domain = b rule x { logins = a }", LOGIN("a@b"), "x"},
    {"login_domain = b rule x { logins = 'a@b' }", LOGIN("a"), "x"},
    {"login_domain = b rule x { logins = 'a@c' }", LOGIN("a"), ""},
    {"rule x { logins = mail-from }", LOGIN(NULL), ""},

    /* groups; who is named needs none */
    {"rule x { logins = 'group:s' }", LOGIN("s@g"), "x"},
    {"rule x { logins = 'group:s' }", LOGIN("t@g"), ""},
    {"rule x { logins = 'group:s' }", LOGIN(NULL), ""},
    {"rule x { logins = 'group:s' }", LOGIN(""), ""},
    {"rule x { logins = { t@g, 'group:s' } }", LOGIN("t@g"), "x"},
    {"rule x { logins = { t@g, 'group:down' } }", LOGIN("t@g"), "x"},
    {"rule x { logins = { 'group:down', 'group:s' } }", LOGIN("s@g"), "x"},
    {"rule x { logins = { 'group:s', 'group:down' } }", LOGIN("t@g"), "?"},
    {"rule x { logins = { 'group:down', 'group:down2' } }", LOGIN("t@g"), "?"},
    {"rule x { logins = 'group:down' } rule y {}", LOGIN("t@g"), "?"},
    {"rule y { logins = 't@g' } rule x { logins = 'group:down' }", LOGIN("t@g"), "y"},
    {"rule x { logins = 'group:down' min_tls = any } rule y {}", LOGIN("t@g"), "y"},
    {"rule x { logins = 'group:down' } rule y {}", LOGIN(NULL), "y"},
    {"rule x { logins = 'group:s' } rule y { logins = 'group:t' }", LOGIN("t@g"), "y"},

    /* login_domains */
    {"rule x { login_domains = example.org }", LOGIN("a@example.org"), "x"},
    {"rule x { login_domains = Example.ORG }", LOGIN("a@EXAMPLE.org"), "x"},
    {"rule x { login_domains = example.org }", LOGIN("a@sub.example.org"), ""},
    {"rule x { login_domains = example.org }", LOGIN("a@badexample.org"), ""},
    {"rule x { login_domains = example.org }", LOGIN("a"), ""},
    {"rule x { login_domains = example.org }", LOGIN("example.org"), ""},
    {"rule x { login_domains = example.org }", LOGIN(NULL), ""},
    {"rule x { login_domains = '.example.org' }", LOGIN("a@example.org"), ""},
    {"rule x { login_domains = '.example.org' }", LOGIN("a@b.example.org"), "x"},
    {"rule x { login_domains = '.example.org' }", LOGIN("a@c.b.example.org"), "x"},
    {"rule x { login_domains = '.example.org' }", LOGIN("a@badexample.org"), ""},
    {"rule x { login_domains = 'example.org' }", LOGIN("x@example.org@evil.example"),
     ""},
    {"rule x { login_domains = \"b\xc3\xbc"
     "cher.example\" }",
     LOGIN("a@xn--bcher-kva.example"), "x"},
    {"rule x { login_domains = xn--bcher-kva.example }",
     LOGIN("a@b\xc3\xbc"
           "cher.example"),
     "x"},
    {"login_domain = example.org rule x { login_domains = example.org }", LOGIN("a"),
     "x"},

    /* clients */
    {"rule x { clients = 10.0.0.5 }", {.client = "10.0.0.5"}, "x"},
    {"rule x { clients = 10.0.0.5 }", {.client = "10.0.0.6"}, ""},
    {"rule x { clients = 10.0.0.5 }", {.client = "::ffff:10.0.0.5"}, "x"},
    {"rule x { clients = '10.0.0.0/8' }", {.client = "10.9.9.9"}, "x"},
    {"rule x { clients = '10.0.0.0/8' }", {.client = "11.9.9.9"}, ""},
    {"rule x { clients = '0.0.0.0/0' }", {.client = "2001:db8::1"}, ""},
    {"rule x { clients = '::/0' }", {.client = "2001:db8::1"}, "x"},
    {"rule x { clients = '::/0' }", {.client = "192.0.2.1"}, ""},
    {"rule x { clients = { '192.0.2.0/25', '2001:db8::/33', '192.0.2.192/26' } }",
     {.client = "192.0.2.200"},
     "x"},
    {"rule x { clients = { '192.0.2.0/25', '2001:db8::/33', '192.0.2.192/26' } }",
     {.client = "192.0.2.129"},
     ""},
    {"rule x { clients = { '192.0.2.0/25', '2001:db8::/33' } }",
     {.client = "2001:db8:7fff::"},
     "x"},
    {"rule x { clients = local }", {.client = "local"}, "x"},
    {"rule x { clients = local }", {.client = "127.0.0.1"}, ""},
    {"rule x { clients = local }", {.client = NULL}, ""},
    {"rule x { clients = '0.0.0.0/0' }", {.client = "local"}, ""},
    {"rule x { clients = '0.0.0.0/0' }", {.client = NULL}, ""},
    {"rule x { clients = '0.0.0.0/0' }", {.client = "10.0.0.5; x"}, ""},
    {"rule x { clients = '0.0.0.0/0' }", {.client = ""}, ""},

    /* client_names: below a domain is not the domain; no name is no name */
    {"rule x { client_names = mx.example.org }",
     {.client_name = "MX.Example.Org"},
     "x"},
    {"rule x { client_names = mx.example.org }",
     {.client_name = "mx.example.org."},
     "x"},
    {"rule x { client_names = mx.example.org }",
     {.client_name = "a.mx.example.org"},
     ""},
    {"rule x { client_names = '.example.org' }",
     {.client_name = "a.b.example.org"},
     "x"},
    {"rule x { client_names = '.example.org' }", {.client_name = "example.org"}, ""},
    {"rule x { client_names = '.example.org' }", {.client_name = "bexample.org"}, ""},
    {"rule x { client_names = '.example.org' }", {.client_name = ".example.org"}, ""},
    {"rule x { client_names = '.org' }", {.client_name = "[.example.org"}, ""},
    {"rule x { client_names = '.5' }", {.client_name = "[10.0.0.5]"}, ""},
    {"rule x { client_names = { example.org } }", {.client_name = "unknown"}, ""},
    {"rule x { client_names = { example.org } }", {.client_name = NULL}, ""},
    {"rule x { client_names = { example.org } }", {.client_name = ""}, ""},

    /* daemons, mechanisms, certificates */
    {"rule x { daemons = submission }", {.daemon = "submission"}, "x"},
    {"rule x { daemons = MSA }", {.daemon = "msa"}, "x"},
    {"rule x { daemons = submission }", {.daemon = "smtpd"}, ""},
    {"rule x { daemons = submission }", {.daemon = NULL}, ""},
    {"rule x { mechanisms = plain }", {.login = "a@b", .mechanism = "PLAIN"}, "x"},
    {"rule x { mechanisms = { LOGIN, PLAIN } }",
     {.login = "a@b", .mechanism = "PLAIN"},
     "x"},
    {"rule x { mechanisms = LOGIN }", {.login = "a@b", .mechanism = "PLAIN"}, ""},
    {"rule x { mechanisms = PLAIN }", {.login = "a@b"}, ""},
    {"rule x { cert_subjects = '/CN=a' }", {.cert_subject = "/CN=a"}, "x"},
    {"rule x { cert_subjects = '/CN=a' }", {.cert_subject = "/CN=A"}, ""},
    {"rule x { cert_subjects = '/CN=a' }", {.cert_subject = "/CN=a "}, ""},
    {"rule x { cert_subjects = '/CN=a' }", {.cert_subject = ""}, ""},
    {"rule x { cert_subjects = '/CN=a' }", {.cert_subject = NULL}, ""},

    /* authenticated */
    {"rule x { authenticated = true }", LOGIN("a@b"), "x"},
    {"rule x { authenticated = true }", LOGIN(""), "x"},
    {"rule x { authenticated = true }", LOGIN(NULL), ""},
    {"rule x { authenticated = false }", LOGIN(NULL), "x"},
    {"rule x { authenticated = false }", LOGIN("a@b"), ""},
    {"rule x { authenticated = false }", LOGIN(""), ""},
    {"rule x { authenticated = any }", LOGIN("a@b"), "x"},

    /* min_tls */
    {"rule x { min_tls = none }", {.tls_version = NULL}, "x"},
    {"rule x { min_tls = any }", {.tls_version = NULL}, ""},
    {"rule x { min_tls = any }", {.tls_version = ""}, ""},
    {"rule x { min_tls = any }", {.tls_version = "TLSv1"}, "x"},
    {"rule x { min_tls = any }", {.tls_version = "SSLv3"}, "x"},
    {"rule x { min_tls = TLSv1 }", {.tls_version = "SSLv3"}, ""},
    {"rule x { min_tls = TLSv1 }", {.tls_version = "TLSv1"}, "x"},
    {"rule x { min_tls = TLSv1.1 }", {.tls_version = "TLSv1"}, ""},
    {"rule x { min_tls = TLSv1.2 }", {.tls_version = "TLSv1.1"}, ""},
    {"rule x { min_tls = TLSv1.2 }", {.tls_version = "TLSv1.2"}, "x"},
    {"rule x { min_tls = TLSv1.2 }", {.tls_version = "TLSv1.3"}, "x"},
    {"rule x { min_tls = TLSv1.3 }", {.tls_version = "TLSv1.2"}, ""},
    {"rule x { min_tls = TLSv1.3 }", {.tls_version = "TLSv1.4"}, "x"},
    {"rule x { min_tls = TLSv1.3 }", {.tls_version = "TLSv2"}, "x"},
    {"rule x { min_tls = TLSv1 }", {.tls_version = "TLSv"}, ""},
    {"rule x { min_tls = TLSv1 }", {.tls_version = "TLSv1.x"}, ""},
    {"rule x { min_tls = TLSv1 }", {.tls_version = "tlsv1.3"}, ""},

    /* all of them must hold */
    {"rule x { clients = 10.0.0.5 authenticated = true } rule y { clients = 10.0.0.5 }",
     {.client = "10.0.0.5"},
     "y"},
    {"rule x { clients = 10.0.0.5 logins = a@b min_tls = any mechanisms = PLAIN }",
     {.client = "10.0.0.5",
      .login = "a@b",
      .tls_version = "TLSv1.3",
      .mechanism = "PLAIN"},
     "x"},
    {"rule x { clients = 10.0.0.5 logins = a@b min_tls = any mechanisms = PLAIN }",
     {.client = "10.0.0.5",
      .login = "a@b",
      .tls_version = "TLSv1.3",
      .mechanism = "LOGIN"},
     ""},
};

static void test_choose(void **state)
{
    struct buf error = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf *conf = load(rows[i].conf);
        struct rules *rules = rules_create(conf, &error);

        assert_non_null(rules);
        check_choice(rules, &rows[i].facts, conf->login_domain, rows[i].rule, (int)i);
        rules_destroy(rules);
        conf_destroy(conf);
    }
    rules_destroy(NULL);
    buf_finish(&error);
}

/* Of many rules each is found by its own login, and only one group at a time is asked
 * for. */
static void test_many(void **state)
{
    struct buf text = BUF_INIT;
    struct buf error = BUF_INIT;
    struct conf *conf;
    struct rules *rules;

    (void)state;
    for (int i = 0; i < 200; i++)
        buf_addf(&text,
                 "rule r%d { logins = { u%d@x, 'group:g%d' } clients = "
                 "{ '10.0.%d.0/24', '10.%d.0.0/16' } }\n",
                 i, i, i % 50, i, i);
    conf = load(buf_str(&text));
    rules = rules_create(conf, &error);
    assert_non_null(rules);
    for (int i = 0; i < 200; i++) {
        char login[20], client[20], name[20];
        struct facts facts = {.login = login, .client = client};

        snprintf(login, sizeof login, "u%d@x", i);
        snprintf(client, sizeof client, "10.0.%d.7", i);
        snprintf(name, sizeof name, "r%d", i);
        check_choice(rules, &facts, "", name, i);
        snprintf(client, sizeof client, "10.%d.7.7", i);
        check_choice(rules, &facts, "", name, i);
        /* 10.0.0.0/16 is of the first rule, which the login is not of. */
        snprintf(client, sizeof client, "10.0.%d.7", (i + 1) % 200);
        if (i != 0)
            check_choice(rules, &facts, "", "", i);
    }
    rules_destroy(rules);
    conf_destroy(conf);
    buf_finish(&text);
    buf_finish(&error);
}

static const char asked_conf[] = "rule a { logins = { 'group:p', 'group:Q' } }\n"
                                 "rule b { logins = { 'group:q', 'group:p' } }\n"
                                 "rule c { logins = 'group:r' daemons = d }\n"
                                 "rule e { logins = 'z@g' }\n"
                                 "rule f { logins = 'group:s' }\n";

/* What rule the login gets, and how often groups are asked for. */
static void check_asked(const struct rules *rules, const char *login,
                        const struct rules_groups *groups, const char *expected)
{
    const struct facts facts = {.login = login};
    struct buf error = BUF_INIT;
    struct arena arena = {0};
    const struct conf_rule *rule;
    const enum answer answer =
        rules_choose(rules, &facts, login, groups, &arena, &rule, &error);

    assert_int_equal(answer, expected == NULL      ? ANSWER_UNKNOWN
                             : expected[0] != '\0' ? ANSWER_YES
                                                   : ANSWER_NO);
    assert_int_equal(error.len != 0, answer == ANSWER_UNKNOWN);
    if (answer == ANSWER_YES)
        assert_string_equal(rule->name, expected);
    arena_finish(&arena);
    buf_finish(&error);
}

/* Each group is asked once, and only where its answer matters. */
static void test_asked(void **state)
{
    struct conf *conf = load(asked_conf);
    struct buf error = BUF_INIT;
    struct rules *rules = rules_create(conf, &error);
    int asked = 0;
    const struct rules_groups groups = {in_group, NULL, &asked};

    (void)state;
    check_asked(rules, "z@g", &groups, "e");
    assert_int_equal(asked, 2);
    check_asked(rules, "q@g", &groups, "a");
    assert_int_equal(asked, 4);
    check_asked(rules, "s@g", &groups, "f");
    assert_int_equal(asked, 7);
    rules_destroy(rules);
    conf_destroy(conf);
    buf_finish(&error);
}

/* All groups of "NAME@g": NAME, and one that no rule names; "away" cannot be told, and
 * "single" only one by one. */
static enum answer all_groups(void *arg, const char *login, struct arena *arena,
                              struct strlist *groups_r, struct buf *error_r)
{
    *(int *)arg += 100;
    if (strcmp(login, "away@g") == 0) {
        buf_adds(error_r, "the groups are away");
        return ANSWER_UNKNOWN;
    }
    if (strncmp(login, "s", 1) == 0)
        return ANSWER_NO;
    assert_true(strlist_add(groups_r, arena, "another"));
    assert_true(strlist_addn(groups_r, arena, login, strcspn(login, "@")));
    return ANSWER_YES;
}

static void test_asked_at_once(void **state)
{
    struct conf *conf = load(asked_conf);
    struct buf error = BUF_INIT;
    struct rules *rules = rules_create(conf, &error);
    int asked = 0;
    const struct rules_groups groups = {in_group, all_groups, &asked};

    (void)state;
    check_asked(rules, "p@g", &groups, "a");
    check_asked(rules, "q@g", &groups, "a");
    check_asked(rules, "r@g", &groups, "");
    check_asked(rules, "z@g", &groups, "e");
    check_asked(rules, "nobody@g", &groups, "");
    check_asked(rules, "away@g", &groups, NULL);
    assert_int_equal(asked, 600);
    check_asked(rules, "s@g", &groups, "f");
    assert_int_equal(asked, 703);
    rules_destroy(rules);
    conf_destroy(conf);
    conf = load("rule a { logins = 'group:p' }");
    rules = rules_create(conf, &error);
    asked = 0;
    check_asked(rules, "p@g", &groups, "a");
    assert_int_equal(asked, 1); /* the one group is asked for at less cost */
    rules_destroy(rules);
    conf_destroy(conf);
    buf_finish(&error);
}

static const struct {
    const char *conf, *error;
} bad[] = {
    {"\nown_address = 'a(b@example.org'\nrule x {}",
     ":2: own_address: expected an address, found \"a(b@example.org\""},
    {"rule x {\n own_address = 'a@exa_\xff.org' }\nrule y {}",
     ":2: rule \"x\": own_address: expected an address, found \"a@exa_\\xff.org\""},
    {"rule x {\n login_domains = { b, 'c\xff.example' } }",
     ":2: rule \"x\": login_domains: expected a domain, found \"c\\xff.example\""},
    {"rule x { client_names = '\xff' }\nrule y { client_names = '\xff' }",
     ":1: rule \"x\": client_names: expected the name of a host, found \"\\xff\""},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct conf *conf = load(bad[i].conf);
        struct buf error = BUF_INIT;

        struct rules *rules = rules_create(conf, &error);

        if (rules != NULL)
            fail_msg("%s", bad[i].conf);
        assert_memory_equal(buf_str(&error), path, strlen(path));
        buf_addc(&error, '\n');
        error.data[strcspn(error.data, "\n")] = '\0';
        assert_string_equal(buf_str(&error) + strlen(path), bad[i].error);
        conf_destroy(conf);
        buf_finish(&error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choose),   cmocka_unit_test(test_many),
        cmocka_unit_test(test_asked),    cmocka_unit_test(test_asked_at_once),
        cmocka_unit_test(test_mistakes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
