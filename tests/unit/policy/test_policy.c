/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of policy/policy.c: facts in, verdict out. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

#define ME "alice@x.test"
#define MAP                                                                            \
    "inline:{ alice@x.test = alice, info@x.test = alice bob, ceo@x.test = ceo, "       \
    "bob@x.test = bob }"

#define ON_BEHALF "inline:{ boss@x.test = alice, other@x.test = * }"
#define RESEND "inline:{ alice@x.test = alice }"
#define DENY "inline:{ other@x.test = alice }"

enum { FIELDS_MAX = 6 };

/* One message. Fields are "Name:value" strings; settings that differ from the defaults.
 */
struct row {
    const char *what;
    const char *login, *mail_from, *mail_addr;
    const char *auth_param;
    const char *fields[FIELDS_MAX];
    struct conf_policy conf;
    bool reply_to_owned;
    bool monitor_field;
    const char *map; /* of send_as; the others are then none but `behalf` */
    const char *behalf;
    enum action action, would;
    const char *changes; /* "add Sender: value", one a line; NULL: none */
    size_t violations;
    enum place place; /* of the first violation */
    const char *reason;
    const char *address;
};

static const struct row rows[] = {
    {.what = "honest",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME}},
    {.what = "bare login is completed",
     .login = "Alice",
     .mail_from = "<ALICE@X.test>",
     .fields = {"From:\"A\" <Alice@X.TEST>"}},
    {.what = "granted alias",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:Info <info@x.test>"}},
    {.what = "not authenticated: nothing to check",
     .mail_from = "<ceo@x.test>",
     .fields = {"From:ceo@x.test"}},
    {.what = "envelope of another",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "typed is mine, resolved is another's",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .mail_addr = "ceo@x.test",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "resolved by sendmail to a user of its own domain",
     .login = ME,
     .mail_from = "<Alice@X.test>",
     .mail_addr = "Alice",
     .fields = {"From:" ME}},
    {.what = "resolved by sendmail to another user of its own domain",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .mail_addr = "ceo",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "typed and resolved without a domain",
     .login = ME,
     .mail_from = "<alice>",
     .mail_addr = "alice",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 2,
     .place = PLACE_MAIL_FROM,
     .reason = "no-domain",
     .address = "alice"},
    {.what = "From of another",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .mail_addr = "alice@x.test",
     .fields = {"From:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "the null sender skips nothing",
     .login = ME,
     .mail_from = "<>",
     .mail_addr = "",
     .fields = {"From:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "the null sender with an own From",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:" ME}},
    {.what = "null_sender = reject",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:" ME},
     .conf = {.null_sender = NULL_SENDER_REJECT},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "null-sender",
     .address = ""},
    {.what = "two From fields, both mine",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "FROM:" ME},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "several-from"},
    {.what = "two mailboxes, one of another",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME ", ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "Sender of another",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "Sender:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "several authors get a Sender",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:" ME ", info@x.test"},
     .changes = "add Sender: info@x.test\n"},
    {.what = "several authors, null envelope sender",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:" ME ", info@x.test", "Sender:"},
     .changes = "add Sender: " ME "\n"},
    {.what = "several authors with a Sender need none",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:" ME ", info@x.test", "Sender:" ME}},
    {.what = "several authors with a Sender that is not checked",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:" ME ", info@x.test", "Sender:<"},
     .conf = {.sender = CHECK_ANY}},
    {.what = "an address as its own name is one author",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:info@x.test <" ME ">"}},
    {.what = "monitor adds no Sender",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:" ME ", info@x.test"},
     .conf = {.mode = MODE_MONITOR}},
    {.what = "display_name = any",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:\"ceo@x.test\" <" ME ">"}},
    {.what = "a foreign address as the display name",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:\"ceo@x.test\" <" ME ">"},
     .conf = {.display_name = DISPLAY_NAME_NO_FOREIGN},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "address-in-name",
     .address = "ceo@x.test"},
    {.what = "a foreign address, encoded",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:=?utf-8?Q?ceo=40x=2Etest?= <" ME ">"},
     .conf = {.display_name = DISPLAY_NAME_NO_FOREIGN},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "address-in-name",
     .address = "ceo@x.test"},
    {.what = "a foreign address in a comment",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME " (ceo@x.test)"},
     .conf = {.display_name = DISPLAY_NAME_NO_FOREIGN},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "address-in-name",
     .address = "ceo@x.test"},
    {.what = "own addresses and handles in names are harmless",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:\"Info@x.test @alice a@b\" <" ME ">"},
     .conf = {.display_name = DISPLAY_NAME_NO_FOREIGN}},
    {.what = "empty Sender is harmless",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "Sender:"}},
    {.what = "sender = any",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "Sender:ceo@x.test"},
     .conf = {.sender = CHECK_ANY}},
    {.what = "every Resent block counts",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-From:info@x.test", "From:" ME, "Resent-From:ceo@x.test",
                "Resent-Sender:bob@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 2,
     .place = PLACE_RESENT_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "no From",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "missing-from"},
    {.what = "a From that names nobody",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:Robot:;"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "missing-from"},
    {.what = "missing_from = allow",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .conf = {.missing_from = MISSING_FROM_ALLOW}},
    {.what = "a name that some take for From",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "From :" ME},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "odd-field-name"},
    {.what = "from = any looks at no From",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:<", "From:ceo@x.test"},
     .conf = {.from = FROM_ANY}},
    {.what = "from = mail-from",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:info@x.test"},
     .conf = {.from = FROM_MAIL_FROM},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-mail-from",
     .address = "info@x.test"},
    {.what = "from = mail-from and the null sender: owned decides",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:info@x.test"},
     .conf = {.from = FROM_MAIL_FROM}},
    {.what = "from = domain",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:whoever@X.TEST"},
     .conf = {.from = FROM_DOMAIN}},
    {.what = "from = domain, another domain",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:whoever@sub.x.test"},
     .conf = {.from = FROM_DOMAIN},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "whoever@sub.x.test"},
    {.what = "from = domain, an address that is denied",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:other@x.test"},
     .conf = {.from = FROM_DOMAIN},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "other@x.test"},
    {.what = "mail_from = any",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.mail_from = MAIL_FROM_ANY}},
    {.what = "a login that cannot be one",
     .login = "",
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "bad-login"},
    {.what = "on_violation = defer",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .conf = {.on_violation = ON_VIOLATION_DEFER},
     .action = ACTION_DEFER,
     .would = ACTION_DEFER,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "on_violation = log",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_LOG},
     .action = ACTION_LOG,
     .would = ACTION_LOG,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "monitor",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.mode = MODE_MONITOR},
     .action = ACTION_ACCEPT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "no answer defers",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .map = "fail:down",
     .action = ACTION_DEFER,
     .would = ACTION_DEFER},
    {.what = "no answer, on_lookup_failure = accept",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME},
     .map = "fail:down",
     .conf = {.on_lookup_failure = ON_LOOKUP_FAILURE_ACCEPT},
     .action = ACTION_LOG,
     .would = ACTION_LOG},
    {.what = "no answer, on_lookup_failure = reject",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .map = "fail:down",
     .conf = {.on_lookup_failure = ON_LOOKUP_FAILURE_REJECT},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT},
    {.what = "no answer where a violation would only be logged",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME},
     .map = "fail:down",
     .conf = {.on_violation = ON_VIOLATION_LOG},
     .action = ACTION_LOG,
     .would = ACTION_LOG},
    {.what = "a violation that needs no lookup, and no answer for the rest",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:" ME, "From:" ME},
     .map = "fail:down",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "several-from"},
    /* --- delegation --- */
    {.what = "on behalf of another: a Sender is added",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:Boss <boss@x.test>"},
     .changes = "add Sender: " ME "\n"},
    {.what = "on behalf, with the envelope of the other, too",
     .login = ME,
     .mail_from = "<boss@x.test>",
     .fields = {"From:boss@x.test"},
     .changes = "add Sender: " ME "\n"},
    {.what = "on behalf in the envelope alone leaves no doubt",
     .login = ME,
     .mail_from = "<boss@x.test>",
     .fields = {"From:" ME}},
    {.what = "on behalf, from = mail-from: the trace is needed all the same",
     .login = ME,
     .mail_from = "<boss@x.test>",
     .fields = {"From:boss@x.test"},
     .conf = {.from = FROM_MAIL_FROM},
     .changes = "add Sender: " ME "\n"},
    {.what = "on behalf, with a Sender of one's own",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:boss@x.test", "Sender:info@x.test"}},
    {.what = "on behalf, with an empty Sender",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Sender:", "From:boss@x.test"},
     .changes = "add Sender: " ME "\n"},
    {.what = "on behalf, with a foreign Sender",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:boss@x.test", "Sender:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "on behalf, with a foreign Sender that would not be checked",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:boss@x.test", "Sender:ceo@x.test"},
     .conf = {.sender = CHECK_ANY},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "on behalf is no right to be the Sender",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:boss@x.test", "Sender:boss@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "not-owned",
     .address = "boss@x.test"},
    {.what = "on behalf, and no address of one's own",
     .login = "robot",
     .mail_from = "<>",
     .fields = {"From:boss@x.test"},
     .map = "inline:{ robot-2@x.test = robot }",
     .behalf = "inline:{ boss@x.test = robot }",
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "sender-needed"},
    {.what = "several authors, one of them on behalf",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:boss@x.test, info@x.test"},
     .changes = "add Sender: " ME "\n"},
    {.what = "a denial wins over on-behalf",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:other@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "other@x.test"},
    {.what = "resend: a foreign From and Sender below one's own Resent-From",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-From:" ME, "From:ceo@x.test", "Sender:bob@x.test"}},
    {.what = "resend: older blocks are history",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-From:" ME, "Resent-From:ceo@x.test", "Resent-Sender:bob@x.test",
                "From:ceo@x.test"}},
    {.what = "resend: one's own Resent-From must stand on top",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-From:ceo@x.test", "Resent-From:" ME, "From:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 2,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "resend: the topmost block is one's own wholly",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-Sender:bob@x.test", "Resent-From:" ME, "From:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_RESENT_SENDER,
     .reason = "not-owned",
     .address = "bob@x.test"},
    {.what = "resend: only as an address with that right",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-From:info@x.test", "From:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "resend: the envelope is one's own",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"Resent-From:" ME, "From:ceo@x.test"},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},

    /* --- AUTH=, Reply-To --- */
    {.what = "AUTH= is not looked at",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .auth_param = "ceo@x.test",
     .fields = {"From:" ME}},
    {.what = "auth_param = owned",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .auth_param = "ceo@x.test",
     .fields = {"From:" ME},
     .conf = {.auth_param = AUTH_PARAM_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_AUTH_PARAM,
     .reason = "auth-param",
     .address = "ceo@x.test"},
    {.what = "auth_param = owned, own",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .auth_param = "Info@x.test",
     .fields = {"From:" ME},
     .conf = {.auth_param = AUTH_PARAM_OWNED}},
    {.what = "auth_param = owned, nobody",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .auth_param = "<>",
     .fields = {"From:" ME},
     .conf = {.auth_param = AUTH_PARAM_OWNED}},
    {.what = "auth_param = owned, unreadable",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .auth_param = "alice",
     .conf = {.auth_param = AUTH_PARAM_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_AUTH_PARAM,
     .reason = "no-domain",
     .address = "alice"},
    {.what = "AUTH= is no login",
     .mail_from = "<ceo@x.test>",
     .auth_param = "ceo@x.test",
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "protected",
     .address = "ceo@x.test"},
    {.what = "Reply-To is anybody's",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "Reply-To:ceo@x.test"}},
    {.what = "reply_to = owned",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "Reply-To:info@x.test, ceo@x.test"},
     .reply_to_owned = true,
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_REPLY_TO,
     .reason = "not-owned",
     .address = "ceo@x.test"},

    /* --- nobody has logged in --- */
    {.what = "unauthenticated = reject",
     .mail_from = "<who@y.test>",
     .conf = {.unauthenticated = UNAUTHENTICATED_REJECT},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "login-required"},
    {.what = "unauthenticated = reject outranks on_violation",
     .mail_from = "<who@y.test>",
     .conf = {.unauthenticated = UNAUTHENTICATED_REJECT,
              .on_violation = ON_VIOLATION_LOG},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "login-required"},
    {.what = "protect-owned: mail from outside",
     .mail_from = "<who@y.test>",
     .fields = {"From:who@y.test", "Sender:<"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED}},
    {.what = "protect-owned: From",
     .mail_from = "<who@y.test>",
     .fields = {"From:who@y.test, Ceo <ceo@x.test>"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "protected",
     .address = "ceo@x.test"},
    {.what = "protect-owned: a second From",
     .mail_from = "<who@y.test>",
     .fields = {"From:who@y.test", "From :ceo@x.test"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "protected",
     .address = "ceo@x.test"},
    {.what = "protect-owned: a From that can be read in several ways",
     .mail_from = "<who@y.test>",
     .fields = {"From:<ceo@x.test> who@y.test"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "protected",
     .address = "ceo@x.test"},
    {.what = "protect-owned: an address taken apart",
     .mail_from = "<who@y.test>",
     .fields = {"From:who@y.test <ceo (x) @ x . test>"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "protected",
     .address = "ceo@x.test"},
    {.what = "protect-owned: from = any lets lists through",
     .mail_from = "<list@y.test>",
     .fields = {"From:ceo@x.test", "Sender:list@y.test"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED, .from = FROM_ANY}},
    {.what = "protect-owned: rewrite has nobody to rewrite to",
     .mail_from = "<who@y.test>",
     .fields = {"From:ceo@x.test"},
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED,
              .on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "protected",
     .address = "ceo@x.test"},
    {.what = "protect-owned: no answer defers",
     .mail_from = "<who@y.test>",
     .conf = {.unauthenticated = UNAUTHENTICATED_PROTECT_OWNED},
     .map = "fail:down",
     .action = ACTION_DEFER,
     .would = ACTION_DEFER},

    /* --- missing_from = add --- */
    {.what = "missing_from = add",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .conf = {.missing_from = MISSING_FROM_ADD},
     .changes = "add From: " ME "\n"},
    {.what = "missing_from = add, a From that names nobody",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"FROM:Robot:;"},
     .conf = {.missing_from = MISSING_FROM_ADD},
     .changes = "replace FROM 1: " ME "\n"},
    {.what = "missing_from = add, and no address to add",
     .login = "robot",
     .mail_from = "<>",
     .conf = {.missing_from = MISSING_FROM_ADD},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "missing-from"},

    {.what = "missing_from = add, and nobody knows whether there is an address",
     .login = ME,
     .mail_from = "<>",
     .conf = {.missing_from = MISSING_FROM_ADD},
     .map = "fail:down",
     .action = ACTION_DEFER,
     .would = ACTION_DEFER},

    /* --- rewrite --- */
    {.what = "rewrite: a violation at MAIL, and nobody knows the own address",
     .login = ME,
     .mail_from = "<<>",
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .map = "fail:down",
     .action = ACTION_DEFER,
     .would = ACTION_DEFER,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "stray-angle",
     .address = "<"},
    {.what = "rewrite: the name stays, the old From is kept",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:\"Ceo, Acting\" <ceo@x.test>"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "replace From 1: \"Ceo, Acting\" <" ME ">\n"
                "add Reply-To: \"Ceo, Acting\" <ceo@x.test>\n"
                "add X-Original-From: \"Ceo, Acting\" <ceo@x.test>\n"},
    {.what = "rewrite: a Reply-To stays, a name with an address does not",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Reply-To:bob@x.test", "From:\"ceo@x.test\" <ceo@x.test>"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "replace From 1: " ME "\n"
                "add X-Original-From: \"ceo@x.test\" <ceo@x.test>\n"},
    {.what = "rewrite: an encoded name, a comment as a name",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test (=?iso-8859-1?q?J=FCrgen?=)"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "replace From 1: =?utf-8?q?J=C3=BCrgen?= <" ME ">\n"
                "add Reply-To: ceo@x.test (=?iso-8859-1?q?J=FCrgen?=)\n"
                "add X-Original-From: ceo@x.test (=?iso-8859-1?q?J=FCrgen?=)\n"},
    {.what = "rewrite: several From fields become one",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:A <" ME ">", "from:ceo@x.test", "FROM:<"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 3,
     .place = PLACE_FROM,
     .reason = "several-from",
     .changes = "replace From 1: " ME "\n"
                "delete FROM 3\n"
                "delete from 2\n"
                "add X-Original-From: A <" ME ">\n"
                "add X-Original-From: ceo@x.test\n"
                "add X-Original-From: =?utf-8?q?=3C?=\n"},
    {.what = "rewrite: an unreadable From",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:Ceo <ceo@x.test> <" ME ">"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "two-addresses-without-comma",
     .changes = "replace From 1: " ME "\n"
                "add X-Original-From: "
                "=?utf-8?q?Ceo_=3Cceo=40x=2Etest=3E_=3Calice=40x=2Etest=3E?=\n"},
    {.what = "rewrite: no From",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "missing-from",
     .changes = "add From: " ME "\n"},
    {.what = "rewrite: a foreign Sender goes, From stays",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Sender:ceo@x.test", "From:A <" ME ">", "Sender:info@x.test"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "delete Sender 1\n"},
    {.what = "rewrite: a foreign Sender goes, and one is needed",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Sender:ceo@x.test", "From:boss@x.test"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_SENDER,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "delete Sender 1\nadd Sender: " ME "\n"},
    {.what = "rewrite: Resent fields get another name",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"Resent-From:ceo@x.test", "Resent-Sender:<<", "From:" ME},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 2,
     .place = PLACE_RESENT_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "delete Resent-From 1\nadd X-Original-Resent-From: ceo@x.test\n"
                "delete Resent-Sender 1\n"
                "add X-Original-Resent-Sender: =?utf-8?q?=3C=3C?=\n"},
    {.what = "rewrite: the envelope",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "mail_from: " ME "\n"},
    {.what = "rewrite: a name with a foreign address, before one's own",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:\"ceo@x.test\" <" ME ">"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE,
              .display_name = DISPLAY_NAME_NO_FOREIGN},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "address-in-name",
     .address = "ceo@x.test",
     .changes = "replace From 1: " ME "\n"
                "add X-Original-From: \"ceo@x.test\" <" ME ">\n"},
    {.what = "rewrite: a login without an address sends as the envelope",
     .login = "bob",
     .mail_from = "<info@x.test>",
     .fields = {"From:ceo@x.test"},
     .map = "inline:{ info@x.test = bob }",
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "replace From 1: info@x.test\nadd Reply-To: ceo@x.test\n"
                "add X-Original-From: ceo@x.test\n"},
    {.what = "rewrite: own_address",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE, .own_address = "Noreply@x.test"},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "replace From 1: noreply@x.test\nadd Reply-To: ceo@x.test\n"
                "add X-Original-From: ceo@x.test\n"},
    {.what = "rewrite: nothing to rewrite to is told at MAIL",
     .login = "robot",
     .mail_from = "<ceo@x.test>",
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "rewrite: a field that cannot be told from others",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME, "From :ceo@x.test"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "odd-field-name"},
    {.what = "rewrite, from = mail-from",
     .login = ME,
     .mail_from = "<info@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_REWRITE, .from = FROM_MAIL_FROM},
     .action = ACTION_REWRITE,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-mail-from",
     .address = ME,
     .changes = "replace From 1: info@x.test\nadd Reply-To: " ME "\n"
                "add X-Original-From: " ME "\n"},
    {.what = "rewrite, nothing known defers",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:" ME, "From:" ME},
     .conf = {.on_violation = ON_VIOLATION_REWRITE},
     .map = "fail:down",
     .action = ACTION_DEFER,
     .would = ACTION_DEFER,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "several-from"},
    {.what = "rewrite in monitor mode changes nothing",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test"},
     .conf = {.on_violation = ON_VIOLATION_REWRITE, .mode = MODE_MONITOR},
     .action = ACTION_ACCEPT,
     .would = ACTION_REWRITE,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},

    /* --- add-sender, tag, quarantine, discard --- */
    {.what = "add-sender",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test"},
     .conf = {.on_violation = ON_VIOLATION_ADD_SENDER},
     .action = ACTION_ADD_SENDER,
     .would = ACTION_ADD_SENDER,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "add Sender: " ME "\n"},
    {.what = "add-sender replaces foreign ones",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test", "Sender:bob@x.test", "Sender:" ME},
     .conf = {.on_violation = ON_VIOLATION_ADD_SENDER},
     .action = ACTION_ADD_SENDER,
     .would = ACTION_ADD_SENDER,
     .violations = 2,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "replace Sender 1: " ME "\ndelete Sender 2\n"},
    {.what = "add-sender keeps one's own",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test", "Sender:info@x.test"},
     .conf = {.on_violation = ON_VIOLATION_ADD_SENDER},
     .action = ACTION_ADD_SENDER,
     .would = ACTION_ADD_SENDER,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "add-sender mends no From that cannot be read",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:<"},
     .conf = {.on_violation = ON_VIOLATION_ADD_SENDER},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "unclosed-angle"},
    {.what = "add-sender mends no envelope",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_ADD_SENDER},
     .action = ACTION_REJECT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "tag",
     .login = ME,
     .mail_from = "<bob@x.test>",
     .fields = {"From:ceo@x.test"},
     .conf = {.on_violation = ON_VIOLATION_TAG},
     .action = ACTION_TAG,
     .would = ACTION_TAG,
     .violations = 2,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "bob@x.test",
     .changes = "add X-Sendas: not-owned mail_from bob@x.test; not-owned from "
                "ceo@x.test\n"},
    {.what = "tag where no map could tell",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_TAG},
     .map = "fail:down",
     .action = ACTION_TAG,
     .would = ACTION_TAG,
     .changes = "add X-Sendas: lookup-failed\n"},
    {.what = "monitor_field",
     .login = ME,
     .mail_from = "<alice@x.test>",
     .fields = {"From:ceo@x.test"},
     .conf = {.mode = MODE_MONITOR},
     .monitor_field = true,
     .action = ACTION_ACCEPT,
     .would = ACTION_REJECT,
     .violations = 1,
     .place = PLACE_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test",
     .changes = "add X-Sendas: would-reject not-owned from ceo@x.test\n"},
    {.what = "quarantine",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_QUARANTINE},
     .action = ACTION_QUARANTINE,
     .would = ACTION_QUARANTINE,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
    {.what = "discard",
     .login = ME,
     .mail_from = "<ceo@x.test>",
     .fields = {"From:" ME},
     .conf = {.on_violation = ON_VIOLATION_DISCARD},
     .action = ACTION_DISCARD,
     .would = ACTION_DISCARD,
     .violations = 1,
     .place = PLACE_MAIL_FROM,
     .reason = "not-owned",
     .address = "ceo@x.test"},
};

static void split_field(const char *text, struct facts_field *field_r, char *name,
                        size_t size)
{
    const char *colon = strchr(text, ':');

    assert_true((size_t)(colon - text) < size);
    memcpy(name, text, (size_t)(colon - text));
    name[colon - text] = '\0';
    field_r->name = name;
    field_r->value = colon + 1;
    field_r->value_len = strlen(colon + 1);
}

/* The changes as a row has them. */
static void changes_format(const struct verdict *verdict, struct buf *out)
{
    for (size_t i = 0; i < verdict->change_count; i++) {
        const struct verdict_change *change = &verdict->changes[i];

        buf_adds(out, names_name(change_names, (int)change->kind));
        if (change->name != NULL)
            buf_addf(out, " %s", change->name);
        if (change->nth != 0)
            buf_addf(out, " %u", change->nth);
        if (change->value != NULL)
            buf_addf(out, ": %s", change->value);
        buf_addc(out, '\n');
    }
}

/* What the configuration has where nothing is set. */
static void conf_complete(struct conf *conf)
{
    if (conf->policy.own_address == NULL)
        conf->policy.own_address = "";
    conf->policy.reply = conf->policy.help_url = "";
}

static void check_row(const struct row *row)
{
    struct buf changes = BUF_INIT;
    const char *map = row->map != NULL ? row->map : MAP;
    const char *on_behalf = row->behalf != NULL ? row->behalf : ON_BEHALF;
    const char *resend = RESEND, *deny = DENY;
    const bool maps = row->map == NULL;
    struct conf conf = {.send_as = {&map, 1, 1},
                        .on_behalf = {&on_behalf, maps || row->behalf != NULL, 1},
                        .resend = {&resend, maps, 1},
                        .deny = {&deny, maps, 1},
                        .store = "",
                        .login_domain = "x.test",
                        .recipient_delimiter = "+",
                        .tag_field = "X-Sendas",
                        .monitor_field = row->monitor_field,
                        .policy = row->conf};
    struct facts facts = {.login = row->login,
                          .mail_from = row->mail_from,
                          .mail_addr = row->mail_addr,
                          .auth_param = row->auth_param};
    struct facts_field fields[FIELDS_MAX] = {{0}};
    char names[FIELDS_MAX][32];
    struct buf error = BUF_INIT;
    struct policy *policy;
    struct verdict verdict;
    size_t n = 0;

    conf_complete(&conf);
    conf.policy.reply_to = row->reply_to_owned ? CHECK_OWNED : CHECK_ANY;
    policy = policy_create(&conf, &error);
    if (policy == NULL)
        fail_msg("%s", buf_str(&error));
    for (; n < FIELDS_MAX && row->fields[n] != NULL; n++)
        split_field(row->fields[n], &fields[n], names[n], sizeof(names[n]));
    facts.fields = fields;
    facts.field_count = n;

    verdict_init(&verdict);
    policy_check_envelope(policy, &facts, &verdict);
    if (verdict.action != ACTION_DEFER && verdict.action != ACTION_REJECT)
        policy_check_header(policy, &facts, &verdict);
    if (verdict.action != row->action || verdict.would != row->would ||
        verdict.violation_count != row->violations)
        fail_msg("%s: action %d, would %d, %zu violations (%s %s)", row->what,
                 verdict.action, verdict.would, verdict.violation_count,
                 verdict.violation_count ? reason_name(verdict.violations[0].reason)
                                         : "",
                 verdict.lookup_error);
    assert_string_equal(verdict.rule, "default");
    changes_format(&verdict, &changes);
    if (strcmp(buf_str(&changes), row->changes != NULL ? row->changes : "") != 0)
        fail_msg("%s: changes:\n%s", row->what, buf_str(&changes));
    buf_finish(&changes);
    assert_true((verdict.lookup_error != NULL) ==
                (row->map != NULL && strncmp(row->map, "fail:", 5) == 0));
    if (row->violations != 0) {
        const struct violation *first = &verdict.violations[0];

        if (strcmp(reason_name(first->reason), row->reason) != 0 ||
            first->place != row->place ||
            (first->address == NULL) != (row->address == NULL) ||
            (row->address != NULL && strcmp(first->address, row->address) != 0))
            fail_msg("%s: %s in %d: %s", row->what, reason_name(first->reason),
                     first->place, first->address);
    }
    verdict_finish(&verdict);
    policy_destroy(policy);
    buf_finish(&error);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

/* A verdict is used for message after message; nothing of one stays for the next. */
static void test_reset(void **state)
{
    const char *map = MAP;
    struct conf conf = {.send_as = {&map, 1, 1},
                        .store = "",
                        .login_domain = "x.test",
                        .recipient_delimiter = "+"};
    struct facts_field from = {"From", ME, strlen(ME), REASON_NONE};
    struct facts bad = {.login = ME, .mail_from = "<ceo@x.test>"};
    struct facts good = {
        .login = ME, .mail_from = "<alice@x.test>", .fields = &from, .field_count = 1};
    struct buf error = BUF_INIT;
    struct policy *policy;
    struct verdict verdict;

    (void)state;
    conf_complete(&conf);
    policy = policy_create(&conf, &error);
    verdict_init(&verdict);
    for (int i = 0; i < 3; i++) {
        policy_check_envelope(policy, &bad, &verdict);
        assert_int_equal(verdict.action, ACTION_REJECT);
        verdict_reset(&verdict);
        policy_check_envelope(policy, &good, &verdict);
        policy_check_header(policy, &good, &verdict);
        assert_int_equal(verdict.action, ACTION_ACCEPT);
        assert_int_equal(verdict.violation_count, 0);
        assert_int_equal(verdict.address_count, 2);
        verdict_reset(&verdict);
    }
    verdict_finish(&verdict);
    policy_destroy(policy);
    buf_finish(&error);
}

/* The reply names the address at fault, in one line of ASCII, and is bounded. */
static void test_reply(void **state)
{
    char address[2000];
    struct verdict verdict;
    const char *code, *enhanced;
    struct buf text = BUF_INIT;

    (void)state;
    verdict_init(&verdict);
    verdict.action = ACTION_REJECT;
    verdict.login = ME;
    verdict_add_violation(&verdict, PLACE_FROM, REASON_NOT_OWNED, "ceo@x.test");
    verdict_reply(&verdict, &code, &enhanced, &text);
    assert_string_equal(code, "550");
    assert_string_equal(enhanced, "5.7.1");
    assert_string_equal(buf_str(&text),
                        "From <ceo@x.test>: this address is not yours to "
                        "use (logged in as alice@x.test)");
    verdict_reset(&verdict);

    memset(address, '\n', sizeof(address) - 1);
    address[sizeof(address) - 1] = '\0';
    verdict.action = ACTION_DEFER;
    verdict_add_violation(&verdict, PLACE_SENDER, REASON_NOT_OWNED, address);
    buf_clear(&text);
    verdict_reply(&verdict, &code, &enhanced, &text);
    assert_string_equal(code, "451");
    assert_string_equal(enhanced, "4.7.1");
    assert_true(text.len < 400);
    for (size_t i = 0; i < text.len; i++)
        assert_true(text.data[i] >= 0x20 && text.data[i] < 0x7f);
    buf_finish(&text);
    verdict_finish(&verdict);
}

/* Decides about one message with one From field, under one rule. */
static void decide_by_rule(const struct conf_rule *rule, const char *groups,
                           const struct facts *facts, struct verdict *verdict)
{
    const char *map = MAP;
    struct conf_rule rules[] = {*rule};
    struct conf conf = {.send_as = {&map, 1, 1},
                        .groups = {&groups, groups != NULL, 1},
                        .store = "",
                        .login_domain = "x.test",
                        .recipient_delimiter = "+",
                        .tag_field = "X-Sendas",
                        .rules = rules,
                        .rule_count = 1};
    struct buf error = BUF_INIT;
    struct policy *policy;

    conf_complete(&conf);
    rules[0].name = "rule";
    rules[0].policy.own_address = rules[0].policy.reply = "";
    rules[0].policy.help_url = "";
    rules[0].policy.reply_to = CHECK_ANY;
    if (rules[0].identity == NULL)
        rules[0].identity = "";
    conf.policy.reply_to = CHECK_ANY;
    policy = policy_create(&conf, &error);
    if (policy == NULL)
        fail_msg("%s", buf_str(&error));
    verdict_reset(verdict);
    policy_check_envelope(policy, facts, verdict);
    if (verdict->action < ACTION_DEFER)
        policy_check_header(policy, facts, verdict);
    /* What it borrows of the configuration is not looked at any more. */
    verdict->rule = strcmp(verdict->rule, "rule") == 0 ? "rule" : "default";
    verdict->policy = NULL;
    policy_destroy(policy);
    buf_finish(&error);
}

/* Who a client is that has not logged in, and that nobody else is it. */
static void test_identities(void **state)
{
    const char *client = "192.0.2.7";
    struct conf_rule rule = {.clients = {&client, 1, 1}, .identity = "mail-from"};
    struct facts_field from = {"From", "new@y.test", 10, REASON_NONE};
    struct facts facts = {.client = client,
                          .mail_from = "<New@y.test>",
                          .fields = &from,
                          .field_count = 1};
    struct verdict verdict;

    (void)state;
    verdict_init(&verdict);
    /* The client vouches for an address that nobody was granted. */
    decide_by_rule(&rule, NULL, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_ACCEPT);
    assert_string_equal(verdict.rule, "rule");
    assert_string_equal(verdict.login, "new@y.test");
    assert_true(verdict.identified);
    /* But not for what others say they are. */
    from.value = "ceo@x.test";
    decide_by_rule(&rule, NULL, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_REJECT);
    /* A resolved address that differs is another's. */
    from.value = "new@y.test";
    facts.mail_addr = "ceo@x.test";
    decide_by_rule(&rule, NULL, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_REJECT);
    /* The null sender is nobody. */
    facts.mail_addr = NULL;
    facts.mail_from = "<>";
    decide_by_rule(&rule, NULL, &facts, &verdict);
    assert_null(verdict.login);
    assert_int_equal(verdict.action, ACTION_ACCEPT); /* unauthenticated = pass */
    /* A login is who it is. */
    facts.login = ME;
    facts.mail_from = "<new@y.test>";
    decide_by_rule(&rule, NULL, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_REJECT);
    assert_false(verdict.identified);
    /* A login of its own, that owns something. */
    facts.login = NULL;
    rule.identity = "alice";
    facts.mail_from = "<alice@x.test>";
    from.value = "alice@x.test";
    from.value_len = strlen(from.value);
    decide_by_rule(&rule, NULL, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_ACCEPT);
    assert_string_equal(verdict.login, ME);
    verdict_finish(&verdict);
}

/* Which rule it is, is not guessed where a group cannot be asked. */
static void test_unknown_rule(void **state)
{
    const char *group = "group:staff";
    struct conf_rule rule = {.logins = {&group, 1, 1},
                             .policy = {.mode = MODE_MONITOR}};
    struct facts_field from = {"From", "ceo@x.test", 10, REASON_NONE};
    struct facts facts = {
        .login = ME, .mail_from = "<alice@x.test>", .fields = &from, .field_count = 1};
    struct verdict verdict;

    (void)state;
    verdict_init(&verdict);
    decide_by_rule(&rule, "inline:{ staff = alice }", &facts, &verdict);
    assert_string_equal(verdict.rule, "rule");
    assert_int_equal(verdict.action, ACTION_ACCEPT); /* a mode of its own */
    assert_int_equal(verdict.would, ACTION_REJECT);
    decide_by_rule(&rule, "inline:{ staff = bob }", &facts, &verdict);
    assert_string_equal(verdict.rule, "default");
    assert_int_equal(verdict.action, ACTION_REJECT);
    decide_by_rule(&rule, "fail:down", &facts, &verdict);
    assert_true(verdict.rule_unknown);
    assert_int_equal(verdict.action, ACTION_DEFER);
    assert_int_equal(verdict.violation_count, 0);
    assert_non_null(strstr(verdict.lookup_error, "down"));
    verdict_finish(&verdict);
}

/* Fields that claim to be from here go, last first, whoever sends the message. */
static void test_traces(void **state)
{
    static const struct facts_field traces[] = {
        {"Authentication-Results", "mail.x.test; auth=pass", 22, REASON_NONE},
        {"X-Sendas", "fine", 4, REASON_NONE},
        {"AUTHENTICATION-RESULTS", "other.test; none", 16, REASON_NONE},
        {"authentication-results", "\"MAIL.x.test\" 1; none", 21, REASON_NONE},
    };
    const char *map = MAP;
    struct conf conf = {.send_as = {&map, 1, 1},
                        .store = "",
                        .login_domain = "x.test",
                        .recipient_delimiter = "+",
                        .tag_field = "X-Sendas",
                        .results = {.add = true, .authserv_id = ""}};
    struct facts facts = {.mail_from = "<who@y.test>",
                          .host = "mail.x.test",
                          .traces = traces,
                          .trace_count = 4};
    struct buf error = BUF_INIT, changes = BUF_INIT;
    struct policy *policy;
    struct verdict verdict;

    (void)state;
    conf_complete(&conf);
    policy = policy_create(&conf, &error);
    assert_non_null(policy);
    assert_int_equal(policy_needs(policy), POLICY_CHANGES_FIELDS);
    verdict_init(&verdict);
    policy_check_envelope(policy, &facts, &verdict);
    policy_check_header(policy, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_ACCEPT);
    changes_format(&verdict, &changes);
    assert_string_equal(buf_str(&changes), "delete authentication-results 3\n"
                                           "delete X-Sendas 1\n"
                                           "delete Authentication-Results 1\n");
    verdict_reset(&verdict);

    /* Of too many, nobody knows which are forged. */
    facts.traces_dropped = true;
    policy_check_envelope(policy, &facts, &verdict);
    policy_check_header(policy, &facts, &verdict);
    assert_int_equal(verdict.action, ACTION_REJECT);
    assert_int_equal(verdict.change_count, 0);
    verdict_finish(&verdict);
    policy_destroy(policy);
    buf_finish(&changes);
    buf_finish(&error);
}

/* A site's own text: what is told, and when. */
static void test_custom_reply(void **state)
{
    const struct conf_policy policy = {.reply =
                                           "{login}|{address}|{place}|{reason}|{rule}|{"
                                           "client}|{help_url}|{{}}|{sentence}",
                                       .help_url = "https://h.test/"};
    struct verdict verdict;
    const char *code, *enhanced;
    struct buf text = BUF_INIT;

    (void)state;
    verdict_init(&verdict);
    verdict.action = ACTION_REJECT;
    verdict.policy = &policy;
    verdict.rule = "ru\nle";
    verdict.client = "192.0.2.7";
    verdict.login = "al\r\nice";
    verdict_add_violation(&verdict, PLACE_FROM, REASON_NOT_OWNED,
                          "\303\274@x\nEvil: 1");
    verdict_reply(&verdict, &code, &enhanced, &text);
    assert_string_equal(buf_str(&text),
                        "al??ice|??@x?Evil: 1|From|not-owned|ru?le|192.0.2.7|"
                        "https://h.test/|{}|From <??@x?Evil: 1>: this address is not "
                        "yours to use (logged in as al??ice)");
    verdict_reset(&verdict);

    /* Where no map could tell, nobody did anything wrong. */
    verdict.action = ACTION_DEFER;
    verdict.policy = &policy;
    verdict.lookup_error = "down";
    buf_clear(&text);
    verdict_reply(&verdict, &code, &enhanced, &text);
    assert_string_equal(code, "451");
    assert_non_null(strstr(buf_str(&text), "cannot be checked at the moment"));
    assert_non_null(strstr(buf_str(&text), " - see https://h.test/"));
    verdict_reset(&verdict);

    verdict.action = ACTION_REJECT;
    verdict.policy = &(struct conf_policy){.reply = "", .help_url = ""};
    verdict_add_violation(&verdict, PLACE_MAIL_FROM, REASON_LOGIN_REQUIRED, NULL);
    buf_clear(&text);
    verdict_reply(&verdict, &code, &enhanced, &text);
    assert_string_equal(code, "530");
    assert_string_equal(enhanced, "5.7.0");
    buf_finish(&text);
    verdict_finish(&verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_reset),
        cmocka_unit_test(test_reply),        cmocka_unit_test(test_custom_reply),
        cmocka_unit_test(test_traces),       cmocka_unit_test(test_identities),
        cmocka_unit_test(test_unknown_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
