/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of policy/facts.c: which fields are sender fields. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/facts.h"

static const struct {
    const char *name;
    int place; /* -1: no sender field */
    bool plain;
} rows[] = {
    {"From", PLACE_FROM, true},
    {"FROM", PLACE_FROM, true},
    {"from", PLACE_FROM, true},
    {"Sender", PLACE_SENDER, true},
    {"Resent-From", PLACE_RESENT_FROM, true},
    {"resent-SENDER", PLACE_RESENT_SENDER, true},
    {"From ", PLACE_FROM, false},
    {" From", PLACE_FROM, false},
    {"From\t", PLACE_FROM, false},
    {"Fr om", PLACE_FROM, false},
    {"\xef\xbb\xbf"
     "From",
     PLACE_FROM, false},
    {"From\xe2\x80\x8b", PLACE_FROM, false},
    {"\x01"
     "Sender",
     PLACE_SENDER, false},
    {"Resent-\nFrom", PLACE_RESENT_FROM, false},
    {"From\x7f", PLACE_FROM, false},
    {"Full-Name", PLACE_FROM, false},
    {"FULL-NAME", PLACE_FROM, false},
    {"Full-Names", -1, false},
    {"X-From", -1, false},
    {"From-Foo", -1, false},
    {"Fromm", -1, false},
    {"Fro", -1, false},
    {"Reply-To", PLACE_REPLY_TO, true},
    {"reply-to ", PLACE_REPLY_TO, false},
    {"In-Reply-To", -1, false},
    {"Authentication-Results", -1, false},
    {"Return-Path", -1, false},
    {"Resent-To", -1, false},
    {"Resent-From-Foo", -1, false},
    {"List-Id", -1, false},
    {"Received", -1, false},
    {"Subject", -1, false},
    {"", -1, false},
    {" ", -1, false},
};

static void test_names(void **state)
{
    const struct facts_wanted nothing = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum place place = PLACE_COUNT;
        bool plain = false;
        bool is = facts_field_place(rows[i].name, &place, &plain);

        if (is != (rows[i].place >= 0) ||
            (facts_kind(&nothing, rows[i].name) == FACTS_SENDER) != is)
            fail_msg("'%s': %d", rows[i].name, is);
        if (is && ((int)place != rows[i].place || plain != rows[i].plain))
            fail_msg("'%s': place %d, plain %d", rows[i].name, (int)place, plain);
    }
}

static void test_traces(void **state)
{
    const struct facts_wanted nothing = {0};
    const struct facts_wanted all = {.results = true, .tag_field = "X-Sendas"};

    (void)state;
    assert_int_equal(facts_kind(&all, "authentication-results"), FACTS_TRACE);
    assert_int_equal(facts_kind(&all, "Authentication-Results "), FACTS_TRACE);
    assert_int_equal(facts_kind(&all, "X-SENDAS"), FACTS_TRACE);
    assert_int_equal(facts_kind(&all, "From"), FACTS_SENDER);
    assert_int_equal(facts_kind(&all, "X-Sendas-2"), FACTS_NONE);
    assert_int_equal(facts_kind(&all, "ARC-Authentication-Results"), FACTS_NONE);
    assert_int_equal(facts_kind(&nothing, "Authentication-Results"), FACTS_NONE);
    assert_int_equal(facts_kind(&nothing, "X-Sendas"), FACTS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
