/* SPDX-License-Identifier: BSD-2-Clause */
/* outcome.h - what the result codes of a directory mean to us (pure). */
#ifndef SENDAS_LDAP_OUTCOME_H
#define SENDAS_LDAP_OUTCOME_H

#include <stdbool.h>

#include "base/answer.h"
#include "ldap/directory.h"

/* The result of an operation, as the server sent it. */
struct outcome {
    int code;         /* of RFC 4511 4.1.9 */
    int policy;       /* the error of the password policy control, below; */
    const char *text; /* the diagnostic message, "" for none */
};

/* No control came, or no error in it. The others are those of the draft. */
enum { OUTCOME_POLICY_NONE = 65535 };

/*
 * A search's result: YES: complete; NO: there is no such base; UNKNOWN: any other. Says
 * in *elsewhere_r whether another server may do better.
 */
enum answer outcome_of_search(const struct outcome *outcome, bool *elsewhere_r);

/*
 * A bind's result, as directory_check() returns it. UNKNOWN where it tells nothing of
 * the password: then *elsewhere_r as above.
 */
enum answer outcome_of_bind(const struct outcome *outcome,
                            enum directory_verdict *verdict_r, bool *elsewhere_r);

#endif
