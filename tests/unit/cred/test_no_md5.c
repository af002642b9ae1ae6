/* SPDX-License-Identifier: BSD-2-Clause */
/* What the schemes say where OpenSSL is told to have no MD5, as under FIPS. */
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

#include "base/secret.h"
#include "cred/scheme.h"

static char path[] = "/tmp/test_no_md5.XXXXXX";

/* OpenSSL reads the file at its first use. */
static int setup(void **state)
{
    static const char text[] = "openssl_conf = start\n"
                               "[start]\nalg_section = algorithms\n"
                               "[algorithms]\ndefault_properties = fips=yes\n";
    int fd = mkstemp(path);

    (void)state;
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        return -1;
    close(fd);
    return setenv("OPENSSL_CONF", path, 1);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static const char *const stored[] = {
    "{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6",
    "{SMD5}QupDYc9khgTZPwmET19d5ILIJuc=",
    "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
};

static void test_check_cannot_tell(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++) {
        struct verifier verifier;
        struct buf error = BUF_INIT;

        assert_true(verifier_parse(stored[i], strlen(stored[i]), &verifier, &error));
        assert_int_equal(verifier_check(&verifier, "secret", 6), ANSWER_UNKNOWN);
        buf_finish(&error);
    }
}

static void test_make_fails(void **state)
{
    static const char *const names[] = {"CRAM-MD5", "DIGEST-MD5"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct buf made = BUF_INIT, error = BUF_INIT;

        assert_false(scheme_make(scheme_find(names[i], strlen(names[i])),
                                 &scheme_costs_default, "a@example.org", "secret", 6,
                                 &made, &error));
        assert_int_equal(made.len, 0);
        assert_non_null(strstr(buf_str(&error), "OpenSSL has no MD5 here"));
        secret_finish(&made);
        buf_finish(&error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_cannot_tell),
        cmocka_unit_test(test_make_fails),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
