/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of conf/conf_load.c and conf/conf_scan.c: files in, structs or messages
 * out. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"

static char path[] = "/tmp/sendas-conf-XXXXXX";

static int setup(void **state)
{
    const int fd = mkstemp(path);

    (void)state;
    setenv("SENDAS_TEST_ENV", "from the environment", 1);
    return fd == -1 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static struct conf *load_bytes(const char *text, size_t len, struct buf *error)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return conf_load(path, error);
}

static struct conf *load(const char *text, struct buf *error)
{
    return load_bytes(text, strlen(text), error);
}

static struct conf *load_good(const char *text)
{
    struct buf error = BUF_INIT;
    struct conf *conf = load(text, &error);

    if (conf == NULL)
        fail_msg("%s", buf_str(&error));
    assert_int_equal(error.len, 0);
    buf_finish(&error);
    return conf;
}

/* `expected` has "@" where the path of the file stands. */
static void check_error(const char *text, size_t len, const char *expected)
{
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;
    struct conf *conf = load_bytes(text, len, &error);

    for (const char *p = expected; *p != '\0'; p++) {
        if (*p == '@' && p[1] == ':')
            buf_adds(&want, path);
        else
            buf_addc(&want, *p);
    }
    assert_null(conf);
    assert_string_equal(buf_str(&error), buf_str(&want));
    buf_finish(&error);
    buf_finish(&want);
}

static void check_value(const struct conf *conf, const struct conf_row *row,
                        const char *expected)
{
    struct buf value = BUF_INIT;

    conf_value_format(row, &conf->head, &value);
    assert_string_equal(buf_str(&value), expected);
    buf_finish(&value);
}

static const struct {
    const char *block, *name, *value;
} defaults[] = {
    {NULL, "listen", "\"unix:" RUNSTATEDIR "/sendas/milter.sock\""},
    {NULL, "socket_mode", "\"0660\""},
    {NULL, "socket_group", "\"\""},
    {NULL, "user", "\"sendas\""},
    {NULL, "pid_file", "\"" RUNSTATEDIR "/sendas/milter.pid\""},
    {NULL, "control", "\"" RUNSTATEDIR "/sendas/control\""},
    {NULL, "log_to", "\"auto\""},
    {NULL, "log_facility", "\"mail\""},
    {NULL, "log_format", "\"text\""},
    {NULL, "log_accepted", "true"},
    {NULL, "store", "\"" LOCALSTATEDIR "/lib/sendas/grants.db\""},
    {NULL, "send_as", "{ \"builtin\" }"},
    {NULL, "on_behalf", "{ \"builtin\" }"},
    {NULL, "resend", "{ \"builtin\" }"},
    {NULL, "deny", "{ \"builtin\" }"},
    {NULL, "groups", "{ \"builtin\" }"},
    {NULL, "alias_domains", "{ }"},
    {NULL, "login_domain", "\"\""},
    {NULL, "recipient_delimiter", "\"+\""},
    {NULL, "case_sensitive_local_part", "false"},
    {NULL, "mail_from", "\"owned\""},
    {NULL, "from", "\"owned\""},
    {NULL, "sender", "\"owned\""},
    {NULL, "resent", "\"owned\""},
    {NULL, "reply_to", "\"any\""},
    {NULL, "display_name", "\"any\""},
    {NULL, "null_sender", "\"allow\""},
    {NULL, "missing_from", "\"reject\""},
    {NULL, "auth_param", "\"ignore\""},
    {NULL, "unauthenticated", "\"pass\""},
    {NULL, "on_violation", "\"reject\""},
    {NULL, "on_lookup_failure", "\"defer\""},
    {NULL, "mode", "\"enforce\""},
    {NULL, "own_address", "\"\""},
    {NULL, "reply", "\"\""},
    {NULL, "help_url", "\"\""},
    {NULL, "tag_field", "\"X-Sendas\""},
    {NULL, "monitor_field", "false"},
    {"received", "add", "true"},
    {"received", "unauthenticated", "true"},
    {"received", "login", "\"none\""},
    {"received", "client", "\"full\""},
    {"received", "hash_key_file", "\"" LOCALSTATEDIR "/lib/sendas/received.key\""},
    {"authentication_results", "add", "false"},
    {"authentication_results", "authserv_id", "\"\""},
    {"authentication_results", "login", "\"none\""},
    {"cache", "maps", "{ \"ldap\" }"},
    {"cache", "ttl", "1m"},
    {"cache", "negative_ttl", "10s"},
    {"cache", "stale", "0s"},
    {"cache", "megabytes", "16"},
};

static void check_defaults(const struct conf *conf)
{
    size_t i = 0;

    for (const struct conf_row *row = conf_kind_milter.rows; row->name != NULL; row++) {
        if (conf_row_titled(&conf_kind_milter, row))
            continue;
        assert_true(i < sizeof defaults / sizeof *defaults);
        assert_string_equal(row->name, defaults[i].name);
        assert_string_equal(row->block != NULL ? row->block : "",
                            defaults[i].block != NULL ? defaults[i].block : "");
        check_value(conf, row, defaults[i++].value);
    }
    assert_int_equal(i, sizeof defaults / sizeof *defaults);
}

static void test_defaults(void **state)
{
    static const char *const empty[] = {
        "", "\n", "# nothing\n", "/* nothing */", "received {}\n", "  \t\r\n//"};
    struct buf error = BUF_INIT;
    struct conf *conf = conf_load(NULL, &error);

    (void)state;
    assert_non_null(conf);
    assert_string_equal(conf->head.path, "");
    check_defaults(conf);
    conf_destroy(conf);
    conf_destroy(NULL);
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        conf = load_good(empty[i]);
        assert_string_equal(conf->head.path, path);
        check_defaults(conf);
        conf_destroy(conf);
    }
    buf_finish(&error);
}

/* Every word of every setting lands in its own field, and in no other. */
static void test_words(void **state)
{
    char text[200];

    (void)state;
    for (const struct conf_row *row = conf_kind_milter.rows; row->name != NULL; row++) {
        if (row->type != CONF_WORD || conf_row_titled(&conf_kind_milter, row))
            continue;
        assert_string_equal(row->initial, row->words[0].name);
        for (const struct name_row *word = row->words; word->name != NULL; word++) {
            struct conf *conf;

            snprintf(text, sizeof text,
                     row->block != NULL ? "%s { %s = %s }" : "%s%s = %s",
                     row->block != NULL ? row->block : "", row->name, word->name);
            conf = load_good(text);
            for (const struct conf_row *other = conf_kind_milter.rows;
                 other->name != NULL; other++) {
                if (conf_row_titled(&conf_kind_milter, other))
                    continue;
                if (other == row)
                    snprintf(text, sizeof text, "\"%s\"", word->name);
                else
                    snprintf(text, sizeof text, "%s",
                             defaults[other - conf_kind_milter.rows].value);
                check_value(conf, other, text);
            }
            conf_destroy(conf);
        }
    }
}

static void test_booleans(void **state)
{
    static const struct {
        const char *text;
        bool value;
    } rows[] = {
        {"log_accepted = true", true}, {"log_accepted = false", false},
        {"log_accepted = yes", true},  {"log_accepted = no", false},
        {"log_accepted = on", true},   {"log_accepted = \"off\"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf *conf = load_good(rows[i].text);

        assert_int_equal(conf->log_accepted, rows[i].value);
        conf_destroy(conf);
    }
}

static void check_where(const struct conf *conf, const char *block, const char *name,
                        const char *expected)
{
    struct buf out = BUF_INIT;
    struct buf want = BUF_INIT;

    conf_where(&conf->head, block, name, &out);
    buf_addf(&want, "%s%s", conf->head.path, expected);
    assert_string_equal(buf_str(&out), buf_str(&want));
    buf_finish(&out);
    buf_finish(&want);
}

static void test_where(void **state)
{
    struct buf error = BUF_INIT;
    struct conf *conf =
        load_good("\nuser = a\nsend_as = {\n b,\n c }\nreceived {\n\nadd = true }");

    (void)state;
    check_where(conf, NULL, "user", ":2: user: ");
    check_where(conf, NULL, "send_as", ":4: send_as: ");
    check_where(conf, "received", "add", ":8: received.add: ");
    check_where(conf, NULL, "listen", ": listen: ");
    conf_destroy(conf);
    conf = conf_load(NULL, &error);
    check_where(conf, NULL, "listen", "listen: ");
    conf_destroy(conf);
    buf_finish(&error);
}

/* One value is a list of one. */
static void test_short_list(void **state)
{
    static const char *const texts[] = {"send_as = inline:x", "send_as = \"inline:x\"",
                                        "send_as = { 'inline:x' }"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct conf *conf = load_good(texts[i]);

        assert_int_equal(conf->send_as.count, 1);
        assert_string_equal(conf->send_as.items[0], "inline:x");
        conf_destroy(conf);
    }
}

static void test_all_set(void **state)
{
    static const char text[] =
        "# a whole configuration\n"
        "listen = \"inet:8899@127.0.0.1\" /* as\n"
        "   libconfuse has it */ socket_mode = \"0600\" // c++\n"
        "socket_group = 'postfix'\n"
        "user = mail # behind a value\r\n"
        "pid_file = \"\"\n"
        "log_to = syslog log_facility = local3\n"
        "log_accepted = off\n"
        "store = /var/x.db\n"
        "send_as = {\n"
        "    \"builtin\", # the first\n"
        "    'inline:a@b=c',\n"
        "    \"sqlite:/etc/my \\\"maps\\\"/x\\\\y.cf\",\n"
        "}\n"
        "login_domain = example.org\n"
        "recipient_delimiter = \"+-\"\n"
        "case_sensitive_local_part = yes\n"
        "mail_from = any from = domain sender = any resent = any\n"
        "received {\n"
        "    add = false unauthenticated = no login = hashed\n"
        "    client = none\n"
        "    hash_key_file = '/etc/${key}'\n"
        "}\n"
        "null_sender = reject missing_from = allow on_violation = log\n"
        "on_lookup_failure =\n"
        "    \"reject\"\n"
        "mode = monitor\n";
    struct conf *conf = load_good(text);

    (void)state;
    assert_string_equal(conf->listen, "inet:8899@127.0.0.1");
    assert_int_equal(conf->socket_mode, 0600);
    assert_string_equal(conf->socket_group, "postfix");
    assert_string_equal(conf->user, "mail");
    assert_string_equal(conf->pid_file, "");
    assert_int_equal(conf->log_to, LOG_TO_SYSLOG);
    assert_int_equal(conf->log_facility, LOG_LOCAL3);
    assert_false(conf->log_accepted);
    assert_string_equal(conf->store, "/var/x.db");
    assert_int_equal(conf->send_as.count, 3);
    assert_string_equal(conf->send_as.items[0], "builtin");
    assert_string_equal(conf->send_as.items[1], "inline:a@b=c");
    assert_string_equal(conf->send_as.items[2], "sqlite:/etc/my \"maps\"/x\\y.cf");
    assert_string_equal(conf->login_domain, "example.org");
    assert_string_equal(conf->recipient_delimiter, "+-");
    assert_true(conf->case_sensitive_local_part);
    assert_int_equal(conf->policy.mail_from, MAIL_FROM_ANY);
    assert_int_equal(conf->policy.from, FROM_DOMAIN);
    assert_int_equal(conf->policy.sender, CHECK_ANY);
    assert_int_equal(conf->policy.resent, CHECK_ANY);
    assert_int_equal(conf->policy.null_sender, NULL_SENDER_REJECT);
    assert_int_equal(conf->policy.missing_from, MISSING_FROM_ALLOW);
    assert_int_equal(conf->policy.on_violation, ON_VIOLATION_LOG);
    assert_int_equal(conf->policy.on_lookup_failure, ON_LOOKUP_FAILURE_REJECT);
    assert_int_equal(conf->policy.mode, MODE_MONITOR);
    assert_false(conf->received.add);
    assert_false(conf->received.unauthenticated);
    assert_int_equal(conf->received.login, SHOW_LOGIN_HASHED);
    assert_int_equal(conf->received.client, SHOW_CLIENT_NONE);
    assert_string_equal(conf->received.hash_key_file, "/etc/${key}");
    conf_destroy(conf);
}

/* What conf_print() writes loads to the same again. */
static void test_print_and_load(void **state)
{
    static const char text[] =
        "listen = 'unix:/a \"b\" c\\\\d'\nsend_as = { 'x:\"', builtin }\n"
        "received { login = full hash_key_file = '/a ${b} \\'c\\' \\\\ \"' }\n"
        "socket_mode = 7\n";
    struct conf *conf = load_good(text);
    struct buf once = BUF_INIT;
    struct buf twice = BUF_INIT;
    struct conf *again;

    (void)state;
    assert_string_equal(conf->listen, "unix:/a \"b\" c\\d");
    conf_print(&conf->head, &once);
    again = load_good(buf_str(&once));
    conf_print(&again->head, &twice);
    assert_string_equal(buf_str(&once), buf_str(&twice));
    assert_string_equal(again->listen, conf->listen);
    assert_string_equal(again->received.hash_key_file, "/a ${b} 'c' \\ \"");
    conf_destroy(conf);
    conf_destroy(again);
    buf_finish(&once);
    buf_finish(&twice);
}

static const struct {
    const char *text, *error;
} bad[] = {
    /* bad values */
    {"\n\non_violation = \"rejct\"\n",
     "@:3: on_violation = \"rejct\": expected reject, defer, quarantine, discard, "
     "rewrite, add-sender, tag or log"},
    {"from = Owned", "@:1: from = \"Owned\": expected owned, mail-from, domain or any"},
    {"mail_from = \"\"", "@:1: mail_from = \"\": expected owned or any"},
    {"log_accepted = maybe", "@:1: log_accepted = \"maybe\": expected true or false"},
    {"received {\n add = 1\n}", "@:2: received.add = \"1\": expected true or false"},
    {"received {\n\n login = \"ha\x1bshed\" }",
     "@:3: control character \\x1b in quotes"},
    {"received { login = \"h\xc3(shed\" }",
     "@:1: received.login = \"h\\xc3(shed\": expected none, hashed or full"},
    {"socket_mode = 0888", "@:1: socket_mode = \"0888\": expected an octal file mode "
                           "such as 0660, at most 0777"},
    {"socket_mode = \"1777\"", "@:1: socket_mode = \"1777\": expected an octal file "
                               "mode such as 0660, at most 0777"},
    {"socket_mode = -1", "@:1: socket_mode = \"-1\": expected an octal file mode such "
                         "as 0660, at most 0777"},
    {"socket_mode = ''",
     "@:1: socket_mode = \"\": expected an octal file mode such as 0660, at most 0777"},
    {"user = \"\"", "@:1: user = \"\": expected the name of a user"},
    {"store = grants.db", "@:1: store = \"grants.db\": expected an absolute path"},
    {"pid_file = x",
     "@:1: pid_file = \"x\": expected an absolute path, or \"\" for none"},
    {"listen = \"8899\"",
     "@:1: listen = \"8899\": expected unix:/PATH, inet:PORT@ADDRESS "
     "or inet6:PORT@ADDRESS"},
    {"listen = 'inet:0@127.0.0.1'",
     "@:1: listen = \"inet:0@127.0.0.1\": expected a port "
     "from 1 to 65535 before the @"},
    {"listen = unix:run",
     "@:1: listen = \"unix:run\": expected an absolute path after unix:"},
    {"login_domain = \"@example.org\"",
     "@:1: login_domain = \"@example.org\": expected a "
     "domain such as example.org, or \"\" for none"},
    {"recipient_delimiter = \"a\"", "@:1: recipient_delimiter = \"a\": expected "
                                    "punctuation characters other than @, \" "
                                    "and \\, or \"\" for none"},
    {"send_as = { \"builtin\",\n\"\" }",
     "@:2: send_as = \"\": expected a list of maps such as { \"builtin\", "
     "\"file:/etc/sendas/owners\" }"},
    {"# one\n/* two\nthree */ mode = x\n// four\nfrom = y # five\nsender = z",
     "@:3: mode = \"x\": expected enforce or monitor\n"
     "@:5: from = \"y\": expected owned, mail-from, domain or any\n"
     "@:6: sender = \"z\": expected owned or any"},

    /* unknown names */
    {"\nfrmo = owned",
     "@:2: unknown setting \"frmo\"; the nearest known name is \"from\""},
    {"on-violation = reject", "@:1: unknown setting \"on-violation\"; the nearest "
                              "known name is \"on_violation\""},
    {"recieved { add = true }",
     "@:1: unknown setting \"recieved\"; the nearest known name is \"received\""},
    {"received { logn = none\nx = { 1, 2 }\n}",
     "@:1: unknown setting \"logn\" in block received; the nearest known name is "
     "\"login\"\n@:2: unknown setting \"x\" in block received"},
    {"riddle \"web server\" {\n logins = { 'x' }\n}\nquux = { \"}\" }\nbar { a { } "
     "}\nx "
     "= "
     "1",
     "@:1: unknown setting \"riddle\"\n@:4: unknown setting \"quux\"\n"
     "@:5: unknown setting \"bar\"\n@:6: unknown setting \"x\""},
    {"login = none", "@:1: unknown setting \"login\""},
    {"received { from = any }", "@:1: unknown setting \"from\" in block received"},
    {"root { from = any }", "@:1: unknown setting \"root\""},
    {"__unknown = 1", "@:1: unknown setting \"__unknown\""},
    {"include(\"/etc/passwd\")", "@:1: unknown setting \"include\"\n"
                                 "@:1: character ( is not allowed outside of quotes"},

    /* wrong shapes */
    {"from = { \"owned\" }", "@:1: from: expected one value, not a list"},
    {"\nfrom {\n owned = 1 }", "@:2: from: expected = and a value, not a block"},
    {"received = \"x\"",
     "@:1: received: expected { and settings, as this is a block, found \"=\""},
    {"received \"title\" {}",
     "@:1: received: expected { and settings, as this is a block, "
     "found \"title\""},
    {"send_as = {}", "@:1: send_as: expected at least one value"},
    {"send_as += { \"x\" }", "@:1: send_as: expected = and the whole value, not +="},
    {"send_as = { \"a\" \"b\" }", "@:1: send_as: expected , or }, found \"b\""},
    {"send_as = { \"a\",, \"b\" }", "@:1: send_as: expected a value or }, found \",\""},
    {"from owned", "@:1: from: expected = and a value, found \"owned\""},
    {"from =\nsender = any", "@:1: from: expected a value after ="},
    {"from = = any", "@:1: from: expected a value after ="},
    {"from", "@:1: from: expected = and a value, found the end of the file"},
    {"from = owned any", "@:1: unknown setting \"any\"; the nearest known name is "
                         "\"deny\"\n@:1: expected a value, found the end of the file"},
    {"from = \"owned\" \"any\"", "@:1: expected the name of a setting, found \"any\""},
    {"\"from\" = owned", "@:1: expected the name of a setting, found \"from\""},
    {"= owned", "@:1: expected the name of a setting, found \"=\""},

    /* given twice */
    {"from = any\n\nsender = any\nfrom = any",
     "@:4: from: given twice, first on line 1; expected once"},
    {"send_as = { a }\nsend_as = { b }",
     "@:2: send_as: given twice, first on line 1; expected once"},
    {"received { add = true\n add = true }",
     "@:2: received.add: given twice, first on line 1; expected once"},
    {"received { add = true }\nreceived { login = none }",
     "@:2: received: given twice, first on line 1; expected once"},

    /* not closed */
    {"from = any\nsender = \"any\nresent = any\n",
     "@:2: this \" is not closed on its line"},
    {"from = 'any", "@:1: this ' is not closed on its line"},
    {"from = \"any\\\"", "@:1: this \" is not closed on its line"},
    {"\nreceived {\n add = true\n\n", "@:2: received: this { is not closed"},
    {"send_as = {\n \"x\",\n", "@:1: send_as: this { is not closed"},
    {"send_as = { \"x\"\n\n",
     "@:3: send_as: expected , or }, found the end of the file"},
    {"from = any\n/* a\nb", "@:2: this comment is not closed; expected */"},
    {"zzz {", "@:1: unknown setting \"zzz\"\n@:1: this { is not closed"},
    {"\n}", "@:2: expected the name of a setting, found \"}\""},

    /* bytes with a meaning that nobody asked for */
    {"user = \"${SENDAS_TEST_ENV}\"",
     "@:1: ${...} is not expanded; expected single quotes around it"},
    {"user = ${SENDAS_TEST_ENV}", "@:1: character $ is not allowed outside of quotes"},
    {"user = \"a\\nb\"", "@:1: expected \\\\ or \\\" after a backslash in quotes"},
    {"user = \"a\\0b\"", "@:1: expected \\\\ or \\\" after a backslash in quotes"},
    {"user = 'a\\\nb'", "@:1: expected \\\\ or \\' after a backslash in quotes"},
    {"user = a*b", "@:1: character * is not allowed outside of quotes"},
    {"\xef\xbb\xbf"
     "from = any",
     "@:1: character \\xef is not allowed outside of quotes"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_error(bad[i].text, strlen(bad[i].text), bad[i].error);
}

static void test_nul_bytes(void **state)
{
    static const char in_word[] = "user = a\0b";
    static const char in_quotes[] = "\nuser = \"a\0b\"";

    (void)state;
    check_error(in_word, sizeof in_word - 1,
                "@:1: character \\x00 is not allowed outside of quotes");
    check_error(in_quotes, sizeof in_quotes - 1,
                "@:2: control character \\x00 in quotes");
}

/* A broken file leaves nothing behind: the next one loads as if it were the first. */
static void test_after_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct conf *conf;

        check_error(bad[i].text, strlen(bad[i].text), bad[i].error);
        conf = load_good("from = any");
        assert_int_equal(conf->policy.from, FROM_ANY);
        conf_destroy(conf);
    }
}

static void test_files(void **state)
{
    const size_t size = 1024 * 1024 + 1;
    char *big = malloc(size);
    struct buf error = BUF_INIT;

    (void)state;
    assert_null(conf_load("/nonexistent/sendas.conf", &error));
    assert_string_equal(buf_str(&error),
                        "/nonexistent/sendas.conf: cannot be read: No such "
                        "file or directory");
    assert_null(conf_load("/", &error));
    assert_string_equal(buf_str(&error), "/: cannot be read: Is a directory");
    assert_non_null(big);
    memset(big, '\n', size);
    check_error(big, size, "@: expected a file of at most 1048576 bytes");
    conf_destroy(load_bytes(big, size - 1, &error));
    assert_int_equal(error.len, 0);
    free(big);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),       cmocka_unit_test(test_words),
        cmocka_unit_test(test_booleans),       cmocka_unit_test(test_all_set),
        cmocka_unit_test(test_print_and_load), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_nul_bytes),      cmocka_unit_test(test_after_errors),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_short_list),
        cmocka_unit_test(test_where),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
