/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/ldap_judge.c: which entries that a directory finds are believed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "map/ldap_judge.h"

enum { ATTRIBUTES_MAX = 8, VALUES_MAX = 4 };

/* An entry of a text: "mail: a@x; b@y | uid: a", below `dn`. */
static void read_entry(const char *text, const char *dn, struct arena *arena,
                       struct directory_entry *entry_r)
{
    char *copy = arena_strdup(arena, text), *save_attribute = NULL;

    *entry_r = (struct directory_entry){.dn = dn};
    entry_r->attributes =
        arena_alloc(arena, ATTRIBUTES_MAX * sizeof(*entry_r->attributes));
    for (char *p = strtok_r(copy, "|", &save_attribute); p != NULL;
         p = strtok_r(NULL, "|", &save_attribute)) {
        struct directory_attribute *attribute = &entry_r->attributes[entry_r->count++];
        char *value = strstr(p, ": "), *save_value = NULL;

        *value = '\0';
        attribute->name = p;
        attribute->values = arena_alloc(arena, VALUES_MAX * sizeof(*attribute->values));
        for (value = strtok_r(value + 2, ";", &save_value); value != NULL;
             value = strtok_r(NULL, ";", &save_value))
            attribute->values[attribute->count++] =
                (struct directory_value){value, strlen(value)};
    }
}

static const char *const asked[] = {"login",  "mail",  "uid", "proxyAddresses",
                                    "member", "alias", NULL};

static void check(const char *filter, const char *base, const char *key,
                  const char *entry_text, const char *dn, bool exact, enum answer want)
{
    const struct address_rules rules = {.delimiters = "+",
                                        .case_sensitive_local_part = exact};
    struct map_template_needs needs = {0};
    struct buf error = BUF_INIT;
    struct arena arena = {0};
    struct map_template base_template;
    struct ldap_question question = {.attributes = asked, .rules = &rules, .key = key};
    struct directory_entry entry;
    const char *why;
    enum answer got;

    question.filter =
        ldap_filter_parse(filter, MAP_TEMPLATE_QUERY, &needs, &arena, &error);
    if (question.filter == NULL)
        fail_msg("%s: %s", filter, buf_str(&error));
    if (base != NULL) {
        assert_true(map_template_parse(&base_template, base, strlen(base),
                                       MAP_TEMPLATE_QUERY, &needs, &arena, &error));
        question.base = ldap_name_create(&base_template, &arena);
        assert_non_null(question.base);
    }
    read_entry(entry_text, dn, &arena, &entry);
    got = ldap_judge(&question, &entry, &arena, &why);
    if (got != want)
        fail_msg("%s, %s, %s: got %d (%s), expected %d", filter, key, entry_text, got,
                 why, want);
    arena_finish(&arena);
}

static void test_values(void **state)
{
    static const struct {
        const char *filter;
        const char *key;
        const char *entry;
        enum answer want;
    } cases[] = {
        {"mail=%s", "a@x.org", "mail: a@x.org", ANSWER_YES},
        {"mail=%s", "a@x.org", "mail: b@x.org; A@X.ORG ", ANSWER_YES},
        {"mail=%s", "a@x.org", "MAIL: a@x.org", ANSWER_YES},
        {"mail=%s", "a@x.org", "mail;lang-de: a@x.org", ANSWER_YES},
        {"mail=%s", "a@x.org", "mail: b@x.org", ANSWER_NO},
        {"mail=%s", "a@x.org", "mail:  a@x.org", ANSWER_YES}, /* blanks of the value */
        {"mail=%s", " a@x.org", "mail: a@x.org", ANSWER_NO},  /* of the key */
        {"mail=%s", "a@x.org ", "mail: a@x.org", ANSWER_NO},
        {"mail=%s", "a b@x.org", "mail: a  b@x.org", ANSWER_NO},
        {"mail=%s", "al\xc2\xadice@x.org", "mail: alice@x.org", ANSWER_NO},
        {"mail=%s", "\xef\xbd\x81lice@x.org", "mail: alice@x.org", ANSWER_NO},
        {"mail=%s", "\xc3\xa4@x.org", "mail: a@x.org", ANSWER_NO},
        {"mail=%s", "\xc3\xa4@x.org", "mail: a\xcc\x88@x.org", ANSWER_YES}, /* NFC */
        {"mail=%s", "a@xn--bcher-kva.example",
         "mail: a@b\xc3\xbc"
         "cher.example",
         ANSWER_YES},
        {"mail=%s", "strasse@x.org",
         "mail: stra\xc3\x9f"
         "e@x.org",
         ANSWER_NO},
        {"mail=%s", "\"a b\"@x.org", "mail: \"a b\"@x.org", ANSWER_YES},
        {"mail=%s", "a b@x.org", "mail: a b@x.org", ANSWER_YES},
        {"uid=%u", "alice@x.org", "uid: Alice", ANSWER_YES},
        {"uid=%u", "alice@x.org", "uid: alicia", ANSWER_NO},
        {"mail~=%s", "a@x.org", "mail: A@x.org", ANSWER_YES},
        {"mail~=%s", "smith@x.org", "mail: smyth@x.org", ANSWER_NO},
        {"mail:caseExactMatch:=%s", "a@x.org", "mail: b@x.org", ANSWER_NO},
        {"mail:1.2.3:=%s", "a@x.org", "mail: b@x.org", ANSWER_YES}, /* who knows it? */

        {"proxyAddresses=smtp:%s", "a@x.org", "proxyAddresses: SMTP:A@x.org",
         ANSWER_YES},
        {"proxyAddresses=smtp:%s", "a@x.org", "proxyAddresses: x400:c=de;smtp:a@x.org",
         ANSWER_YES},
        {"proxyAddresses=smtp:%s", "a@x.org", "proxyAddresses: a@x.org", ANSWER_NO},
        {"proxyAddresses=smtp:%s", "\xc3\xa4@x.org", "proxyAddresses: smtp:a@x.org",
         ANSWER_NO},
        {"proxyAddresses=smtp:%s", "a@xn--bcher-kva.example",
         "proxyAddresses: smtp:a@b\xc3\xbc"
         "cher.example",
         ANSWER_YES},

        {"mail=%u@*", "a@x.org", "mail: A@y.org", ANSWER_YES},
        {"mail=%u@*", "a@x.org", "mail: aa@y.org", ANSWER_NO},
        {"mail=*@%d", "a@x.org", "mail: b@X.org", ANSWER_YES},
        {"mail=*@%d", "a@x.org", "mail: b@x.org.evil", ANSWER_NO},
        {"mail=*@%d", "a@xn--bcher-kva.example",
         "mail: b@b\xc3\xbc"
         "cher.example",
         ANSWER_YES},
        {"mail=*%u*%d*", "a@x", "mail: 1a2x3", ANSWER_YES},
        {"mail=*%u*%d*", "a@x", "mail: 1x2a3", ANSWER_NO},
        {"mail=%u*%u", "aa@x", "mail: aaa", ANSWER_NO},
        {"mail=%u*%u", "aa@x", "mail: aaaa", ANSWER_YES},

        {"member=uid=%u,dc=x", "a@x.org", "member: uid=A, dc=X", ANSWER_YES},
        {"member=uid=%u,dc=x", "a@x.org", "member: uid=b,dc=x", ANSWER_NO},
        {"member=uid=%u,dc=x", "a,b@x.org", "member: uid=a\\,b,dc=x", ANSWER_YES},
        {"member=uid=%u,dc=x", "a,ou=b@x.org", "member: uid=a,ou=b,dc=x", ANSWER_NO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(cases[i].filter, NULL, cases[i].key, cases[i].entry, "uid=a,dc=x", false,
              cases[i].want);
}

static void test_logic(void **state)
{
    static const struct {
        const char *filter;
        const char *entry;
        enum answer want;
    } cases[] = {
        {"(&(objectClass=person)(mail=%s))", "mail: a@x", ANSWER_YES},
        {"(&(objectClass=person)(mail=%s))", "mail: b@x", ANSWER_NO},
        {"(&(mail=%s)(uid=%u))", "mail: a@x|uid: b", ANSWER_NO},
        {"(|(mail=%s)(uid=%u))", "mail: b@x|uid: a", ANSWER_YES},
        {"(|(mail=%s)(uid=%u))", "mail: b@x|uid: c", ANSWER_NO},
        {"(|(mail=%s)(objectClass=person))", "mail: b@x", ANSWER_YES},
        {"(&(mail=%s)(!(alias=%s)))", "mail: a@x", ANSWER_YES},
        {"(&(mail=%s)(!(alias=%s)))", "mail: a@x|alias: a@x", ANSWER_NO},
        {"(&(mail=%s)(!(blocked=yes)))", "mail: a@x", ANSWER_YES},
        {"(!(mail=%s))", "mail: b@x", ANSWER_YES},
        {"(!(mail=%s))", "mail: a@x", ANSWER_NO},
        {"(&(mail=%s)(|(a=b)(!(|(c=d)(e=f)))))", "mail: a@x", ANSWER_YES},
        {"(|)", "mail: a@x", ANSWER_NO},
        {"(&)", "mail: a@x", ANSWER_YES},

        /* What was searched and cannot be read. */
        {"mail=%s", "login: a", ANSWER_UNKNOWN},
        {"(&(mail=%s)(uid=%u))", "mail: a@x", ANSWER_UNKNOWN},
        {"(&(mail=%s)(uid=%u))", "mail: b@x", ANSWER_NO},
        {"(|(mail=%s)(alias=%s))", "mail: a@x", ANSWER_YES},
        {"(|(mail=%s)(alias=%s))", "mail: b@x", ANSWER_UNKNOWN},   /* alias, surely */
        {"(|(mail=%s)(alias=%s))", "mail: \xc3\xa4@x", ANSWER_NO}, /* mail, loosely */
        {"(|(mail=%s)(alias=%s))", "mail: a\xc2\xad@x", ANSWER_NO},
        {"(|(mail=%s)(alias=%s))", "mail:  \xef\xbd\x81 @x", ANSWER_NO},
        {"(|(mail=%s)(alias=%s))", "mail: b@x|alias: c@x", ANSWER_NO},

        /* The directory's own name for what was asked for. */
        {"(alias=%s)", "rfc822Mailbox: a@x", ANSWER_YES},
        {"(alias=%s)", "rfc822Mailbox: b@x", ANSWER_NO},
        {"(alias=%s)", "mail: a@x", ANSWER_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(cases[i].filter, NULL, "a@x", cases[i].entry, "uid=a,dc=x", false,
              cases[i].want);
}

static void test_case(void **state)
{
    (void)state;
    check("mail=%s", NULL, "A@x.org", "mail: A@X.ORG", "dc=x", true, ANSWER_YES);
    check("mail=%s", NULL, "A@x.org", "mail: a@x.org", "dc=x", true, ANSWER_NO);
    check("uid=%u", NULL, "A@x.org", "uid: A", "dc=x", true, ANSWER_YES);
    check("uid=%u", NULL, "A@x.org", "uid: a", "dc=x", true, ANSWER_NO);
    check("proxyAddresses=smtp:%s", NULL, "A@x.org", "proxyAddresses: SMTP:A@X.org",
          "dc=x", true, ANSWER_YES);
    check("proxyAddresses=smtp:%s", NULL, "A@x.org", "proxyAddresses: SMTP:a@X.org",
          "dc=x", true, ANSWER_NO);
}

/* A base with expansions: its values are compared, the rest is the directory's. */
static void test_base(void **state)
{
    static const struct {
        const char *base;
        const char *key;
        const char *dn;
        enum answer want;
    } cases[] = {
        {"uid=%u,ou=people,dc=x", "alice@x", "uid=Alice,ou=People, dc=X", ANSWER_YES},
        {"uid=%u,ou=people,dc=x", "alice@x", "cn=more,uid=alice,ou=people,dc=x",
         ANSWER_YES},
        {"uid=%u,ou=people,dc=x", "al\xc2\xadice@x", "uid=alice,ou=people,dc=x",
         ANSWER_NO},
        {"uid=%u,ou=people,dc=x", "\xc3\xa4@x", "uid=a,ou=people,dc=x", ANSWER_NO},
        {"uid=%u,ou=people,dc=x", "a,b@x", "uid=a\\2Cb,ou=people,dc=x", ANSWER_YES},
        {"uid=%u,ou=people,dc=x", "a@x", "ou=people,dc=x", ANSWER_NO},
        {"userid=%u,dc=x", "a@x", "uid=a,dc=x", ANSWER_YES},
        {"dc=%2,dc=%1", "a@mail.x.org", "uid=a,dc=x,dc=org", ANSWER_YES},
        {"dc=%2,dc=%1", "a@x.org", "uid=a,dc=y,dc=org", ANSWER_NO},
        {"cn=x+uid=%u,dc=x", "a@x", "uid=A+cn=x,dc=x", ANSWER_YES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check("objectClass=*", cases[i].base, cases[i].key, "uid: a", cases[i].dn,
              false, cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_base),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
