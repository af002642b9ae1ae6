/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/received.c and mail/tls_cipher.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/received.h"
#include "mail/tls_cipher.h"

static const struct {
    const char *what;
    struct received in;
    const char *out;
} cases[] = {
    {"everything",
     {.helo = "pc.example.org",
      .client_name = "pc.example.org",
      .client_addr = "192.0.2.7",
      .by = "mx.example.org",
      .queue_id = "4abcXYZ",
      .login = "alice@example.org",
      .tls_version = "TLSv1.3",
      .tls_cipher = "TLS_AES_256_GCM_SHA384",
      .authenticated = true,
      .esmtp = true},
     "from pc.example.org (pc.example.org [192.0.2.7])\n"
     "\t(Authenticated sender: alice@example.org)\n"
     "\tby mx.example.org (sendas) with ESMTPSA id 4abcXYZ\n"
     "\ttls TLS_AES_256_GCM_SHA384; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"nothing known",
     {0},
     "from unknown.invalid\n"
     "\tby localhost (sendas) with SMTP; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"hidden client",
     {.hide_client = true,
      .helo = "pc",
      .client_addr = "192.0.2.7",
      .by = "mx",
      .authenticated = true},
     "from hidden.invalid\n"
     "\tby mx (sendas) with ESMTPA; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"no fold within a clause",
     {.helo = "h",
      .client_addr = "192.0.2.7",
      .by = "mail.a-name-of-such-a-length-that.comes.example.org",
      .queue_id = "4abcXYZ",
      .authenticated = true},
     "from h (unknown [192.0.2.7])\n"
     "\tby mail.a-name-of-such-a-length-that.comes.example.org (sendas)\n"
     "\twith ESMTPA id 4abcXYZ; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"hidden client, comments behind by",
     {.hide_client = true,
      .client_addr = "192.0.2.7",
      .by = "mx",
      .login = "alice@example.org",
      .tls_version = "TLSv1.2",
      .tls_cipher = "GOST-X",
      .authenticated = true},
     "from hidden.invalid\n"
     "\tby mx (sendas)\n"
     "\t(Authenticated sender: alice@example.org)\n"
     "\t(using TLSv1.2 with cipher GOST-X) with ESMTPSA;\n"
     "\tSat, 21 Nov 2026 03:04:05 +0130"},
    {"local program",
     {.local = true,
      .helo = "localhost",
      .client_name = "localhost",
      .client_addr = "127.0.0.1",
      .by = "mx.example.org",
      .queue_id = "4abcXYZ"},
     "by mx.example.org (sendas) id 4abcXYZ;\n"
     "\tSat, 21 Nov 2026 03:04:05 +0130"},
    {"local program with an identity",
     {.local = true,
      .hide_client = true,
      .by = "mx.example.org",
      .queue_id = "4abcXYZ",
      .login = "root@example.org",
      .smtputf8 = true},
     "by mx.example.org (sendas)\n"
     "\t(Sender identified as: root@example.org) id 4abcXYZ;\n"
     "\tSat, 21 Nov 2026 03:04:05 +0130"},
    {"HELO breaks out",
     {.helo = "a) by evil; (", .client_name = "unknown", .client_addr = "192.0.2.7"},
     "from [192.0.2.7] (unknown [192.0.2.7])\n"
     "\tby localhost (sendas) with SMTP; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"HELO with a line end",
     {.helo = "a\nX-Evil: 1", .client_addr = "192.0.2.7"},
     "from [192.0.2.7] (unknown [192.0.2.7])\n"
     "\tby localhost (sendas) with SMTP; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"login and names break out",
     {.helo = "[IPv6:2001:DB8::1]",
      .client_name = "x) (y",
      .client_addr = "2001:db8::1",
      .by = "a b",
      .queue_id = "1; x",
      .login = "a)b\\c\r\nX: \xc3\xbc(",
      .esmtp = true,
      .smtputf8 = true},
     "from [IPv6:2001:db8::1] (unknown [IPv6:2001:db8::1])\n"
     "\t(Sender identified as: a?b?c?\?X: ?\?\?)\n"
     "\tby localhost (sendas) with UTF8SMTP; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"address with a prefix; literal HELO that is none",
     {.helo = "[evil]", .client_addr = "IPv6:::1", .esmtp = true},
     "from [IPv6:::1] (unknown [IPv6:::1])\n"
     "\tby localhost (sendas) with ESMTP; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"cipher of TLS 1.2",
     {.helo = "h",
      .client_addr = "192.0.2.7",
      .tls_version = "TLSv1.2",
      .tls_cipher = "ECDHE-RSA-AES256-GCM-SHA384"},
     "from h (unknown [192.0.2.7])\n"
     "\tby localhost (sendas) with ESMTPS\n"
     "\ttls TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384;\n"
     "\tSat, 21 Nov 2026 03:04:05 +0130"},
    {"cipher without a registered name",
     {.helo = "h",
      .client_addr = "192.0.2.7",
      .tls_version = "TLSv1.2)",
      .tls_cipher = "GOST-(X"},
     "from h (unknown [192.0.2.7])\n"
     "\t(using TLSv1.2? with cipher GOST-?X)\n"
     "\tby localhost (sendas) with ESMTPS; Sat, 21 Nov 2026 03:04:05 +0130"},
    {"empty TLS version is no TLS",
     {.helo = "h", .client_addr = "192.0.2.7", .tls_version = "", .tls_cipher = ""},
     "from h (unknown [192.0.2.7])\n"
     "\tby localhost (sendas) with SMTP; Sat, 21 Nov 2026 03:04:05 +0130"},
};

static void test_build(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct received in = cases[i].in;
        struct buf out = BUF_INIT;

        in.when = 1795224845; /* 2026-11-21 01:34:05 UTC */
        received_build(&in, &out);
        if (strcmp(buf_str(&out), cases[i].out) != 0)
            fail_msg("%s:\n%s", cases[i].what, buf_str(&out));
        buf_finish(&out);
    }
}

/* Whatever the parts are: one field, no line over 78 columns but for one long word. */
static void test_hostile_lengths(void **state)
{
    char longest[3000];

    (void)state;
    for (int c = 1; c < 256; c++) {
        struct received in = {.helo = longest,
                              .client_name = longest,
                              .client_addr = longest,
                              .by = longest,
                              .queue_id = longest,
                              .login = longest,
                              .tls_version = longest,
                              .tls_cipher = longest,
                              .local = c % 2 == 0};
        struct buf out = BUF_INIT;

        memset(longest, c, sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = '\0';
        received_build(&in, &out);
        assert_false(out.failed);
        assert_int_equal(strlen(out.data), out.len);
        for (char *line = out.data, *end; line != NULL; line = end) {
            end = strchr(line, '\n');
            if (end != NULL) {
                *end++ = '\0';
                assert_int_equal(*end, '\t');
            }
            assert_true(strlen(line) < 998);
            for (const char *p = line; *p != '\0'; p++)
                assert_true(*p == '\t' || (*p >= 0x20 && *p < 0x7f));
        }
        buf_finish(&out);
    }
}

static void test_keywords(void **state)
{
    static const struct {
        struct received in;
        const char *keyword;
    } rows[] = {
        {{0}, "SMTP"},
        {{.esmtp = true}, "ESMTP"},
        {{.authenticated = true}, "ESMTPA"},
        {{.tls_version = "TLSv1.3"}, "ESMTPS"},
        {{.tls_version = "TLSv1.3", .authenticated = true}, "ESMTPSA"},
        {{.smtputf8 = true}, "UTF8SMTP"},
        {{.smtputf8 = true, .authenticated = true}, "UTF8SMTPA"},
        {{.smtputf8 = true, .tls_version = "TLSv1.3"}, "UTF8SMTPS"},
        {{.smtputf8 = true, .tls_version = "TLSv1.3", .authenticated = true},
         "UTF8SMTPSA"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(received_keyword(&rows[i].in), rows[i].keyword);
}

static void test_ciphers(void **state)
{
    static const char *const rows[][2] = {
        {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
        {"ECDHE-ECDSA-CHACHA20-POLY1305",
         "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
        {"AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"},
        {"ADH-AES128-SHA256", "TLS_DH_anon_WITH_AES_128_CBC_SHA256"},
        {"DHE-RSA-AES128-CCM8", "TLS_DHE_RSA_WITH_AES_128_CCM_8"},
        {"TLS_AES; evil", ""},
        {"ECDHE-RSA-", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = BUF_INIT;

        assert_int_equal(tls_cipher_registered(rows[i][0], &out),
                         rows[i][1][0] != '\0');
        assert_string_equal(buf_str(&out), rows[i][1]);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build),
        cmocka_unit_test(test_hostile_lengths),
        cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_ciphers),
    };

    setenv("TZ", "TST-1:30", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
