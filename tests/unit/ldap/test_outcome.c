/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ldap/outcome.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ldap.h>

#include "ldap/outcome.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { NONE = OUTCOME_POLICY_NONE };

static const struct bind_row {
    struct outcome outcome;
    enum answer answer;
    enum directory_verdict verdict;
    bool elsewhere;
} binds[] = {
    {{0, NONE, ""}, ANSWER_YES, DIRECTORY_RIGHT, false},
    {{49, NONE, ""}, ANSWER_NO, DIRECTORY_WRONG, false},
    {{32, NONE, ""}, ANSWER_NO, DIRECTORY_WRONG, false},
    {{48, NONE, ""}, ANSWER_NO, DIRECTORY_REFUSED, false},
    {{50, NONE, ""}, ANSWER_NO, DIRECTORY_REFUSED, false},
    {{19, NONE, ""}, ANSWER_NO, DIRECTORY_LOCKED, false},
    /* The policy's word counts, whatever the code. */
    {{49, PP_accountLocked, ""}, ANSWER_NO, DIRECTORY_LOCKED, false},
    {{49, PP_passwordExpired, ""}, ANSWER_NO, DIRECTORY_EXPIRED, false},
    {{0, PP_changeAfterReset, ""}, ANSWER_NO, DIRECTORY_MUST_CHANGE, false},
    {{0, PP_accountLocked, ""}, ANSWER_NO, DIRECTORY_LOCKED, false},
    {{53, PP_accountLocked, ""}, ANSWER_NO, DIRECTORY_LOCKED, false},
    /* Those of changes mean nothing here. */
    {{49, PP_passwordTooShort, ""}, ANSWER_NO, DIRECTORY_WRONG, false},
    {{0, PP_passwordTooShort, ""}, ANSWER_YES, DIRECTORY_RIGHT, false},
    {{49, NONE, "AcceptSecurityContext error, data 775, v2580"},
     ANSWER_NO,
     DIRECTORY_LOCKED,
     false},
    {{49, NONE, "AcceptSecurityContext error, data 773"},
     ANSWER_NO,
     DIRECTORY_MUST_CHANGE,
     false},
    {{49, NONE, "data 7755"}, ANSWER_NO, DIRECTORY_WRONG, false},
    {{49, NONE, "data "}, ANSWER_NO, DIRECTORY_WRONG, false},
    /* Only where the password has been looked at. */
    {{51, NONE, "data 775,"}, ANSWER_UNKNOWN, DIRECTORY_WRONG, true},
    {{53, NONE, "Account inactivated."}, ANSWER_NO, DIRECTORY_REFUSED, false},
    {{53, NONE, "operation restricted"}, ANSWER_UNKNOWN, DIRECTORY_WRONG, true},
    {{52, NONE, ""}, ANSWER_UNKNOWN, DIRECTORY_WRONG, true},
    {{13, NONE, "confidentiality required"}, ANSWER_UNKNOWN, DIRECTORY_WRONG, false},
    {{8, NONE, ""}, ANSWER_UNKNOWN, DIRECTORY_WRONG, false},
    {{34, NONE, ""}, ANSWER_UNKNOWN, DIRECTORY_WRONG, false},
    {{10, NONE, ""}, ANSWER_UNKNOWN, DIRECTORY_WRONG, false},
    {{-1, NONE, ""}, ANSWER_UNKNOWN, DIRECTORY_WRONG, false},
    {{123456, NONE, ""}, ANSWER_UNKNOWN, DIRECTORY_WRONG, false},
};

static void test_binds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(binds); i++) {
        enum directory_verdict verdict = DIRECTORY_WRONG;
        bool elsewhere = false;

        assert_int_equal(outcome_of_bind(&binds[i].outcome, &verdict, &elsewhere),
                         binds[i].answer);
        assert_int_equal(verdict, binds[i].verdict);
        assert_int_equal(elsewhere, binds[i].elsewhere);
    }
}

/* Nothing but success is an answer, and nothing but a base that is not there is a no.
 */
static void test_searches(void **state)
{
    (void)state;
    for (int code = -20; code < 200; code++) {
        struct outcome outcome = {code, NONE, ""};
        bool elsewhere = false;
        enum answer answer = outcome_of_search(&outcome, &elsewhere);

        if (code == 0)
            assert_int_equal(answer, ANSWER_YES);
        else if (code == 32)
            assert_int_equal(answer, ANSWER_NO);
        else
            assert_int_equal(answer, ANSWER_UNKNOWN);
        assert_int_equal(elsewhere, code == 51 || code == 52 || code == 53);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binds),
        cmocka_unit_test(test_searches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
