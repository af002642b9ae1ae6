/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/outcome.h"

#include <string.h>

#include <ldap.h>

enum answer outcome_of_search(const struct outcome *outcome, bool *elsewhere_r)
{
    *elsewhere_r = false;
    switch (outcome->code) {
    case LDAP_SUCCESS:
        return ANSWER_YES;
    case LDAP_NO_SUCH_OBJECT:
        return ANSWER_NO;
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
    case LDAP_UNWILLING_TO_PERFORM:
        *elsewhere_r = true;
        return ANSWER_UNKNOWN;
    default:
        return ANSWER_UNKNOWN;
    }
}

/* What the password policy's control says of a bind, whatever its code. */
static const struct outcome_policy_row {
    int policy;
    enum directory_verdict verdict;
} outcome_policies[] = {
    {PP_passwordExpired, DIRECTORY_EXPIRED},
    {PP_accountLocked, DIRECTORY_LOCKED},
    {PP_changeAfterReset, DIRECTORY_MUST_CHANGE},
};

/* Active Directory has one code for every failure, and the reason, a Windows error in
 * hexadecimal, in the text: "... AcceptSecurityContext error, data 775, v2580". */
static const struct outcome_data_row {
    const char *data;
    enum directory_verdict verdict;
} outcome_data[] = {
    {"530", DIRECTORY_REFUSED},     /* not at this time of day */
    {"531", DIRECTORY_REFUSED},     /* not from this machine */
    {"532", DIRECTORY_EXPIRED},     /* the password */
    {"533", DIRECTORY_REFUSED},     /* disabled */
    {"701", DIRECTORY_REFUSED},     /* the account, not its password, has expired */
    {"773", DIRECTORY_MUST_CHANGE}, /* before the first logon */
    {"775", DIRECTORY_LOCKED},
};

/* Codes that are about the account. Others are about the server or about us. */
static const struct outcome_code_row {
    int code;
    enum directory_verdict verdict;
} outcome_codes[] = {
    {LDAP_INVALID_CREDENTIALS, DIRECTORY_WRONG},
    {LDAP_NO_SUCH_OBJECT, DIRECTORY_WRONG},
    {LDAP_CONSTRAINT_VIOLATION, DIRECTORY_LOCKED}, /* 389 Directory Server's */
    {LDAP_INAPPROPRIATE_AUTH, DIRECTORY_REFUSED},
    {LDAP_INSUFFICIENT_ACCESS, DIRECTORY_REFUSED},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static bool outcome_is_data(const char *text, const char *data)
{
    const char *at = strstr(text, "data ");
    size_t len = strlen(data);

    return at != NULL && strncmp(at + 5, data, len) == 0 &&
           strchr(", ", at[5 + len]) != NULL;
}

static enum directory_verdict outcome_wrong(const char *text)
{
    for (size_t i = 0; i < COUNT(outcome_data); i++) {
        if (outcome_is_data(text, outcome_data[i].data))
            return outcome_data[i].verdict;
    }
    return DIRECTORY_WRONG;
}

/* Inactive accounts of 389 Directory Server; its other unwillingnesses are its own. */
static bool outcome_inactive(const struct outcome *outcome)
{
    return outcome->code == LDAP_UNWILLING_TO_PERFORM &&
           strstr(outcome->text, "inactivated") != NULL;
}

enum answer outcome_of_bind(const struct outcome *outcome,
                            enum directory_verdict *verdict_r, bool *elsewhere_r)
{
    *elsewhere_r = false;
    for (size_t i = 0; i < COUNT(outcome_policies); i++) {
        if (outcome->policy == outcome_policies[i].policy) {
            *verdict_r = outcome_policies[i].verdict;
            return ANSWER_NO;
        }
    }
    if (outcome->code == LDAP_SUCCESS) {
        *verdict_r = DIRECTORY_RIGHT;
        return ANSWER_YES;
    }
    if (outcome_inactive(outcome)) {
        *verdict_r = DIRECTORY_REFUSED;
        return ANSWER_NO;
    }
    for (size_t i = 0; i < COUNT(outcome_codes); i++) {
        if (outcome->code != outcome_codes[i].code)
            continue;
        *verdict_r = outcome_codes[i].verdict;
        if (*verdict_r == DIRECTORY_WRONG)
            *verdict_r = outcome_wrong(outcome->text);
        return ANSWER_NO;
    }
    (void)outcome_of_search(outcome, elsewhere_r);
    return ANSWER_UNKNOWN;
}
