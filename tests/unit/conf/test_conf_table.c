/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of conf/conf_table.c: what it prints, guesses and compares. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "conf/conf.h"
#include "conf/conf_table.h"

static void test_find(void **state)
{
    (void)state;
    assert_string_equal(conf_row_find(&conf_kind_milter, NULL, "from")->name, "from");
    assert_string_equal(conf_row_find(&conf_kind_milter, "received", "login")->block,
                        "received");
    assert_null(conf_row_find(&conf_kind_milter, NULL, "login"));
    assert_null(conf_row_find(&conf_kind_milter, "received", "from"));
    assert_null(conf_row_find(&conf_kind_milter, NULL, ""));
    assert_true(conf_block_known(&conf_kind_milter, "received"));
    assert_false(conf_block_known(&conf_kind_milter, "from"));
    assert_string_equal(conf_row_find(&conf_kind_milter, "rule", "from")->name, "from");
    assert_string_equal(conf_row_find(&conf_kind_milter, "rule", "logins")->name,
                        "logins");
    assert_null(conf_row_find(&conf_kind_milter, NULL, "logins"));
    assert_null(conf_row_find(&conf_kind_milter, "rule", "listen"));
    assert_null(conf_row_find(&conf_kind_milter, "received", "logins"));
}

static void test_guess(void **state)
{
    static const struct {
        const char *block, *name, *guess;
    } rows[] = {
        {NULL, "lisen", "listen"},
        {NULL, "frmo", "from"},
        {NULL, "FROM", "from"},
        {NULL, "send-as", "send_as"},
        {NULL, "login_domains", "login_domain"},
        {NULL, "recieved", "received"},
        {"received", "clients", "client"},
        {"received", "hash_keyfile", "hash_key_file"},
        {"received", "listen", NULL},
        {NULL, "hash_key_file", NULL},
        {NULL, "rul", "rule"},
        {NULL, "logins", NULL},
        {"rule", "lgins", "logins"},
        {"rule", "on-violation", "on_violation"},
        {"rule", "lisen", NULL},
        {NULL, "", NULL},
        {NULL, "a_name_that_is_much_longer_than_any_name_of_a_setting_here", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *guess =
            conf_name_guess(&conf_kind_milter, rows[i].block, rows[i].name);

        if (rows[i].guess == NULL)
            assert_null(guess);
        else
            assert_string_equal(guess, rows[i].guess);
    }
}

/* People read it, so only its parts are checked: each setting with all that it has. */
static void test_print(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    conf_table_print(&conf_kind_milter, &out);
    assert_non_null(strstr(
        buf_str(&out), "socket_mode = \"0660\"\n"
                       "    permissions of a Unix socket (a change needs a restart)\n"
                       "    allowed: an octal file mode such as 0660, at most 0777\n"));
    assert_non_null(strstr(buf_str(&out), "\non_violation = \"reject\"\n"));
    assert_non_null(strstr(buf_str(&out), "\nrule.clients\n    addresses and"));
    assert_non_null(strstr(buf_str(&out),
                           "\nmode = \"enforce\"\n    whether decisions are carried "
                           "out or only logged (also in a rule)\n"));
    assert_non_null(strstr(buf_str(&out),
                           "    allowed: reject, defer, quarantine, "
                           "discard, rewrite, add-sender, tag or log\n"));
    assert_non_null(strstr(buf_str(&out), "\nsend_as = { \"builtin\" }\n"));
    assert_non_null(strstr(buf_str(&out), "\nreceived.add = true\n"));
    for (const struct conf_row *row = conf_kind_milter.rows; row->name != NULL; row++) {
        assert_non_null(strstr(buf_str(&out), row->name));
        assert_non_null(strstr(buf_str(&out), row->description));
        assert_true(row->type == CONF_WORD
                        ? row->words != NULL
                        : row->type == CONF_BOOL || row->type == CONF_NUMBER ||
                              row->type == CONF_TIME || row->expected != NULL);
    }
    buf_finish(&out);
}

static void test_restart_needed(void **state)
{
    struct buf error = BUF_INIT;
    struct buf names = BUF_INIT;
    struct conf *running = conf_load(NULL, &error);
    struct conf *loaded = conf_load(NULL, &error);

    (void)state;
    assert_non_null(running);
    assert_non_null(loaded);
    assert_false(conf_restart_needed(&running->head, &loaded->head, &names));
    loaded->policy.mode = MODE_MONITOR;
    loaded->store = "/elsewhere";
    loaded->send_as.items[0] = "inline:";
    assert_false(conf_restart_needed(&running->head, &loaded->head, &names));
    assert_int_equal(names.len, 0);
    loaded->listen = "unix:/elsewhere";
    assert_true(conf_restart_needed(&running->head, &loaded->head, &names));
    assert_string_equal(buf_str(&names), "listen");
    loaded->socket_mode = 0600;
    loaded->user = "mail";
    buf_clear(&names);
    assert_true(conf_restart_needed(&running->head, &loaded->head, &names));
    assert_string_equal(buf_str(&names), "listen, socket_mode, user");
    conf_destroy(running);
    conf_destroy(loaded);
    buf_finish(&names);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_guess),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_restart_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
