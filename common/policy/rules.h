/* SPDX-License-Identifier: BSD-2-Clause */
/* rules.h - which rule of the configuration decides about a message. */
#ifndef SENDAS_POLICY_RULES_H
#define SENDAS_POLICY_RULES_H

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "conf/conf.h"
#include "policy/facts.h"

struct rules;

/*
 * Makes the conditions of all rules ready to be asked at once, so that a choice takes
 * about as long with many rules as with one. What the configuration cannot check by
 * itself is checked here: that logins, domains and addresses of the policy can be
 * normalised. `conf` is borrowed and must outlive it. NULL with a line
 * "FILE:LINE: ..." for each mistake in *error_r.
 */
struct rules *rules_create(const struct conf *conf, struct buf *error_r);
void rules_destroy(struct rules *rules); /* NULL is allowed */

/* Who is asked for groups (names without "group:"). */
struct rules_groups {
    /* Is the login in the group? As owner_in_group(). */
    enum answer (*has)(void *arg, const char *group, const char *login,
                       struct arena *arena, struct buf *error_r);
    /* In which ones is it? As owner_groups(). NULL: that is not known. */
    enum answer (*all)(void *arg, const char *login, struct arena *arena,
                       struct strlist *groups_r, struct buf *error_r);
    void *arg;
};

/*
 * The first rule whose conditions all hold: ANSWER_YES and the rule in *rule_r.
 * ANSWER_NO: there is none, so that the top level decides. ANSWER_UNKNOWN: a group that
 * such a rule's `logins` name could not be asked, with its line in *error_r: which rule
 * it is, is then not known, and no guess is good enough, for either way could let pass
 * what the site forbids. The caller follows on_lookup_failure of the top level.
 *
 * A client has logged in when facts->login is not NULL. `login` is that login,
 * normalised; NULL: nobody has logged in, or nobody knows who. Then no rule with
 * `logins` or `login_domains` holds: the identity of a rule comes with the rule that is
 * chosen and chooses none. All conditions look at what is known when MAIL is given.
 *
 * Groups are asked only when their answer matters, of the first rule whose other
 * conditions hold: all at once where rules name several and the maps can tell, else one
 * after the other, each at most once. Safe from any thread.
 */
enum answer rules_choose(const struct rules *rules, const struct facts *facts,
                         const char *login, const struct rules_groups *groups,
                         struct arena *arena, const struct conf_rule **rule_r,
                         struct buf *error_r);

/* What a {tls_version} comes to, as "TLSv1.2"; NULL: no TLS. */
enum min_tls rules_tls(const char *version);

#endif
