/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/ldap_params.c: how a directory is reached, as a table file says. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "map/ldap_params.h"
#include "tempdir.h"

struct target {
    struct ldap_params ldap;
};

static const struct map_param table[] = {LDAP_PARAMS_ROWS(struct target, "10", "no"),
                                         {.name = NULL}};

static const char *write_file(struct tempdir *dir, const char *content)
{
    const char *path = tempdir_file(dir, "x.cf");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* Loads a file and makes settings of it; what goes wrong is in *error_r, without the
 * path. */
static bool load(struct tempdir *dir, const char *content, struct target *target_r,
                 struct arena *arena, struct directory_settings *settings_r,
                 struct buf *error_r)
{
    const char *path = write_file(dir, content);
    struct buf error = BUF_INIT;
    bool ok;

    *target_r = (struct target){0};
    ok = map_params_load(path, table, target_r, arena, &error) &&
         ldap_params_settings(&target_r->ldap, path, arena, settings_r, &error);
    if (!ok)
        buf_adds(error_r, buf_str(&error) + strlen(path));
    buf_finish(&error);
    return ok;
}

static void test_server_host(void **state)
{
    static const struct {
        const char *content;
        const char *want; /* the URIs, or "? " and the error */
    } cases[] = {
        {"", "ldap://localhost:389"},
        {"server_port = 3389\n", "ldap://localhost:3389"},
        {"server_host = a.example\nserver_port = 1\n", "ldap://a.example:1"},
        {"server_host = a.example:2, b.example\n",
         "ldap://a.example:2 ldap://b.example:389"},
        {"server_host = ldap://a:1\n  ldaps://b ldapi://%2Frun%2Fx\n",
         "ldap://a:1 ldaps://b ldapi://%2Frun%2Fx"},
        {"server_host = LDAP://a/\n", "LDAP://a/"},
        {"server_host = ::1 [::1] [::1]:4\n",
         "ldap://[::1]:389 ldap://[::1]:389 ldap://[::1]:4"},
        {"server_host =\n", "? :1: server_host: expected a value"},
        {"server_host = ,\n", "? :1: server_host: expected a host"},
        {"\nserver_host = http://a\n",
         "? :2: server_host: expected a host, or a URL of ldap, ldaps or ldapi, not "
         "\"http://a\": an unknown scheme"},
        {"server_host = cldap://a\n",
         "? :1: server_host: expected a host, or a URL of ldap, ldaps or ldapi, not "
         "\"cldap://a\": an unknown scheme"},
        {"server_host = a:x\n", "? :1: server_host: expected a host, or a URL of ldap, "
                                "ldaps or ldapi, not \"a:x\""},
        {"server_host = a:70000\n", "? :1: server_host: expected a host, or a URL of "
                                    "ldap, ldaps or ldapi, not \"a:70000\""},
        {"server_host = [::1\n", "? :1: server_host: expected a host, or a URL of "
                                 "ldap, ldaps or ldapi, not \"[::1\""},
        {"server_host = a/b\n", "? :1: server_host: expected a host, or a URL of ldap, "
                                "ldaps or ldapi, not \"a/b\""},
        {"start_tls = yes\nserver_host = ldap://a ldaps://b\n",
         "? :2: server_host: expected no ldaps:// with \"start_tls = yes\": such a "
         "connection begins with TLS"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directory_settings settings;
        struct arena arena = {0};
        struct target target;
        struct buf got = BUF_INIT, error = BUF_INIT;

        if (load(*state, cases[i].content, &target, &arena, &settings, &error)) {
            for (size_t j = 0; j < settings.uris->count; j++)
                buf_addf(&got, "%s%s", j == 0 ? "" : " ", settings.uris->items[j]);
        } else {
            buf_addf(&got, "? %s", buf_str(&error));
        }
        assert_string_equal(buf_str(&got), cases[i].want);
        buf_finish(&got);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

static void test_defaults(void **state)
{
    struct directory_settings s;
    struct arena arena = {0};
    struct target target;
    struct buf error = BUF_INIT;

    assert_true(load(*state, "", &target, &arena, &s, &error));
    assert_int_equal(s.timeout_ms, 10000);
    assert_int_equal(s.version, 3);
    assert_false(s.start_tls || s.require_cert || s.chase_referrals);
    assert_int_equal(s.bind, DIRECTORY_SIMPLE);
    assert_int_equal(s.dereference, 0);
    assert_string_equal(s.bind_dn, "");
    assert_string_equal(s.bind_pw, "");
    assert_string_equal(s.ca_file, "");
    arena_finish(&arena);
}

static void test_all(void **state)
{
    struct directory_settings s;
    struct arena arena = {0};
    struct target target;
    struct buf error = BUF_INIT;

    if (!load(*state,
              "version = 2\ntimeout = 3\nstart_tls = YES\ntls_require_cert = yes\n"
              "tls_ca_cert_file = /ca\ntls_ca_cert_dir = /cas\ntls_cert = /c\n"
              "tls_key = /k\ntls_cipher_suite = NORMAL\nbind = SASL\nbind_dn = cn=x, "
              "dc=y\nbind_pw = a b\nsasl_mechs = EXTERNAL\nsasl_realm = r\n"
              "sasl_authz_id = u:x\nsasl_minssf = 128\ndereference = 3\n"
              "chase_referrals = yes\n",
              &target, &arena, &s, &error))
        fail_msg("%s", buf_str(&error));
    assert_int_equal(s.timeout_ms, 3000);
    assert_int_equal(s.version, 3); /* StartTLS and SASL need it */
    assert_true(s.start_tls && s.require_cert && s.chase_referrals);
    assert_int_equal(s.bind, DIRECTORY_SASL);
    assert_int_equal(s.dereference, 3);
    assert_int_equal(s.sasl_minssf, 128);
    assert_string_equal(s.bind_dn, "cn=x, dc=y");
    assert_string_equal(s.bind_pw, "a b");
    assert_string_equal(s.ca_file, "/ca");
    assert_string_equal(s.ca_dir, "/cas");
    assert_string_equal(s.cert, "/c");
    assert_string_equal(s.key, "/k");
    assert_string_equal(s.ciphers, "NORMAL");
    assert_string_equal(s.sasl_mechs, "EXTERNAL");
    assert_string_equal(s.sasl_realm, "r");
    assert_string_equal(s.sasl_authz_id, "u:x");
    ldap_params_wipe(&target.ldap);
    assert_string_equal(s.bind_pw, "");
    arena_finish(&arena);
}

static void test_errors(void **state)
{
    static const struct {
        const char *content;
        const char *want;
    } cases[] = {
        {"timeout = 0\n", ":1: timeout: expected a number from 1 to 3600, not \"0\""},
        {"timeout = 5s\n", ":1: timeout: expected a number from 1 to 3600, not \"5s\""},
        {"version = 4\n", ":1: version: expected a number from 2 to 3, not \"4\""},
        {"bind = maybe\n",
         ":1: bind: expected no, none, yes, simple or sasl, not \"maybe\""},
        {"start_tls = 1\n", ":1: start_tls: expected yes or no, not \"1\""},
        {"dereference = 4\n", ":1: dereference: expected a number from 0 to 3, not "
                              "\"4\""},
        {"server_port = 0\n", ":1: server_port: expected a number from 1 to 65535, not "
                              "\"0\""},
        {"tls_ca_cert_file = ca.pem\n",
         ":1: tls_ca_cert_file: expected a path that begins with \"/\""},
        {"bind_pw_file = pw\n",
         ":1: bind_pw_file: expected a path that begins with \"/\""},
        {"bind_pw_file = /pw\nbind_pw = x\n",
         ":1: bind_pw_file: expected this or bind_pw, not both"},
        {"tls_cert = /c\n", ":1: tls_cert: expected tls_key as well"},
        {"tls_key = /k\n", ":1: tls_key: expected tls_cert as well"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directory_settings settings;
        struct arena arena = {0};
        struct target target;
        struct buf error = BUF_INIT;

        assert_false(
            load(*state, cases[i].content, &target, &arena, &settings, &error));
        assert_string_equal(buf_str(&error), cases[i].want);
        buf_finish(&error);
        arena_finish(&arena);
    }
}

static void remark(void *arg, const char *line)
{
    buf_addf(arg, "%s\n", strchr(line, ':'));
}

static void test_review(void **state)
{
    static const struct {
        const char *content;
        const char *want;
    } cases[] = {
        {"", ""},
        {"bind = no\n", ""},
        {"bind_dn = cn=x\nbind_pw = y\n",
         ":2: bind_pw: everybody can read this file\n"},
        {"bind_dn = cn=x\nbind_pw_file = /y\n", ""},
        {"bind_dn = cn=x\nbind_pw_file = /etc/passwd\n",
         ":2: bind_pw_file: everybody can read that file\n"},
        {"tls_cert = /etc/passwd\ntls_key = /etc/passwd\n",
         ":2: tls_key: everybody can read that file\n"},
        {"bind_dn = cn=x\n", ":1: bind_dn: without bind_pw or bind_pw_file it is not "
                             "used: the bind is anonymous\n"},
        {"debuglevel = 1\ncache = no\ntls_random_file = /dev/random\n",
         ":2: cache: ignored, it does nothing here\n"
         ":1: debuglevel: ignored, it does nothing here\n"
         ":3: tls_random_file: ignored, it does nothing here\n"},
        {"start_tls = yes\n", ": server_host: TLS without \"tls_require_cert = yes\" "
                              "lets anybody be the server\n"},
        {"server_host = ldap://a LDAPS://b\n",
         ":1: server_host: TLS without \"tls_require_cert = yes\" lets anybody be the "
         "server\n"},
        {"server_host = ldaps://b\ntls_require_cert = yes\n", ""},
    };

    struct tempdir *dir = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directory_settings settings;
        struct arena arena = {0};
        struct target target;
        struct buf error = BUF_INIT, got = BUF_INIT;

        assert_true(load(dir, cases[i].content, &target, &arena, &settings, &error));
        ldap_params_review(&target.ldap, dir->file, remark, &got);
        assert_string_equal(buf_str(&got), cases[i].want);
        buf_finish(&got);
        arena_finish(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_server_host, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_defaults, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_all, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_errors, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_review, tempdir_setup, tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
