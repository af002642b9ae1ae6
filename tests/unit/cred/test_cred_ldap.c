/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/cred_ldap_conf.c, _match.c and _account.c: what the file of a
 * directory of accounts may say, whose entry was found, and what is taken from it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cred/cred_ldap_account.h"
#include "cred/cred_ldap_conf.h"
#include "cred/cred_ldap_match.h"
#include "tempdir.h"

#define BASE "server_host = ldap://127.0.0.1\nsearch_base = dc=x\n"

struct rig {
    struct tempdir *dir;
    struct arena arena;
    struct buf error, told;
    struct cred_site site;
    struct cred_ldap_conf conf;
};

static void rig_told(void *arg, enum event_level level, const char *line)
{
    struct rig *rig = arg;

    assert_int_equal(level, EVENT_WARNING);
    buf_addf(&rig->told, "%s\n", line);
}

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    tempdir_setup((void **)&rig->dir);
    rig->site = (struct cred_site){.login_domain = "x.org",
                                   .lower_case = true,
                                   .checks = 3,
                                   .request_ms = 4000,
                                   .notice = rig_told,
                                   .notice_arg = rig};
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    arena_finish(&rig->arena);
    buf_finish(&rig->error);
    buf_finish(&rig->told);
    tempdir_teardown((void **)&rig->dir);
    free(rig);
    return 0;
}

static bool load(struct rig *rig, const char *text)
{
    const char *path = tempdir_file(rig->dir, "people.cf");
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    buf_clear(&rig->error);
    buf_clear(&rig->told);
    return cred_ldap_conf_load(&rig->conf, path, &rig->site, &rig->arena, &rig->error);
}

static void must_load(struct rig *rig, const char *text)
{
    if (!load(rig, text))
        fail_msg("%s", buf_str(&rig->error));
}

/* --- the file --- */

static void test_wrong_files(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"server_host = x\n",
         "people.cf: search_base: expected this parameter, or bind_template"},
        {BASE "scope = tree\n", ":3: scope: expected base, one or sub, not \"tree\""},
        {BASE "password_check = ask\n",
         ":3: password_check: expected bind, local or local-then-bind"},
        {BASE "query_filter = uid\n", ":3: query_filter: expected attribute=value"},
        {BASE "query_filter = (uid=%u))\n", ":3: query_filter: expected nothing more"},
        {BASE "query_filter = (%u=x)\n", ":3: query_filter: an expansion can be part"},
        {BASE "query_filter = (uid=%x)\n", ":3: query_filter: unknown expansion"},
        {BASE "disabled_filter = a=(b\n",
         ":3: disabled_filter: a parenthesis in a value"},
        {BASE "entry_ttl = 3601\n", ":3: entry_ttl: expected a number from 0 to 3600"},
        {BASE "login_attribute = ,\n", ":3: login_attribute: expected at least one"},
        {BASE "login_attribute = uid)(x\n", ":3: login_attribute: expected names of"},
        {BASE "canonical_attribute = uid, mail\n",
         ":3: canonical_attribute: expected one attribute"},
        {BASE "result_attribute = mail\n", ":3: unknown parameter"},
        {BASE "bind_template = uid=%u,dc=x\n",
         ":2: search_base: has no meaning beside bind_template"},
        {"server_host = x\nbind_template = uid=x\n",
         ":2: bind_template: expected %u or %s"},
        {"server_host = http://x\nsearch_base = dc=x\n", ":1: server_host: expected"},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (load(rig, cases[i].text))
            fail_msg("taken: %s", cases[i].text);
        if (strstr(buf_str(&rig->error), cases[i].want) == NULL)
            fail_msg("\"%s\" has no \"%s\"", buf_str(&rig->error), cases[i].want);
    }
    rig->site.lower_case = false;
    assert_false(load(rig, "server_host = x\nbind_template = uid=%u,dc=x\n"));
    assert_non_null(strstr(buf_str(&rig->error), "case_sensitive_login"));
}

static void test_warnings(void **state)
{
    static const struct {
        const char *text;
        const char *want; /* NULL: none */
    } cases[] = {
        {BASE, NULL},
        {BASE "timeout = 3\n", NULL},
        {BASE "timeout = 4\n", "timeout: 4 s is too long for a request_timeout of 4 s"},
        {"server_host = ldap://192.0.2.1\nsearch_base = dc=x\n",
         "passwords go to ldap://192.0.2.1 in the clear"},
        {"server_host = ldap://192.0.2.1\nstart_tls = yes\nsearch_base = dc=x\n", NULL},
        {"server_host = ldaps://192.0.2.1\nsearch_base = dc=x\n", NULL},
        {"server_host = ldaps://192.0.2.1\ntls_require_cert = no\nsearch_base = dc=x\n",
         "tls_require_cert"},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        must_load(rig, cases[i].text);
        if (cases[i].want == NULL)
            assert_string_equal(buf_str(&rig->told), "");
        else if (strstr(buf_str(&rig->told), cases[i].want) == NULL)
            fail_msg("\"%s\" has no \"%s\"", buf_str(&rig->told), cases[i].want);
        /* Never as long as whoever asks will wait. */
        assert_int_equal(rig->conf.directory.timeout_ms, 3000);
    }
    must_load(rig, BASE "timeout = 1\n");
    assert_int_equal(rig->conf.directory.timeout_ms, 1000);
    assert_true(rig->conf.directory.require_cert);
    assert_int_equal(rig->conf.directory.checks, 3);
}

static const char *filter_of(struct rig *rig, const char *login)
{
    struct buf text = BUF_INIT;
    const char *copy;

    ldap_filter_format(rig->conf.filter, login, NULL, &text);
    copy = arena_strdup(&rig->arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

/* For which of the three the attribute is read: "cva". */
static const char *readers(struct rig *rig, const char *attribute)
{
    static const char letters[CRED_WANTS] = {'c', 'v', 'a'};
    struct buf text = BUF_INIT;
    const char *copy;

    for (int want = 0; want < CRED_WANTS; want++) {
        const char *const *attributes = rig->conf.attributes[want];

        for (; *attributes != NULL; attributes++) {
            if (strcmp(*attributes, attribute) == 0)
                buf_addc(&text, letters[want]);
        }
    }
    copy = arena_strdup(&rig->arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

static void test_defaults(void **state)
{
    struct rig *rig = *state;

    must_load(rig, BASE);
    assert_string_equal(filter_of(rig, "a@x.org"), "(|(uid=a@x.org)(uid=a))");
    assert_string_equal(readers(rig, "uid"), "cva");
    /* Who binds is told by the directory, and sees no secret. */
    assert_string_equal(readers(rig, "authPassword"), "va");
    assert_string_equal(readers(rig, "pwdAccountLockedTime"), "va");
    assert_string_equal(readers(rig, "userPassword"), "");
    must_load(rig, BASE "password_check = local\nserved_attributes = mail\n");
    assert_string_equal(readers(rig, "authPassword"), "cva");
    assert_string_equal(readers(rig, "pwdAccountLockedTime"), "cva");
    assert_string_equal(readers(rig, "userPassword"), "ca");
    assert_string_equal(readers(rig, "mail"), "va");
    must_load(rig, BASE "scram_attribute =\n");
    assert_string_equal(readers(rig, "authPassword"), "");
    must_load(rig, BASE "login_attribute = mail\ncanonical_attribute = cn\n");
    assert_string_equal(filter_of(rig, "a@x.org"),
                        "(|(mail=a@x.org)(mail=a)(cn=a@x.org)(cn=a))");
    must_load(rig, BASE "query_filter = (&(objectClass=person)(uid=%u))\n");
    assert_string_equal(filter_of(rig, "a@x.org"), "(&(objectClass=person)(uid=a))");
}

/* --- names from a template --- */

static void test_bind_names(void **state)
{
    static const struct {
        const char *template;
        const char *login;
        const char *want; /* NULL: none */
    } cases[] = {
        {"uid=%u,dc=x", "a@x.org", "uid=a,dc=x"},
        {"uid=%u,dc=x", "a@other.org", NULL},
        {"uid=%u,dc=x", "a", NULL}, /* without its domain it is no canonical login */
        {"uid=%u,dc=%2,dc=%1", "a@x.org", "uid=a,dc=x,dc=org"},
        {"uid=%u,dc=%2,dc=%1", "a@sub.x.org", NULL},
        {"uid=%u,o=%d", "a@other.org", "uid=a,o=other.org"},
        {"mail=%s,dc=x", "a@other.org", "mail=a@other.org,dc=x"},
        {"uid=%u,dc=x", "a,dc=y@x.org", "uid=a\\2cdc\\3dy,dc=x"},
        {"uid=%u,dc=x", "#a+b@x.org", "uid=\\23a\\2bb,dc=x"},
        {"uid=%u,dc=x", "a b@x.org", NULL},
        {"uid=%u,dc=x", "\xef\xbd\x81@x.org", NULL},
        {"uid=%u,dc=x", "a\xc2\xad@x.org", NULL},
        {"%u@ad.x.org", "a+b@x.org", "a+b@ad.x.org"},
        {"AD\\%u", "a@x.org", "AD\\a"},
        {"AD\\%u", "a@other.org", NULL},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = arena_printf(
            &rig->arena, "server_host = x\nbind_template = %s", cases[i].template);
        const char *name;
        enum answer answer;

        must_load(rig, text);
        answer =
            cred_ldap_conf_bind_name(&rig->conf, cases[i].login, &rig->arena, &name);
        assert_int_equal(answer, cases[i].want != NULL ? ANSWER_YES : ANSWER_NO);
        if (cases[i].want != NULL)
            assert_string_equal(name, cases[i].want);
    }
}

/* --- entries --- */

enum { VALUES_MAX = 4, ATTRIBUTES_MAX = 4 };

/* An entry as tests write it. */
struct written {
    const char *dn;
    struct {
        const char *name;
        const char *values[VALUES_MAX];
    } attributes[ATTRIBUTES_MAX];
};

static struct directory_entry entry_of(struct rig *rig, const struct written *written)
{
    struct directory_entry entry = {.dn = written->dn};

    entry.attributes =
        arena_alloc(&rig->arena, ATTRIBUTES_MAX * sizeof(*entry.attributes));
    for (size_t i = 0; i < ATTRIBUTES_MAX && written->attributes[i].name != NULL; i++) {
        struct directory_attribute *attribute = &entry.attributes[entry.count++];

        attribute->name = written->attributes[i].name;
        attribute->count = 0;
        attribute->values =
            arena_alloc(&rig->arena, VALUES_MAX * sizeof(*attribute->values));
        for (size_t j = 0; j < VALUES_MAX && written->attributes[i].values[j] != NULL;
             j++)
            attribute->values[attribute->count++] =
                (struct directory_value){written->attributes[i].values[j],
                                         strlen(written->attributes[i].values[j])};
    }
    return entry;
}

static void test_match(void **state)
{
    static const struct {
        const char *login;
        struct written entries[2];
        const char *want; /* dn, "": none, NULL: could not tell */
    } cases[] = {
        {"a@x.org", {{"A", {{"uid", {"a"}}}}}, "A"},
        {"a@x.org", {{"A", {{"UID", {"b", "A"}}}}}, "A"},
        {"a@x.org", {{"A", {{"mail", {"a@X.ORG"}}}}}, "A"},
        {"a@x.org", {{"A", {{"uid", {" a "}}}}}, "A"},
        {"a@x.org", {{"A", {{"uid", {"a@y.org"}}}}}, ""},
        {"a@y.org", {{"A", {{"uid", {"a"}}}}}, ""},
        {"a@x.org", {{"A", {{"cn", {"a"}}}}}, ""},
        {"a@x.org", {{"A", {{"uid;lang-de", {"a"}}}}}, ""},
        {"a@x.org", {{"A", {{"uid", {"\xef\xbd\x81"}}}}}, ""},
        {"a@x.org", {{"A", {{"uid", {"a\xc2\xad"}}}}}, ""},
        {"\xef\xbd\x81@x.org", {{"A", {{"uid", {"a"}}}}}, ""},
        {"a@x.org", {{"A", {{"uid", {"b"}}}}, {"B", {{"uid", {"a"}}}}}, "B"},
        {"a@x.org", {{"A", {{"uid", {"a"}}}}, {"B", {{"mail", {"a@x.org"}}}}}, NULL},
    };
    struct rig *rig = *state;

    must_load(rig, BASE "login_attribute = uid mail\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directory_entry items[2];
        struct directory_entries entries = {.items = items};
        const struct directory_entry *entry;
        enum answer answer;

        while (entries.count < 2 && cases[i].entries[entries.count].dn != NULL) {
            items[entries.count] = entry_of(rig, &cases[i].entries[entries.count]);
            entries.count++;
        }
        buf_clear(&rig->error);
        answer = cred_ldap_match(&rig->conf.names, &entries, cases[i].login,
                                 &rig->arena, &entry, &rig->error);
        if (cases[i].want == NULL) {
            assert_int_equal(answer, ANSWER_UNKNOWN);
            assert_string_equal(buf_str(&rig->error),
                                "ambiguous, the login is that of \"A\" and of \"B\"");
        } else if (*cases[i].want == '\0') {
            assert_int_equal(answer, ANSWER_NO);
        } else {
            assert_int_equal(answer, ANSWER_YES);
            assert_string_equal(entry->dn, cases[i].want);
        }
    }
}

static void test_account_name(void **state)
{
    static const struct {
        struct written entry;
        const char *want; /* NULL: could not tell */
    } cases[] = {
        {{"A", {{"uid", {"Alice"}}, {"mail", {"a@x.org"}}}}, "alice@x.org"},
        {{"A", {{"uid", {"alice@y.org"}}}}, "alice@y.org"},
        {{"A", {{"mail", {"a@x.org"}}}}, NULL},
        {{"A", {{"uid", {"alice", "bob"}}}}, NULL},
        {{"A", {{"uid", {"a@b@c"}}}}, NULL},
    };
    struct rig *rig = *state;

    must_load(rig, BASE "login_attribute = mail\ncanonical_attribute = uid\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directory_entry entry = entry_of(rig, &cases[i].entry);
        const char *name;

        buf_clear(&rig->error);
        name = cred_ldap_account_name(&rig->conf.names, &entry, "a@x.org", &rig->arena,
                                      &rig->error);
        if (cases[i].want != NULL)
            assert_string_equal(name, cases[i].want);
        else
            assert_string_equal(buf_str(&rig->error),
                                "\"A\": expected one value of uid that can be a login");
    }
}

static void test_suspended(void **state)
{
    static const struct {
        const char *name, *value;
        bool want;
    } cases[] = {
        {"pwdAccountLockedTime", "000001010000Z", true},
        {"nsAccountLock", "true", true},
        {"nsAccountLock", "FALSE", false},
        {"userAccountControl", "514", true},
        {"userAccountControl", "512", false},
        {"description", "TRUE", false},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct written written = {"A", {{cases[i].name, {cases[i].value}}}};
        struct directory_entry entry = entry_of(rig, &written);

        assert_int_equal(cred_ldap_suspended(&entry), cases[i].want);
    }
}

#define SCRAM                                                                          \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"                                     \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"                                    \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define SSHA "{SSHA}2RHvjOjHdnwoEMzs9Ho0n3OfIe0AAAAA"

static void test_account(void **state)
{
    static const struct {
        const char *check;
        struct written entry;
        const char *want; /* verifiers/passwords/bind; NULL: could not tell */
    } cases[] = {
        {"bind", {"A", {{"authPassword", {SCRAM}}}}, "1/0/A"},
        {"bind", {"A", {{"userPassword", {SSHA}}}}, "0/0/A"},
        {"bind", {"A", {{"authPassword", {"MD5$x$y", SCRAM}}}}, "1/0/A"},
        {"bind", {"A", {{"authPassword", {"SCRAM-SHA-256$4096:x"}}}}, NULL},
        {"local", {"A", {{"userPassword", {SSHA}}, {"authPassword", {SCRAM}}}}, "1/1/"},
        {"local", {"A", {{"userPassword", {"in the clear"}}}}, NULL},
        {"local", {"A", {{"userPassword", {"{CLEARTEXT}x"}}}}, NULL},
        {"local", {"A", {{"userPassword", {"{SASL}a@B"}}}}, NULL},
        {"local", {"A", {{"userPassword", {"$6$no$scheme"}}}}, NULL},
        {"local", {"A", {{"cn", {"x"}}}}, "0/0/"},
        {"local-then-bind", {"A", {{"userPassword", {SSHA}}}}, "0/1/"},
        {"local-then-bind", {"A", {{"userPassword", {"in the clear"}}}}, "0/0/A"},
        {"local-then-bind", {"A", {{"userPassword", {SSHA, "{SASL}a@B"}}}}, "0/0/A"},
        {"local-then-bind", {"A", {{"cn", {"x"}}}}, "0/0/A"},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct account account = {.login = "a@x.org"};
        struct directory_entry entry = entry_of(rig, &cases[i].entry);
        enum answer answer;

        must_load(rig, arena_printf(&rig->arena, BASE "password_check = %s\n",
                                    cases[i].check));
        answer = cred_ldap_account_take(&rig->conf, &entry, &rig->arena, &account,
                                        &rig->error);
        if (cases[i].want == NULL) {
            assert_int_equal(answer, ANSWER_UNKNOWN);
            assert_int_not_equal(rig->error.len, 0);
            continue;
        }
        assert_int_equal(answer, ANSWER_YES);
        assert_string_equal(arena_printf(&rig->arena, "%zu/%zu/%s",
                                         account.verifiers.count,
                                         account.passwords.count,
                                         account.entry != NULL ? account.entry : ""),
                            cases[i].want);
    }
}

static void test_served(void **state)
{
    static const struct written written = {
        "A", {{"MAIL", {"a@x.org", "b@x.org"}}, {"cn", {"A"}}}};
    struct rig *rig = *state;
    struct account account = {.login = "a@x.org"};
    struct directory_entry entry = entry_of(rig, &written);

    must_load(rig, BASE "served_attributes = mail, description\n");
    assert_int_equal(
        cred_ldap_account_take(&rig->conf, &entry, &rig->arena, &account, &rig->error),
        ANSWER_YES);
    assert_int_equal(account.names.count, 2);
    assert_string_equal(account.names.items[1], "mail");
    assert_string_equal(account.values.items[1], "b@x.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wrong_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_warnings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bind_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_match, setup, teardown),
        cmocka_unit_test_setup_teardown(test_account_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_suspended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_account, setup, teardown),
        cmocka_unit_test_setup_teardown(test_served, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
