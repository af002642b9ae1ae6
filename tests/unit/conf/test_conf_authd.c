/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of conf/conf_authd.c, and of the types of settings that it alone has. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_authd.h"
#include "conf/conf_table.h"

static char path[] = "/tmp/sendas-authd-conf-XXXXXX";

static int setup(void **state)
{
    const int fd = mkstemp(path);

    (void)state;
    return fd == -1 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static struct conf_authd *load(const char *text, struct buf *error)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return conf_authd_load(path, error);
}

/* The setting in block and name as it would be written; the file must be good. */
static void check_value(const char *text, const char *block, const char *name,
                        const char *expected)
{
    struct buf error = BUF_INIT;
    struct buf value = BUF_INIT;
    struct conf_authd *conf = load(text, &error);

    if (conf == NULL)
        fail_msg("%s", buf_str(&error));
    conf_value_format(conf_row_find(&conf_kind_authd, block, name), &conf->head,
                      &value);
    assert_string_equal(buf_str(&value), expected);
    conf_authd_destroy(conf);
    buf_finish(&value);
    buf_finish(&error);
}

static void test_defaults(void **state)
{
    struct buf error = BUF_INIT;
    struct conf_authd *conf = conf_authd_load(NULL, &error);

    (void)state;
    assert_non_null(conf);
    assert_int_equal(conf->lookup_sockets.count, 1);
    assert_string_equal(conf->lookup_sockets.items[0],
                        RUNSTATEDIR "/sendas-authd/lookup");
    assert_string_equal(conf->saslauthd_sockets.items[0],
                        RUNSTATEDIR "/sendas-authd/mux");
    assert_int_equal(conf->peers.count, 0);
    assert_string_equal(conf->user, "sendas-authd");
    assert_string_equal(conf->credentials.items[0], "builtin");
    assert_string_equal(conf->schemes.items[0], "SCRAM-SHA-256");
    assert_int_equal(conf->scram_iterations, 32768);
    assert_true(conf->upgrade);
    assert_false(conf->challenge_mechanisms);
    assert_int_equal(conf->request_timeout, 5);
    assert_int_equal(conf->guessing.window, 600);
    assert_int_equal(conf->guessing.lock, 300);
    conf_authd_destroy(conf);
    buf_finish(&error);
}

/* Each row's own bounds and a default that is within them. */
static void test_bounds(void **state)
{
    (void)state;
    for (const struct conf_row *row = conf_kind_authd.rows; row->name != NULL; row++) {
        struct buf error = BUF_INIT;
        char text[200];

        if (row->type != CONF_NUMBER && row->type != CONF_TIME)
            continue;
        assert_true(row->min >= 0 && row->min < row->max);
        for (int step = -1; step <= 1; step++) {
            const int values[] = {row->min + step, row->max + step};

            for (size_t i = 0; i < 2; i++) {
                const bool good = values[i] >= row->min && values[i] <= row->max;
                struct conf_authd *conf;

                snprintf(text, sizeof text, "%s%s%s = %d%s",
                         row->block ? row->block : "", row->block ? " { " : "",
                         row->name, values[i], row->block ? " }" : "");
                conf = load(text, &error);
                if ((conf != NULL) != good)
                    fail_msg("%s: %s", text, buf_str(&error));
                conf_authd_destroy(conf);
            }
        }
        buf_finish(&error);
    }
}

static void test_values(void **state)
{
    static const struct {
        const char *text, *block, *name, *value;
    } rows[] = {
        {"request_timeout = 7", NULL, "request_timeout", "7s"},
        {"request_timeout = \"60s\"", NULL, "request_timeout", "1m"},
        {"request_timeout = 1m", NULL, "request_timeout", "1m"},
        {"guessing { window = 90m }", "guessing", "window", "90m"},
        {"guessing { window = 120m }", "guessing", "window", "2h"},
        {"guessing { lock = 1d }", "guessing", "lock", "1d"},
        {"guessing { delay_max = 0 }", "guessing", "delay_max", "0s"},
        {"guessing { max_failures = 007 }", "guessing", "max_failures", "7"},
        {"peers = { }", NULL, "peers", "{ }"},
        {"peers = { postfix, 102 }", NULL, "peers", "{ \"postfix\", \"102\" }"},
        {"lookup_sockets = { \"/a/b\", \"/c\" }", NULL, "lookup_sockets",
         "{ \"/a/b\", \"/c\" }"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_value(rows[i].text, rows[i].block, rows[i].name, rows[i].value);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"queue = many", "queue = \"many\": expected a number from 1 to 65536"},
        {"queue = \"\"", "queue = \"\": expected a number from 1 to 65536"},
        {"queue = \"-5\"", "queue = \"-5\": expected a number from 1 to 65536"},
        {"queue = \" 5\"", "queue = \" 5\": expected a number from 1 to 65536"},
        {"queue = 99999999999999999999",
         "queue = \"99999999999999999999\": expected a number from 1 to 65536"},
        {"request_timeout = 5x", "request_timeout = \"5x\": expected a time from 1s to "
                                 "1m, such as 30s, 10m, 2h or 1d"},
        {"request_timeout = s", "request_timeout = \"s\": expected a time from 1s to "
                                "1m, such as 30s, 10m, 2h or 1d"},
        {"request_timeout = 999999999d",
         "request_timeout = \"999999999d\": expected a time from 1s to 1m, such as "
         "30s, 10m, 2h or 1d"},
        {"lookup_sockets = { }", "lookup_sockets: expected at least one value"},
        {"lookup_sockets = { relative }",
         "lookup_sockets = \"relative\": expected an absolute path"},
        {"listen = x", "unknown setting \"listen\""},
        {"guesing { }", "unknown setting \"guesing\"; the nearest known name is "
                        "\"guessing\""},
        {"guessing { table = 1 }",
         "guessing.table = \"1\": expected a number from 64 to 4194304"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf error = BUF_INIT;
        struct buf want = BUF_INIT;

        buf_addf(&want, "%s:1: %s", path, rows[i].error);
        assert_null(load(rows[i].text, &error));
        if (strncmp(buf_str(&error), buf_str(&want), want.len) != 0)
            fail_msg("%s\n%s", buf_str(&error), buf_str(&want));
        buf_finish(&error);
        buf_finish(&want);
    }
}

/* What conf_print() writes of the defaults loads to the same again. */
static void test_round_trip(void **state)
{
    struct buf error = BUF_INIT;
    struct buf once = BUF_INIT;
    struct buf twice = BUF_INIT;
    struct conf_authd *conf = conf_authd_load(NULL, &error);
    struct conf_authd *again;

    (void)state;
    assert_non_null(conf);
    conf_print(&conf->head, &once);
    again = load(buf_str(&once), &error);
    if (again == NULL)
        fail_msg("%s", buf_str(&error));
    conf_print(&again->head, &twice);
    assert_string_equal(buf_str(&once), buf_str(&twice));
    again->queue++;
    again->guessing.table++;
    again->guessing.lock++;
    buf_clear(&once);
    assert_true(conf_restart_needed(&conf->head, &again->head, &once));
    assert_string_equal(buf_str(&once), "queue, guessing.table");
    conf_authd_destroy(conf);
    conf_authd_destroy(again);
    buf_finish(&once);
    buf_finish(&twice);
    buf_finish(&error);
}

/* The table for people has the bounds. */
static void test_print(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    conf_table_print(&conf_kind_authd, &out);
    assert_non_null(strstr(buf_str(&out), "peers = { }\n"));
    assert_non_null(strstr(buf_str(&out), "request_timeout = 5s\n"));
    assert_non_null(strstr(buf_str(&out), "allowed: a number from 1 to 65536\n"));
    assert_non_null(strstr(buf_str(&out), "allowed: a time from 0s to 1m, such as"));
    for (const struct conf_row *row = conf_kind_authd.rows; row->name != NULL; row++)
        assert_non_null(strstr(buf_str(&out), row->description));
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_values),     cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_print),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
