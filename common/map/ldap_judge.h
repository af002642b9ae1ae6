/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ldap_judge.h - is what a directory found really what was asked for? Directories match
 * loosely: without regard to case, to blanks, to invisible characters and to forms of
 * letters, some to accents. So "al<soft hyphen>ice" finds alice.
 */
#ifndef SENDAS_MAP_LDAP_JUDGE_H
#define SENDAS_MAP_LDAP_JUDGE_H

#include "base/answer.h"
#include "base/arena.h"
#include "ldap/directory.h"
#include "mail/address.h"
#include "map/ldap_filter.h"

/* What was asked. All borrowed. */
struct ldap_question {
    const struct ldap_filter *filter;
    const struct ldap_name *base;  /* NULL: it has no expansion */
    const char *const *attributes; /* that were asked for, ends with NULL */
    const struct address_rules *rules;
    const char *key;
};

/*
 * Judges an entry that the directory says the filter matches. An assertion with an
 * expansion holds only if one of the entry's values is what was asked for, by the rules
 * that all our maps have: the same but for the case of ASCII letters (of the local part
 * too unless it counts), or the same address once both are normalised. The directory
 * has judged the other assertions: they may hold or not. ANSWER_YES: the filter can
 * hold. ANSWER_NO: it cannot. ANSWER_UNKNOWN: it could, but an attribute was searched
 * that cannot be read; or memory ran out. *why_r then says why, in the arena or static.
 */
enum answer ldap_judge(const struct ldap_question *question,
                       const struct directory_entry *entry, struct arena *arena,
                       const char **why_r);

#endif
