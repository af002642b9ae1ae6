/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of the rules of sendas.conf: conf/conf_titled.c, conf_policy_checks.c and
 * reply_text.c by way of whole files. */
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
#include "conf/conf_table.h"
#include "conf/conf_titled.h"
#include "conf/reply_text.h"

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

static struct conf *load(const char *text, struct buf *error)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return conf_load(path, error);
}

static struct conf *load_good(const char *text)
{
    struct buf error = BUF_INIT;
    struct conf *conf = load(text, &error);

    if (conf == NULL)
        fail_msg("%s", buf_str(&error));
    buf_finish(&error);
    return conf;
}

static const char whole[] =
    "rule \"web server\" {\n"
    "    logins = { \"www@example.org\", \"group:shops\" }\n"
    "    on_violation = rewrite own_address = 'www@example.org'\n"
    "}\n"
    "from = domain\n"
    "rule scanner {\n"
    "    clients = { 10.0.0.5, \"2001:db8::/32\", local }\n"
    "    client_names = { \".example.org\", \"mx.example.net\" }\n"
    "    daemons = { submission }\n"
    "    mechanisms = { PLAIN, \"SCRAM-SHA-256-PLUS\" }\n"
    "    cert_subjects = { \"/C=DE/CN=scanner\", \"scanner\" }\n"
    "    login_domains = { \"example.org\", \".example.org\" }\n"
    "    authenticated = false min_tls = TLSv1.2\n"
    "    identity = \"scanner@example.org\"\n"
    "    from = owned reply = \"{{no}} {address}: {sentence}\"\n"
    "    help_url = \"https://example.org/help?x=1\"\n"
    "}\n"
    "rule 'a \"b\\'c\\\\' {}\n"
    "mode = monitor on_violation = tag\n"
    "received { login = full }\n";

static void test_fields(void **state)
{
    struct conf *conf = load_good(whole);
    const struct conf_rule *rule = conf->rules;

    (void)state;
    assert_int_equal(conf->rule_count, 3);
    assert_int_equal(conf_titled_count(&conf->head), 3);
    assert_ptr_equal(conf_titled_item(&conf->head, 1), &conf->rules[1]);
    assert_string_equal(rule->name, "web server");
    assert_int_equal(rule->line, 1);
    assert_int_equal(rule->logins.count, 2);
    assert_string_equal(rule->logins.items[1], "group:shops");
    assert_int_equal(rule->clients.count, 0);
    assert_int_equal(rule->authenticated, RULE_AUTHENTICATED_ANY);
    assert_int_equal(rule->min_tls, MIN_TLS_NONE);
    assert_string_equal(rule->identity, "");
    assert_int_equal(rule->policy.on_violation, ON_VIOLATION_REWRITE);
    assert_string_equal(rule->policy.own_address, "www@example.org");

    rule = &conf->rules[1];
    assert_string_equal(rule->name, "scanner");
    assert_int_equal(rule->line, 6);
    assert_int_equal(rule->clients.count, 3);
    assert_string_equal(rule->clients.items[2], "local");
    assert_int_equal(rule->client_names.count, 2);
    assert_int_equal(rule->daemons.count, 1);
    assert_int_equal(rule->mechanisms.count, 2);
    assert_int_equal(rule->cert_subjects.count, 2);
    assert_string_equal(rule->cert_subjects.items[0], "/C=DE/CN=scanner");
    assert_int_equal(rule->login_domains.count, 2);
    assert_int_equal(rule->authenticated, RULE_AUTHENTICATED_NO);
    assert_int_equal(rule->min_tls, MIN_TLS_1_2);
    assert_string_equal(rule->identity, "scanner@example.org");
    assert_string_equal(rule->policy.reply, "{{no}} {address}: {sentence}");
    assert_string_equal(rule->policy.help_url, "https://example.org/help?x=1");
    assert_string_equal(conf->rules[2].name, "a \"b'c\\");
    assert_int_equal(conf->rules[2].line, 18);
    conf_destroy(conf);
}

/* From the top level, before and behind the rule; and nothing goes up. */
static void test_inheritance(void **state)
{
    struct conf *conf = load_good(whole);

    (void)state;
    for (size_t i = 0; i < conf->rule_count; i++)
        assert_int_equal(conf->rules[i].policy.mode, MODE_MONITOR);
    assert_int_equal(conf->rules[0].policy.from, FROM_DOMAIN);
    assert_int_equal(conf->rules[1].policy.from, FROM_OWNED);
    assert_int_equal(conf->rules[1].policy.on_violation, ON_VIOLATION_TAG);
    assert_int_equal(conf->rules[0].policy.null_sender, NULL_SENDER_ALLOW);
    assert_string_equal(conf->rules[0].policy.reply, "");
    assert_memory_equal(&conf->rules[2].policy, &conf->policy, sizeof conf->policy);
    assert_int_equal(conf->policy.from, FROM_DOMAIN);
    assert_string_equal(conf->policy.own_address, "");
    assert_true(conf->received.add);
    assert_int_equal(conf->received.login, SHOW_LOGIN_FULL);
    conf_destroy(conf);
}

/* Each setting of the policy lands in its own field of the rule, and in no other. */
static void test_each_setting(void **state)
{
    (void)state;
    for (const struct conf_row *row = conf_kind_milter.rows; row->name != NULL; row++) {
        struct conf *conf;
        struct buf text = BUF_INIT;

        if (!conf_row_shared(&conf_kind_milter, row))
            continue;
        buf_addf(&text, "rule x { %s = \"%s\" }", row->name,
                 row->type == CONF_WORD                  ? row->words[1].name
                 : strcmp(row->name, "own_address") == 0 ? "a@b"
                                                         : "https://example.org/");
        conf = load_good(buf_str(&text));
        for (const struct conf_row *other = conf_kind_milter.rows; other->name != NULL;
             other++) {
            struct buf top = BUF_INIT;
            struct buf rule = BUF_INIT;

            if (!conf_row_shared(&conf_kind_milter, other))
                continue;
            conf_value_format(other, &conf->head, &top);
            conf_field_format(
                other, conf_titled_field(&conf_kind_milter, other, conf->rules), &rule);
            assert_int_equal(strcmp(buf_str(&top), buf_str(&rule)) != 0, other == row);
            assert_int_equal(conf_titled_line(&conf->head, conf->rules, other->name) ==
                                 1,
                             other == row);
            buf_finish(&top);
            buf_finish(&rule);
        }
        conf_destroy(conf);
        buf_finish(&text);
    }
}

/* What conf_print() writes loads to the same again. */
static void test_print(void **state)
{
    struct conf *conf = load_good(whole);
    struct buf once = BUF_INIT;
    struct buf twice = BUF_INIT;
    struct conf *again;

    (void)state;
    conf_print(&conf->head, &once);
    assert_non_null(strstr(buf_str(&once),
                           "}\nrule \"web server\" {\n"
                           "    logins = { \"www@example.org\", \"group:shops\" }\n"
                           "    on_violation = \"rewrite\"\n"
                           "    own_address = \"www@example.org\"\n}\n"
                           "rule \"scanner\" {\n"));
    assert_non_null(strstr(buf_str(&once), "rule \"a \\\"b'c\\\\\" {\n}\n"));
    again = load_good(buf_str(&once));
    assert_int_equal(again->rule_count, 3);
    conf_print(&again->head, &twice);
    assert_string_equal(buf_str(&once), buf_str(&twice));
    conf_destroy(conf);
    conf_destroy(again);
    buf_finish(&once);
    buf_finish(&twice);
}

static void check_where(const struct conf *conf, const struct conf_rule *rule,
                        const char *name, const char *expected)
{
    struct buf out = BUF_INIT;

    conf_titled_where(&conf->head, rule, name, &out);
    assert_memory_equal(buf_str(&out), path, strlen(path));
    assert_string_equal(buf_str(&out) + strlen(path), expected);
    buf_finish(&out);
}

static void test_where(void **state)
{
    struct conf *conf = load_good(whole);

    (void)state;
    check_where(conf, conf->rules, "logins", ":2: rule \"web server\": logins: ");
    check_where(conf, conf->rules, NULL, ":1: rule \"web server\": ");
    check_where(conf, conf->rules, "mode", ":1: rule \"web server\": mode: ");
    check_where(conf, &conf->rules[1], "identity", ":14: rule \"scanner\": identity: ");
    conf_destroy(conf);
}

#define LOGINS_EXPECTED                                                                \
    "expected a list such as { \"alice@example.org\", \"group:sales\" }"
#define ADDRESS_EXPECTED                                                               \
    "expected an address such as www@example.org, or \"\" for the login's own"
#define URL_EXPECTED                                                                   \
    "expected a URL that begins with https:// or http://, or \"\" for none"

static const struct {
    const char *text, *error; /* with "@" for the path, in front of each line */
} bad[] = {
    /* blocks */
    {"rule { from = any }", ":1: rule: expected a name in quotes, found \"{\""},
    {"rule", ":1: rule: expected a name in quotes, found the end of the file"},
    {"rule = x", ":1: rule: expected a name in quotes, found \"=\""},
    {"rule \"a\"\nfrom = any",
     ":2: rule \"a\": expected { and settings, found \"from\""},
    {"rule \"a\" {\n from = any\n", ":1: rule \"a\": this { is not closed"},
    {"rule \"\" {}", ":1: rule \"\": expected a name of 1 to 80 bytes"},
    {"\nrule default {}",
     ":2: rule \"default\": expected another name, as this one stands for the settings "
     "outside of each rule"},
    {"rule a {}\nrule b {}\nrule 'a' { from = x }",
     ":3: rule \"a\": given twice, first on line 1; expected a name of its own"},
    {"rule \"a\\\\b\" {}\nrule 'a\\\\b' {}",
     ":2: rule \"a\\\\b\": given twice, first on line 1; expected a name of its own"},
    {"rule a { rule b {} }", ":1: unknown setting \"rule\" in rule \"a\""},
    {"received { rule b {} }", ":1: unknown setting \"rule\" in block received"},
    {"rule \"\xff\x01\" {}", ":1: control character \\x01 in quotes"},
    {"rule \"\xff\" { frm = 1 }", ":1: unknown setting \"frm\" in rule \"\\xff\"; the "
                                  "nearest known name is \"from\""},

    /* names */
    {"rule a { logns = b }", ":1: unknown setting \"logns\" in rule \"a\"; the nearest "
                             "known name is \"logins\""},
    {"rule a { listen = b }", ":1: unknown setting \"listen\" in rule \"a\"; it is one "
                              "of the whole file, outside of each rule"},
    {"\nclients = local", ":2: unknown setting \"clients\"; it is one of a rule"},
    {"rule a { from = any\n from = any }\nrule b { from = any }",
     ":2: rule \"a\": from: given twice, first on line 1; expected once"},
    {"rule a {\n logins = {}\n}",
     ":2: rule \"a\": logins: expected at least one value"},
    {"rule a { logins += b }",
     ":1: rule \"a\": logins: expected = and the whole value, not +="},
    {"rule a { from = { any } }",
     ":1: rule \"a\": from: expected one value, not a list"},

    /* values */
    {"rule a {\n from = \"x\" }",
     ":2: rule \"a\": from = \"x\": expected owned, mail-from, domain or any"},
    {"rule a { authenticated = maybe }",
     ":1: rule \"a\": authenticated = \"maybe\": expected any, true or false"},
    {"rule a { min_tls = 1.2 }",
     ":1: rule \"a\": min_tls = \"1.2\": expected none, any, "
     "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"},
    {"rule a { logins = { b,\n\"\" } }",
     ":2: rule \"a\": logins = \"\": " LOGINS_EXPECTED},
    {"rule a { logins = 'b, c' }",
     ":1: rule \"a\": logins = \"b, c\": " LOGINS_EXPECTED},
    {"rule a { logins = '*' }",
     ":1: rule \"a\": logins = \"*\": expected logins; "
     "authenticated = true stands for whoever has logged in"},
    {"rule a { logins = '@b' }", ":1: rule \"a\": logins = \"@b\": expected a login; "
                                 "login_domains stands for all logins of a domain"},
    {"rule a { logins = 'group:' }",
     ":1: rule \"a\": logins = \"group:\": expected the "
     "name of a group behind group:"},
    {"rule a { login_domains = '@b' }",
     ":1: rule \"a\": login_domains = \"@b\": expected a list such as "
     "{ \"example.org\", \".example.org\" }"},
    {"rule a { login_domains = '.' }",
     ":1: rule \"a\": login_domains = \".\": expected a list such as "
     "{ \"example.org\", \".example.org\" }"},
    {"rule a { clients = { ::1, '10.0.0.5/8' } }",
     ":1: rule \"a\": clients = \"10.0.0.5/8\": expected 10.0.0.0/8, as bits behind "
     "the "
     "first 8 are set"},
    {"rule a { clients = localhost }",
     ":1: rule \"a\": clients = \"localhost\": expected an IPv4 or IPv6 address, with "
     "/BITS for a network"},
    {"rule a { client_names = '*.b' }",
     ":1: rule \"a\": client_names = \"*.b\": expected .example.org for all that is "
     "below example.org, without *"},
    {"rule a { client_names = Unknown }",
     ":1: rule \"a\": client_names = \"Unknown\": expected the name of a host; a "
     "client "
     "without a name that could be verified has none"},
    {"rule a { client_names = '[10.0.0.1]' }",
     ":1: rule \"a\": client_names = \"[10.0.0.1]\": expected the name of a host; a "
     "client without a name that could be verified has none"},
    {"rule a { client_names = 10.0.0.1 }",
     ":1: rule \"a\": client_names = \"10.0.0.1\": expected the name of a host; "
     "addresses stand in clients"},
    {"rule a { mechanisms = 'PLAIN LOGIN' }",
     ":1: rule \"a\": mechanisms = \"PLAIN LOGIN\": expected a list of SASL mechanisms "
     "such as { \"PLAIN\", \"LOGIN\" }"},
    {"rule a { daemons = '' }",
     ":1: rule \"a\": daemons = \"\": expected a list of names "
     "such as { \"submission\" }"},
    {"rule a { cert_subjects = '' }", ":1: rule \"a\": cert_subjects = \"\": expected "
                                      "a list of subjects as the MTA gives "
                                      "them in {cert_subject}"},
    {"rule a { identity = 'group:b' }",
     ":1: rule \"a\": identity = \"group:b\": expected one login, not a group"},
    {"rule a { identity = '*' }",
     ":1: rule \"a\": identity = \"*\": expected a login, or "
     "mail-from for the envelope sender"},
    {"rule a { own_address = b }",
     ":1: rule \"a\": own_address = \"b\": " ADDRESS_EXPECTED},
    {"own_address = 'a <b@c>'", ":1: own_address = \"a <b@c>\": " ADDRESS_EXPECTED},
    {"own_address = 'a@.c'", ":1: own_address = \"a@.c\": " ADDRESS_EXPECTED},
    {"help_url = 'ftp://a/'", ":1: help_url = \"ftp://a/\": " URL_EXPECTED},
    {"help_url = 'https://'", ":1: help_url = \"https://\": " URL_EXPECTED},
    {"help_url = 'https://a/ b'", ":1: help_url = \"https://a/ b\": " URL_EXPECTED},
    {"help_url = 'https://\xc3\xa4/'",
     ":1: help_url = \"https://\xc3\xa4/\": " URL_EXPECTED},
    {"reply = 'no {adress}'",
     ":1: reply = \"no {adress}\": expected one of {login} {address} {place} {reason} "
     "{sentence} {rule} {client} {help_url}, found {adress}"},
    {"reply = 'a {login'",
     ":1: reply = \"a {login\": expected } behind a { and the name "
     "of a placeholder, or {{ for a brace"},
    {"reply = 'a } b'",
     ":1: reply = \"a } b\": expected }} for a brace, found a } without {"},
    {"reply = 'n\xc3\xb6'",
     ":1: reply = \"n\xc3\xb6\": expected printable ASCII, which "
     "is all that a reply can be sure to carry"},
    {"reply = '550 5.7.1 no'", ":1: reply = \"550 5.7.1 no\": expected the text alone, "
                               "as the codes are put before it"},
    {"tag_field = Resent-Bcc",
     ":1: tag_field = \"Resent-Bcc\": expected a field that has no meaning of its own, "
     "such as X-Sendas"},
    {"tag_field = FROM",
     ":1: tag_field = \"FROM\": expected a field that has no meaning "
     "of its own, such as X-Sendas"},
    {"tag_field = 'X-A:'",
     ":1: tag_field = \"X-A:\": expected the name of a header field such as X-Sendas"},
    {"tag_field = ''",
     ":1: tag_field = \"\": expected the name of a header field such as X-Sendas"},
    {"authentication_results {\n authserv_id = 'a b' }",
     ":2: authentication_results.authserv_id = \"a b\": expected a name such as "
     "mail.example.org, or \"\" for the MTA's"},
    {"log_format = xml", ":1: log_format = \"xml\": expected text or json"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf error = BUF_INIT;
        struct buf want = BUF_INIT;
        struct conf *conf = load(bad[i].text, &error);

        assert_null(conf);
        buf_addf(&want, "%s%s", path, bad[i].error);
        /* More may follow; the first is the one that the row is about. */
        buf_addc(&want, '\n');
        buf_addc(&error, '\n');
        if (strncmp(buf_str(&error), buf_str(&want), want.len) != 0)
            assert_string_equal(buf_str(&error), buf_str(&want));
        buf_finish(&error);
        buf_finish(&want);
    }
}

/* All that a rule can hold that would not fit anywhere. */
static void test_bounds(void **state)
{
    struct buf text = BUF_INIT;
    struct buf error = BUF_INIT;
    struct conf *conf;

    (void)state;
    for (int i = 0; i < CONF_TITLED_MAX; i++)
        buf_addf(&text, "rule r%d { clients = 10.0.%d.%d }\n", i, i / 256, i % 256);
    conf = load_good(buf_str(&text));
    assert_int_equal(conf->rule_count, CONF_TITLED_MAX);
    assert_string_equal(conf->rules[999].clients.items[0], "10.0.3.231");
    assert_int_equal(conf->rules[999].line, 1000);
    conf_destroy(conf);
    buf_adds(&text, "rule more {}");
    assert_null(load(buf_str(&text), &error));
    assert_non_null(
        strstr(buf_str(&error), ":1001: expected at most 1000 times a rule"));
    buf_clear(&text);
    buf_addf(&text, "rule \"%0*d\" {}\nrule \"%0*d\" {}", CONF_TITLE_MAX, 1,
             CONF_TITLE_MAX + 1, 1);
    assert_null(load(buf_str(&text), &error));
    assert_non_null(strstr(buf_str(&error), ":2: rule \""));
    assert_null(strstr(buf_str(&error), ":1: "));
    buf_clear(&text);
    buf_addf(&text, "reply = \"%0*d\"", REPLY_TEXT_MAX + 1, 1);
    assert_null(load(buf_str(&text), &error));
    assert_non_null(strstr(buf_str(&error), "expected at most 300 bytes"));
    buf_finish(&text);
    buf_finish(&error);
}

static void test_reply_parts(void **state)
{
    static const struct {
        const char *bytes; /* NULL: a placeholder */
        enum reply_word word;
    } parts[] = {
        {"a ", 0},           {"{", 0}, {"b", 0}, {"}", 0}, {NULL, REPLY_HELP_URL},
        {NULL, REPLY_LOGIN}, {".", 0}};
    const char *text = "a {{b}}{help_url}{login}.";
    struct buf why = BUF_INIT;
    struct reply_part part;

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_true(reply_part_next(&text, &part, &why));
        if (parts[i].bytes == NULL) {
            assert_null(part.bytes);
            assert_int_equal(part.word, parts[i].word);
        } else {
            assert_int_equal(part.len, strlen(parts[i].bytes));
            assert_memory_equal(part.bytes, parts[i].bytes, part.len);
        }
    }
    assert_false(reply_part_next(&text, &part, &why));
    assert_int_equal(why.len, 0);
    buf_finish(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),       cmocka_unit_test(test_inheritance),
        cmocka_unit_test(test_each_setting), cmocka_unit_test(test_print),
        cmocka_unit_test(test_where),        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bounds),       cmocka_unit_test(test_reply_parts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
