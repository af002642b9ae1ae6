/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of the readers of ctl/source.h. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/source.h"

enum { NOW = 20000 * 86400 + 3600 }; /* an hour of day 20000 */

/* The rows as "LINE:login|password|verifier|disabled|aliases" lines, without the fields
 * at the end that the source does not say; "LINE!why" and "LINE-why" for others. */
static bool row_show(const struct source_row *row, void *arg)
{
    struct buf *out = arg;
    size_t fields = FIELD_COUNT;

    if (row->wrong != NULL || row->left_out != NULL) {
        buf_addf(out, "%u%c%s\n", row->line, row->wrong != NULL ? '!' : '-',
                 row->wrong != NULL ? row->wrong : row->left_out);
        return true;
    }
    buf_addf(out, "%u:", row->line);
    while (fields != 0 && row->fields[fields - 1] == NULL)
        fields--;
    for (size_t i = 0; i < fields; i++)
        buf_addf(out, "%s%s", i != 0 ? "|" : "",
                 row->fields[i] != NULL ? row->fields[i] : "~");
    buf_addc(out, '\n');
    return true;
}

struct sample {
    const char *text;
    const char *rows;
    const char *error; /* NULL: it is read to its end */
};

static void samples_read(source_read *read, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text = strdup(samples[i].text);
        struct buf out = BUF_INIT, error = BUF_INIT;
        struct source source = {text, NOW, row_show, &out};
        bool done;

        assert_non_null(text);
        done = read(&source, &error);
        if (strcmp(buf_str(&out), samples[i].rows) != 0)
            fail_msg("sample %zu:\n%sexpected:\n%s", i, buf_str(&out), samples[i].rows);
        assert_string_equal(buf_str(&error),
                            samples[i].error != NULL ? samples[i].error : "");
        assert_int_equal(done, samples[i].error == NULL);
        buf_finish(&out);
        buf_finish(&error);
        free(text);
    }
}

#define READ(read, samples)                                                            \
    samples_read(read, samples, sizeof(samples) / sizeof((samples)[0]))

static const struct sample passwd_files[] = {
    {"", "", NULL},
    {"# comment\n\nalice:{SSHA}abc\n", "3:alice|~|{SSHA}abc|no\n", NULL},
    {"alice:{PLAIN}a pass word::::::\r\nbob:$6$x$y",
     "1:alice|~|{PLAIN}a pass word|no\n2:bob|~|$6$x$y|no\n", NULL},
    {"a@x:{SHA}b:1000:1000:Alice A.:/home/a:/bin/sh:userdb_quota=1G nologin\n",
     "1:a@x|~|{SHA}b|yes\n", NULL},
    {"a:h:::::: nologin=a:b allow_nets=10.0.0.0/8\n", "1:a|~|h|yes\n", NULL},
    {"a:h::::::nologins userdb_nologin=1\n", "1:a|~|h|no\n", NULL},
    {"a:h:::::nologin:\n", "1:a|~|h|no\n", NULL}, /* that is a shell */
    {"alice\n", "1!expected LOGIN:HASH\n", NULL},
    {"alice:\nbob:x\n", "1-without a password\n2-without a password\n", NULL},
    {":h\n", "1:|~|h|no\n", NULL},
};

static void test_passwd_file(void **state)
{
    (void)state;
    READ(source_passwd_file, passwd_files);
}

static const struct sample shadows[] = {
    {"alice:$y$j9T$a$b:19000:0:99999:7:::\n", "1:alice|~|$y$j9T$a$b|no\n", NULL},
    {"alice:!$6$a$b:19000:0:99999:7:::\n", "1:alice|~|$6$a$b|yes\n", NULL},
    {"alice:!!$6$a$b:1::::::\n", "1:alice|~|$6$a$b|yes\n", NULL},
    {"alice:*$6$a$b:1::::::\n", "1:alice|~|$6$a$b|yes\n", NULL},
    {"daemon:*:19000:0:99999:7:::\nx:!:1::::::\ny:!!:1::::::\nz:*LK*:1::::::\nv:::::::"
     "\n",
     "1-without a password\n2-without a password\n3-without a password\n"
     "4-without a password\n5-without a password\n",
     NULL},
    {"a:$6$a$b:1:0:9:7::20001:\nb:$6$a$b:1:0:9:7::20000:\nc:$6$a$b:1:0:9:7::19999:\n"
     "d:$6$a$b:1:0:9:7::0:\ne:$6$a$b:1:0:9:7::-1:\n",
     "1:a|~|$6$a$b|no\n2:b|~|$6$a$b|yes\n3:c|~|$6$a$b|yes\n4:d|~|$6$a$b|yes\n"
     "5:e|~|$6$a$b|no\n",
     NULL},
};

static void test_shadow(void **state)
{
    (void)state;
    READ(source_shadow, shadows);
}

static const struct sample htpasswds[] = {
    {"alice:$2y$05$abc\nbob:{SHA}x=\ncarol:$apr1$a$b\ndave:abJnggxhB/yWI\n",
     "1:alice|~|$2y$05$abc|no\n2:bob|~|{SHA}x=|no\n3:carol|~|$apr1$a$b|no\n"
     "4:dave|~|abJnggxhB/yWI|no\n",
     NULL},
};

static void test_htpasswd(void **state)
{
    (void)state;
    READ(source_htpasswd, htpasswds);
}

static const struct sample csvs[] = {
    {"login,password\nalice,secret\r\nbob,\"two \"\"words\"\"\"\n",
     "2:alice|secret\n3:bob|two \"words\"\n", NULL},
    {"\xef\xbb\xbfverifier,login,aliases,disabled\n{SSHA}a,alice,\"a,b\",yes\n",
     "2:alice|~|{SSHA}a|yes|a,b\n", NULL},
    {"login,verifier\nalice,\"one\ntwo\"\n\nbob,x", "2:alice|~|one\ntwo\n5:bob|~|x\n",
     NULL},
    {"\"login\",\"password\"\n\"a\",\"b\"", "2:a|b\n", NULL},
    {"login,password\na,\n,b\n", "2:a|\n3:|b\n", NULL},
    {"login,password\na,b\rc\n", "2:a|b\rc\n", NULL},
    {"login,password\na\nb,c,d\nb,\"c\",\"d\",e\ne,f\n",
     "2!expected as many values as the header has columns\n"
     "3!expected as many values as the header has columns\n"
     "4!expected as many values as the header has columns\n5:e|f\n",
     NULL},
    {"login,password\na,b\"c\"\nd,e\n", "2!a quote stands inside of a value\n3:d|e\n",
     NULL},
    {"login,password\na,\"b\" c\nd,e\n",
     "2!something stands behind a closing quote\n3:d|e\n", NULL},
    {"login,password\nd,e\na,\"b\nc,d\n", "2:d|e\n3!a quote is not closed\n", NULL},
    {"login,password\n", "", NULL},
    {"login,password", "", NULL},
    {"login,mail\na,b\n", "",
     "1: unknown column \"mail\"; expected login, password, verifier, disabled or "
     "aliases"},
    {"login;password\na;b\n", "",
     "1: unknown column \"login;password\"; expected login, password, verifier, "
     "disabled or aliases"},
    {"login,password,login\n", "", "1: a column is there twice"},
    {"login,disabled\n", "",
     "1: there is no column \"password\" or \"verifier\" in the header"},
    {"password\n", "", "1: there is no column \"login\" in the header"},
    {"login,password,verifier,disabled,aliases,login\n", "",
     "1: unknown column \"...\"; expected login, password, verifier, disabled or "
     "aliases"},
    {"", "",
     "1: unknown column \"\"; expected login, password, verifier, disabled or aliases"},
};

static void test_csv(void **state)
{
    (void)state;
    READ(source_csv, csvs);
}

#define PRINT                                                                          \
    "VERSION=3\nformat=print\ntype=hash\nh_nelem=2\ndb_pagesize=4096\nHEADER=END\n"
#define BYTES "VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n"
#define END "DATA=END\n"

static const struct sample sasldbs[] = {
    {PRINT " alice\\00example.org\\00userPassword\n secret1\n"
           " bob\\00example.org\\00userPassword\n sec ret\\02\\5c\\\\\n" END,
     "7:alice@example.org|secret1\n9:bob@example.org|sec ret\x02\\\\\n", NULL},
    {BYTES " 616c696365006578616d706c652e6f7267007573657250617373776f7264\n"
           " 73656372657431\n" END,
     "5:alice@example.org|secret1\n", NULL},
    {PRINT " alice\\00\\00userPassword\n s\n" END, "7:alice|s\n", NULL},
    {PRINT " alice\\00x\\00cmusaslsecretOTP\n s\n" END,
     "7-no password but another secret\n", NULL},
    {PRINT " alice\\00x\\00userPassword\n \n" END, "7-without a password\n", NULL},
    {PRINT " alice\\00x\\00userPassword\n a\\00b\n" END,
     "7!a password holds no NUL byte\n", NULL},
    {PRINT " alice\\00x\n s\n alice\n s\n a\\00b\\00userPassword\\00\n s\n" END,
     "7!expected a login, a realm and a property\n"
     "9!expected a login, a realm and a property\n"
     "11!expected a login, a realm and a property\n",
     NULL},
    {PRINT " alice\\00x\\00userPassword\n s\\zz\n alice\\0\n s\n" END,
     "7!an item that cannot be decoded\n9!an item that cannot be decoded\n", NULL},
    {BYTES " 616\n 61\n" END, "5!an item that cannot be decoded\n", NULL},
    {PRINT END, "", NULL},
    {PRINT " alice\\00x\\00userPassword\n s\n", "7:alice@x|s\n",
     "8: expected DATA=END: the dump is not whole"},
    {PRINT " alice\\00x\\00userPassword\n", "",
     "7: expected DATA=END: the dump is not whole"},
    {"VERSION=3\nformat=print\n", "",
     "2: expected format=print or format=bytevalue, and HEADER=END"},
    {"VERSION=3\nformat=odd\nHEADER=END\n", "",
     "3: expected format=print or format=bytevalue, and HEADER=END"},
    {"alice:x\n", "", "1: this is not what db_dump prints: expected VERSION="},
    {"", "", "0: this is not what db_dump prints: expected VERSION="},
};

static void test_sasldb(void **state)
{
    (void)state;
    READ(source_sasldb, sasldbs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passwd_file), cmocka_unit_test(test_shadow),
        cmocka_unit_test(test_htpasswd),    cmocka_unit_test(test_csv),
        cmocka_unit_test(test_sasldb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
