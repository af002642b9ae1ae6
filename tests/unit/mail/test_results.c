/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/results.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/results.h"

#define ID "mail.example.org"

static const struct {
    struct results results;
    const char *value;
} built[] = {
    {{.authserv_id = ID}, ID "; auth=none"},
    {{.authserv_id = ID, .login = "alice", .mail_from = "a@x"}, ID "; auth=none"},
    {{.authserv_id = ID, .authenticated = true}, ID "; auth=pass"},
    {{.authserv_id = ID,
      .authenticated = true,
      .mechanism = "SCRAM-SHA-256",
      .login = "alice@example.org",
      .mail_from = "alice@example.org"},
     ID "; auth=pass (SCRAM-SHA-256)\n "
        "smtp.auth=alice@example.org smtp.mailfrom=alice@example.org"},
    {{.authserv_id = "a b", .authenticated = true, .mechanism = "P(L)\nX"},
     "\"a_b\"; auth=pass (P?L??X)"},
    {{.authserv_id = ID, .authenticated = true, .login = "x; dkim=pass\r\n\"\\"},
     ID "; auth=pass\n smtp.auth=\"x;_dkim=pass??\\\"\\\\\""},
    {{.authserv_id = ID,
      .authenticated = true,
      .login = "j\303\274@x",
      .mail_from = ""},
     ID "; auth=pass smtp.auth=\"j??@x\""},
    {{.authserv_id = ID, .authenticated = true, .login = "a@b@c"},
     ID "; auth=pass smtp.auth=\"a@b@c\""},
};

static void test_build(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++) {
        struct buf value = BUF_INIT;

        results_build(&built[i].results, &value);
        assert_string_equal(buf_str(&value), built[i].value);
        buf_finish(&value);
    }
}

static const struct {
    const char *value;
    bool claims;
} claims[] = {
    {ID "; auth=pass", true},
    {"MAIL.Example.ORG ; none", true},
    {"(x) " ID " (y) 1 (z); none", true},
    {"\n " ID ";\n none", true},
    {"\"" ID "\"; none", true},
    {"\"mail.exa\\mple.org\" 1; none", true},
    {ID, true},
    {"other.example.net; auth=pass", false},
    {"other.example.net 1; none", false},
    {"other.example.net", false},
    {"x" ID "; none", false},
    {ID ".example.net; none", false},
    /* Who knows. */
    {"", true},
    {"; none", true},
    {"(x", true},
    {"other.example.net " ID "; none", true},
    {"<" ID ">; none", true},
};

static void test_claims(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        if (results_claims(claims[i].value, strlen(claims[i].value), ID) !=
            claims[i].claims)
            fail_msg("%s", claims[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build),
        cmocka_unit_test(test_claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
