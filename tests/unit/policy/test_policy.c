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

/* One message. Fields are "Name:value" strings; settings that differ from the defaults.
 */
struct row {
    const char *what;
    const char *login, *mail_from, *mail_addr;
    const char *fields[4];
    struct conf_policy conf;
    const char *map;
    enum action action, would;
    const char *add_sender;
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
     .add_sender = "info@x.test"},
    {.what = "several authors, null envelope sender",
     .login = ME,
     .mail_from = "<>",
     .fields = {"From:" ME ", info@x.test", "Sender:"},
     .add_sender = ME},
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
     .fields = {"Resent-From:" ME, "From:" ME, "Resent-From:ceo@x.test",
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

static void check_row(const struct row *row)
{
    const char *map = row->map != NULL ? row->map : MAP;
    struct conf conf = {.send_as = {&map, 1, 1},
                        .store = "",
                        .login_domain = "x.test",
                        .recipient_delimiter = "+",
                        .policy = row->conf};
    struct facts facts = {
        .login = row->login, .mail_from = row->mail_from, .mail_addr = row->mail_addr};
    struct facts_field fields[4];
    char names[4][32];
    struct buf error = BUF_INIT;
    struct policy *policy = policy_create(&conf, &error);
    struct verdict verdict;
    size_t n = 0;

    if (policy == NULL)
        fail_msg("%s", buf_str(&error));
    for (; n < 4 && row->fields[n] != NULL; n++)
        split_field(row->fields[n], &fields[n], names[n], sizeof(names[n]));
    facts.fields = fields;
    facts.field_count = n;

    verdict_init(&verdict);
    policy_check_envelope(policy, &facts, &verdict);
    if (verdict.action == ACTION_ACCEPT || verdict.action == ACTION_LOG)
        policy_check_header(policy, &facts, &verdict);
    if (verdict.action != row->action || verdict.would != row->would ||
        verdict.violation_count != row->violations)
        fail_msg("%s: action %d, would %d, %zu violations (%s %s)", row->what,
                 verdict.action, verdict.would, verdict.violation_count,
                 verdict.violation_count ? reason_name(verdict.violations[0].reason)
                                         : "",
                 verdict.lookup_error);
    assert_string_equal(verdict.rule, "default");
    if ((verdict.add_sender == NULL) != (row->add_sender == NULL) ||
        (row->add_sender != NULL && strcmp(row->add_sender, verdict.add_sender) != 0))
        fail_msg("%s: adds Sender %s", row->what, verdict.add_sender);
    assert_true((verdict.lookup_error != NULL) == (row->map != NULL));
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
    struct policy *policy = policy_create(&conf, &error);
    struct verdict verdict;

    (void)state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
