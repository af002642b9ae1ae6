/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/ldap_filter.c and map/ldap_name.c: filters and what keys make of
 * them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "map/ldap_filter.h"

/* The filter for the key, or "? " and what is wrong with the template. */
static void check(const char *text, enum map_template_use use, const char *key,
                  const char *value, const char *want)
{
    struct map_template_needs needs = {0};
    struct buf error = BUF_INIT, got = BUF_INIT;
    struct arena arena = {0};
    struct ldap_filter *filter = ldap_filter_parse(text, use, &needs, &arena, &error);

    if (filter != NULL)
        ldap_filter_format(filter, key, value, &got);
    else
        buf_addf(&got, "? %s", buf_str(&error));
    if (strcmp(buf_str(&got), want) != 0)
        fail_msg("%s for %s: %s, expected %s", text, key, buf_str(&got), want);
    buf_finish(&got);
    buf_finish(&error);
    arena_finish(&arena);
}

static void test_format(void **state)
{
    static const struct {
        const char *text;
        const char *key;
        const char *want;
    } cases[] = {
        {"mail=%s", "a@x", "(mail=a@x)"},
        {"(mail=%s)", "a@x", "(mail=a@x)"},
        {" ( mail=%s) ", "a@x", "(mail=a@x)"},
        {"(mail= %s )", "a@x", "(mail= a@x )"},
        {"(mail=)", "a@x", "(mail=)"},
        {"(&(objectClass=person)(mail=%s))", "a@x",
         "(&(objectClass=person)(mail=a@x))"},
        {"(& (a=1)\t(| (b=2) (!(c=%u)) ) )", "a@x", "(&(a=1)(|(b=2)(!(c=a))))"},
        {"(&)", "a@x", "(&)"},
        {"(|)", "a@x", "(|)"},
        {"(mail=*)", "a@x", "(mail=*)"},
        {"(mail=%u@*)", "a@x", "(mail=a@*)"},
        {"(mail=*@%d)", "a@x", "(mail=*@x)"},
        {"(mail=a**b)", "a@x", "(mail=a**b)"},
        {"(mail=*%u*%d*)", "a@x", "(mail=*a*x*)"},
        {"(a;lang-de=%s)", "a@x", "(a;lang-de=a@x)"},
        {"(1.2.840=%s)", "a@x", "(1.2.840=a@x)"},
        {"(a>=1)", "a@x", "(a>=1)"},
        {"(a<=1)", "a@x", "(a<=1)"},
        {"(a~=%s)", "a@x", "(a~=a@x)"},
        {"(memberOf:1.2.840.113556.1.4.1941:=cn=g,dc=x)", "a@x",
         "(memberOf:1.2.840.113556.1.4.1941:=cn=g,dc=x)"},
        {"(a:dn:=%s)", "a@x", "(a:dn:=a@x)"},
        {"(:caseExactMatch:=%s)", "a@x", "(:caseExactMatch:=a@x)"},
        {"(userAccountControl:1.2.840.113556.1.4.803:=2)", "a@x",
         "(userAccountControl:1.2.840.113556.1.4.803:=2)"},

        /* Escapes of the file's own, of both kinds. */
        {"(a=\\2a\\28\\5C)", "a@x", "(a=\\2a\\28\\5c)"},
        {"(a=\\*\\(\\)\\\\)", "a@x", "(a=\\2a\\28\\29\\5c)"},
        {"(a=100%%)", "a@x", "(a=100%)"},
        {"(a=\\25s)", "a@x", "(a=%s)"},
        {"(a=\\00)", "a@x", "(a=\\00)"},
        {"(a=\xc3\xbc)", "a@x", "(a=\\c3\\bc)"},
        {"a=\\29", "a@x", "(a=\\29)"},

        /* Whatever a key holds, it is a value. */
        {"(mail=%s)", "*", "(mail=\\2a)"},
        {"(mail=%s)", "a)(uid=*", "(mail=a\\29\\28uid=\\2a)"},
        {"(mail=%s)", "\\2a@x", "(mail=\\5c2a@x)"},
        {"(mail=%s)", "%s@%d", "(mail=%s@%d)"},
        {"(mail=%s)", "\x01\xff@x", "(mail=\\01\\ff@x)"},
        {"mail=%s", "a)(b=c", "(mail=a\\29\\28b=c)"},
        {"(mail=%u@*)", "*)(x=*@y", "(mail=\\2a\\29\\28x=\\2a@*)"},

        /* What is part of a distinguished name is escaped for it as well. */
        {"(member=uid=%u,dc=x)", "a@x", "(member=uid=a,dc=x)"},
        {"(member=uid=%u,dc=x)", "a,ou=b+c@x",
         "(member=uid=a\\5c2cou\\5c3db\\5c2bc,dc=x)"},
        {"(note=owner=%s)", "a+b@x", "(note=owner=a+b@x)"}, /* but this is none */
        {"(a=%1.%2)", "a@x.org", "(a=org.x)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(cases[i].text, MAP_TEMPLATE_QUERY, cases[i].key, NULL, cases[i].want);
}

static void test_result(void **state)
{
    (void)state;
    check("(memberOf:1.2.840.113556.1.4.1941:=%s)", MAP_TEMPLATE_RESULT, "a@x",
          "cn=g\\2c h (x),dc=y",
          "(memberOf:1.2.840.113556.1.4.1941:=cn=g\\5c2c h \\28x\\29,dc=y)");
    check("(&(o=%D)(memberOf=%s))", MAP_TEMPLATE_RESULT, "a@x", "cn=g",
          "(&(o=x)(memberOf=cn=g))");
}

static void test_errors(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"", "? expected attribute=value at its end"},
        {"()", "? expected attribute=value at \")\""},
        {"(mail)", "? expected attribute=value at \"mail)\""},
        {"(=x)", "? expected attribute=value at \"=x)\""},
        {"(mail = x)", "? expected attribute=value at \"mail = x)\""},
        {"(mail=%s", "? a parenthesis is not closed at \"(mail=%s\""},
        {"(&(mail=%s)", "? a parenthesis is not closed at \"(&(mail=%s)\""},
        {"(mail=%s))", "? expected nothing more at \")\""},
        {"(a=b)(c=d)", "? expected nothing more at \"(c=d)\""},
        {"(&(a=b)c=d)", "? expected \"(\" or \")\" at \"c=d)\""},
        {"(!)", "? expected one filter behind \"!\" at \")\""},
        {"(!(a=b)(c=d))", "? expected one filter behind \"!\" at \")\""},
        {"(!a=b)", "? expected one filter behind \"!\" at \"a=b)\""},
        {"(a=b(c)", "? a parenthesis in a value has to be written \\28 or \\29 at "
                    "\"(c)\""},
        {"a=b)", "? a parenthesis in a value has to be written \\28 or \\29 at \")\""},
        {"(a=\\2)", "? expected two hexadecimal digits behind \"\\\" at \"\\\\2)\""},
        {"(a=\\", "? expected two hexadecimal digits behind \"\\\" at \"\\\\\""},
        {"(%s=b)", "? an expansion can be part of a value only at \"%s=b)\""},
        {"(a%d=b)", "? an expansion can be part of a value only at \"%d=b)\""},
        {"(a:%d:=b)", "? an expansion can be part of a value only at \"%d:=b)\""},
        {"(a>=%s)", "? expected =, since the value has an expansion, at \"a>=%s)\""},
        {"(a<=%u)", "? expected =, since the value has an expansion, at \"a<=%u)\""},
        {"(a~=b*)", "? expected no \"*\" in the value at \"a~=b*)\""},
        {"(a:x:=b*c)", "? expected no \"*\" in the value at \"a:x:=b*c)\""},
        {"(a=%q)", "? unknown expansion \"%q\", expected %s, %u, %d, %S, %U, %D, %1 to "
                   "%9 or %%"},
        {"(a=%)", "? expected an expansion, or \"%%\", at \"%)\""},
        {"(a=%\\73)", "? expected an expansion, or \"%%\", at \"%\\\\73)\""},
        {"a=%", "? expected an expansion, or \"%%\", at \"%\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(cases[i].text, MAP_TEMPLATE_QUERY, "a@x", NULL, cases[i].want);
}

/* Nested so deeply that it is refused rather than the end of the stack. */
static void test_depth(void **state)
{
    struct buf text = BUF_INIT;
    struct map_template_needs needs = {0};
    struct buf error = BUF_INIT;
    struct arena arena = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_adds(&text, "(!");
    buf_adds(&text, "(a=b)");
    for (int i = 0; i < 100000; i++)
        buf_addc(&text, ')');
    assert_null(
        ldap_filter_parse(buf_str(&text), MAP_TEMPLATE_QUERY, &needs, &arena, &error));
    assert_non_null(strstr(buf_str(&error), "filters are nested too deeply"));
    buf_finish(&text);
    buf_finish(&error);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
