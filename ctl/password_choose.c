/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/password_choose.h"

#include <unistd.h>

#include "base/secret.h"
#include "cred/prepare.h"
#include "ctl/output.h"
#include "ctl/password_read.h"
#include "ctl/password_rules.h"

static bool generate(struct password_rules *rules, struct buf *password_r)
{
    struct buf error = BUF_INIT;
    bool done = password_rules_generate(rules, password_r, &error);

    if (!done)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

/* Is it text that clients can send? */
static bool preparable(const struct buf *password)
{
    struct buf prepared_text = BUF_INIT;
    enum prepared prepared = prepare_password(PREPARE_OPAQUE, buf_str(password),
                                              password->len, &prepared_text);

    secret_finish(&prepared_text);
    if (prepared != PREPARED)
        complain("a password %s", prepared_sentence(prepared));
    return prepared == PREPARED;
}

/* Does it keep the rules, or may it break them? */
static bool allowed(const struct options *options, struct password_rules *rules,
                    const struct buf *password, const char *login)
{
    bool binding =
        password_rules_enforced(rules) && !options_has(options, OPTION_NO_RULES);
    struct buf why = BUF_INIT;
    bool kept = password_rules_check(rules, buf_str(password), login, &why);

    if (!kept)
        complain("%sthe password breaks the rules: %s",
                 binding ? "" : "warning: ", buf_str(&why));
    buf_finish(&why);
    return kept || !binding;
}

/* Has it typed once more. */
static bool confirm(const struct buf *password)
{
    struct buf again = BUF_INIT;
    bool same;

    if (!password_read("Once more: ", &again))
        return false;
    same = again.len == password->len &&
           secret_equal(buf_str(&again), buf_str(password), password->len);
    secret_finish(&again);
    if (!same)
        complain("the two passwords are not the same");
    return same;
}

static bool ask(const struct options *options, struct password_rules *rules,
                const char *login, struct buf *password_r)
{
    struct buf prompt = BUF_INIT;
    bool done;

    buf_addf(&prompt, "New password for %s: ", login);
    done = password_read(buf_str(&prompt), password_r) && preparable(password_r) &&
           allowed(options, rules, password_r, login) &&
           (!password_from_terminal() || confirm(password_r));
    buf_finish(&prompt);
    return done;
}

bool password_choose(const struct options *options, const char *login,
                     struct buf *password_r)
{
    struct password_rules *rules;
    bool done;

    if (options_has(options, OPTION_NO_RULES) && geteuid() != 0) {
        complain("option --no-rules is for root alone");
        return false;
    }
    rules = password_rules_create();
    if (rules == NULL)
        return false;
    done = options_has(options, OPTION_GENERATE)
               ? generate(rules, password_r)
               : ask(options, rules, login, password_r);
    password_rules_destroy(rules);
    return done;
}
