/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ctl/postconf.c, with what postconf printed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ctl/postconf.h"

/* Recorded from Postfix 3.7: main.cf, services, and the services' own settings. */
static const char main_cf[] = "compatibility_level = 3.6\n"
                              "mail_version = 3.7.11\n"
                              "message_reject_characters =\n"
                              "milter_default_action = tempfail\n"
                              "smtpd_milters = \n"
                              "smtpd_forbid_bare_newline = no\n"
                              "smtpd_sasl_auth_enable = no\n";
static const char services[] =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "submission inet  n       -       y       -       -       smtpd -o "
    "syslog_name=postfix/submission -o smtpd_sasl_auth_enable=yes -o { smtpd_milters = "
    "unix:/a, unix:/b }\n"
    "127.0.0.1:2525 inet n    -       n       -       -       smtpd\n"
    "pickup     unix  n       -       -       60      1       pickup\n";
static const char own[] = "submission/inet/syslog_name = postfix/submission\n"
                          "submission/inet/smtpd_sasl_auth_enable = YES\n"
                          "submission/inet/smtpd_milters = unix:/a, unix:/b\n"
                          "127.0.0.1:2525/inet/smtpd_milters =\n"
                          "127.0.0.1:2525/inet/milter_default_action =\n";

static bool settings_read(struct postconf *postconf, const char *text)
{
    struct buf error = BUF_INIT;
    const bool done = postconf_read_settings(postconf, text, strlen(text), &error);

    assert_int_equal(done, error.len == 0);
    buf_finish(&error);
    return done;
}

static bool services_read(struct postconf *postconf, const char *text)
{
    struct buf error = BUF_INIT;
    const bool done = postconf_read_services(postconf, text, strlen(text), &error);

    assert_int_equal(done, error.len == 0);
    buf_finish(&error);
    return done;
}

static void test_recorded(void **state)
{
    struct arena arena = {0};
    struct postconf postconf = {.arena = &arena};
    const struct postconf_service *smtp, *submission, *third, *pickup;

    (void)state;
    assert_true(settings_read(&postconf, main_cf));
    assert_true(settings_read(&postconf, own));
    assert_true(services_read(&postconf, services));
    assert_int_equal(postconf.service_count, 4);

    smtp = postconf_service_find(&postconf, "smtp", "inet");
    submission = postconf_service_find(&postconf, "submission", "inet");
    third = postconf_service_find(&postconf, "127.0.0.1:2525", "inet");
    pickup = postconf_service_find(&postconf, "pickup", "unix");
    assert_non_null(smtp);
    assert_non_null(submission);
    assert_non_null(third);
    assert_non_null(pickup);
    assert_null(postconf_service_find(&postconf, "smtp", "unix"));
    assert_string_equal(submission->command, "smtpd");
    assert_true(smtp->chrooted);
    assert_false(third->chrooted);
    assert_false(pickup->chrooted); /* "-", at this compatibility level */

    assert_string_equal(postconf_value(&postconf, smtp, "smtpd_milters"), "");
    assert_string_equal(postconf_value(&postconf, submission, "smtpd_milters"),
                        "unix:/a, unix:/b");
    assert_string_equal(postconf_value(&postconf, submission, "milter_default_action"),
                        "tempfail");
    /* An empty setting of its own is one. */
    assert_string_equal(postconf_value(&postconf, third, "milter_default_action"), "");
    assert_string_equal(postconf_value(&postconf, NULL, "mail_version"), "3.7.11");
    assert_null(postconf_value(&postconf, submission, "no_such_setting"));

    assert_true(postconf_yes(&postconf, submission, "smtpd_sasl_auth_enable"));
    assert_false(postconf_yes(&postconf, smtp, "smtpd_sasl_auth_enable"));
    assert_false(postconf_yes(&postconf, smtp, "no_such_setting"));
    postconf_finish(&postconf);
    arena_finish(&arena);
}

/* "-" in the column chroot. */
static void test_chroot_default(void **state)
{
    static const struct {
        const char *settings;
        bool chrooted;
    } rows[] = {
        {"mail_version = 2.11.1\n", true},
        {"compatibility_level = 0\n", true},
        {"compatibility_level = 1\n", false},
        {"compatibility_level = 3.9\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = {0};
        struct postconf postconf = {.arena = &arena};

        assert_true(settings_read(&postconf, rows[i].settings));
        assert_true(services_read(&postconf, "smtp inet n - - - - smtpd\n"));
        assert_int_equal(postconf.services[0].chrooted, rows[i].chrooted);
        postconf_finish(&postconf);
        arena_finish(&arena);
    }
}

/* What is no output of postconf is an error, and no empty answer. */
static void test_hostile(void **state)
{
    static const char *const settings[] = {"nonsense\n", " = x\n", "a=b\n",
                                           "a b = c\n"};
    static const char *const rows[] = {"smtp inet n - y -\n", "x\n"};
    struct arena arena = {0};
    struct postconf postconf = {.arena = &arena};
    struct buf error = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        assert_false(settings_read(&postconf, settings[i]));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(services_read(&postconf, rows[i]));
    assert_false(postconf_read_settings(&postconf, "a = b\0c\n", 8, &error));
    assert_true(error.len != 0);
    assert_true(settings_read(&postconf, "\n\nlast = no line end"));
    assert_string_equal(postconf_value(&postconf, NULL, "last"), "no line end");
    buf_finish(&error);
    postconf_finish(&postconf);
    arena_finish(&arena);
}

static void test_too_many_services(void **state)
{
    struct arena arena = {0};
    struct postconf postconf = {.arena = &arena};
    bool done = true;

    (void)state;
    for (int i = 0; i < 10001 && done; i++)
        done = services_read(&postconf, "x unix - - n - - smtp\n");
    assert_false(done);
    postconf_finish(&postconf);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_chroot_default),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_too_many_services),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
