/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/scheme.c and scheme_costs.c: what each row of the registry does.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "cred/prepare.h"
#include "cred/scheme.h"

/* The least that is allowed. */
static const struct scheme_costs cheap = {
    .scram_iterations = 4096,
    .pbkdf2_iterations = 1000,
    .argon2_memory = 8,
    .argon2_passes = 1,
    .argon2_lanes = 1,
    .bcrypt_cost = 4,
    .yescrypt_cost = 1,
    .sha_crypt_rounds = 1000,
};

#define LOGIN "alice@example.org"

static struct buf make(const struct scheme *scheme, const struct scheme_costs *costs,
                       const char *login, const char *password)
{
    struct buf made = BUF_INIT, error = BUF_INIT;

    if (!scheme_make(scheme, costs, login, password, strlen(password), &made, &error))
        fail_msg("%s: %s", scheme_name(scheme), buf_str(&error));
    buf_finish(&error);
    return made;
}

static struct verifier parse(const struct buf *stored)
{
    struct verifier verifier;
    struct buf error = BUF_INIT;

    if (!verifier_parse(stored->data, stored->len, &verifier, &error))
        fail_msg("%s: %s", stored->data, buf_str(&error));
    assert_int_equal(error.len, 0);
    buf_finish(&error);
    return verifier;
}

static enum answer check(const struct buf *stored, const char *password)
{
    struct verifier verifier = parse(stored);

    return verifier_check(&verifier, password, strlen(password));
}

static void test_names(void **state)
{
    static const struct {
        const char *name, *found;
    } rows[] = {
        {"scram-sha-256", "SCRAM-SHA-256"},
        {"argon2", "ARGON2ID"},
        {"Bcrypt", "BLF-CRYPT"},
        {"crypt", "DES-CRYPT"},
        {"clear", "PLAIN"},
        {"CLEARTEXT", "PLAIN"},
        {"PLAIN-MD5", "LDAP-MD5"},
        {"md5", "LDAP-MD5"},
        {"SHA1", "SHA"},
        {"PBKDF2", "PBKDF2-SHA1"},
        {"HMAC-MD5", "CRAM-MD5"},
        {"", NULL},
        {"SHA1 ", NULL},
        {"PLAIN-MD5 MD5", NULL},
        {"SCRAM", NULL},
        {"SCRAM-SHA-2567", NULL},
        {"ROT13", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct scheme *scheme = scheme_find(rows[i].name, strlen(rows[i].name));

        assert_string_equal(scheme != NULL ? scheme_name(scheme) : "(none)",
                            rows[i].found != NULL ? rows[i].found : "(none)");
    }
}

static void test_registry(void **state)
{
    size_t count = 0, first_is_default = 0;

    (void)state;
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        unsigned uses = scheme_uses(s);

        first_is_default +=
            count++ == 0 && strcmp(scheme_name(s), "SCRAM-SHA-256") == 0;
        assert_ptr_equal(scheme_find(scheme_name(s), strlen(scheme_name(s))), s);
        assert_int_not_equal(uses, 0);
        /* Whoever speaks to SASL needs the name. */
        assert_int_equal(scheme_sasl_name(s) != NULL,
                         (uses & (SCHEME_SCRAM | SCHEME_CHALLENGE)) != 0);
        if (uses & SCHEME_SCRAM)
            assert_string_equal(scheme_sasl_name(s), scheme_name(s));
        if (uses & SCHEME_CLEAR)
            assert_false(scheme_makes(s) || (uses & SCHEME_PASSWORD));
    }
    assert_int_equal(first_is_default, 1);
    assert_true(count >= 25);
}

/* Every row that makes: right, wrong, not twice the same, its own name. */
static void test_make_and_check(void **state)
{
    size_t made_by = 0;

    (void)state;
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        struct buf first, second;
        struct verifier verifier;

        if (!scheme_makes(s))
            continue;
        made_by++;
        first = make(s, &cheap, LOGIN, "pass w\u00f6rd");
        second = make(s, &cheap, LOGIN, "pass w\u00f6rd");
        verifier = parse(&first);
        assert_ptr_equal(verifier.scheme, s);
        assert_false(verifier_outdated(&verifier, &cheap));
        if (scheme_uses(s) & SCHEME_PASSWORD) {
            assert_int_equal(check(&first, "pass w\u00f6rd"), ANSWER_YES);
            assert_int_equal(check(&first, "pass wo\u0308rd"), ANSWER_YES);
            assert_int_equal(check(&first, "pass\u00a0w\u00f6rd"), ANSWER_YES);
            assert_int_equal(check(&first, "pass w\u00f6re"), ANSWER_NO);
            assert_int_equal(check(&first, "pass w\u00f6r"), ANSWER_NO);
            assert_int_equal(check(&first, "pass w\u00f6rd "), ANSWER_NO);
            assert_int_equal(check(&first, "Pass w\u00f6rd"), ANSWER_NO);
            assert_int_equal(check(&first, ""), ANSWER_NO);
            assert_int_equal(verifier_check(&verifier, "pass w\u00f6rd\0", 12),
                             ANSWER_NO);
        } else {
            assert_int_equal(check(&first, "pass w\u00f6rd"), ANSWER_UNKNOWN);
        }
        if (scheme_uses(s) & SCHEME_CHALLENGE)
            assert_string_equal(first.data, second.data); /* have no salt */
        else
            assert_string_not_equal(first.data, second.data);
        secret_finish(&first);
        secret_finish(&second);
    }
    assert_true(made_by >= 14);
}

static void test_make_refuses(void **state)
{
    char longest[PASSWORD_MAX + 1];

    (void)state;
    memset(longest, 'x', sizeof(longest));
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        struct {
            const char *password;
            size_t len;
            const char *error;
        } rows[] = {
            {"", 0, "must not be empty"},
            {"a\xff", 2, "UTF-8"},
            {"a\nb", 3, "control"},
            {"a\0b", 3, "control"},
            {longest, PASSWORD_MAX + 1, "longer than 1024"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
            struct buf made = BUF_INIT, error = BUF_INIT;

            buf_adds(&made, "before");
            assert_false(scheme_make(s, &cheap, LOGIN, rows[i].password, rows[i].len,
                                     &made, &error));
            assert_string_equal(buf_str(&made), "before");
            assert_non_null(strstr(buf_str(&error), scheme_makes(s)
                                                        ? rows[i].error
                                                        : "read, but not made"));
            assert_ptr_equal(strstr(buf_str(&error), scheme_name(s)), error.data);
            buf_finish(&made);
            buf_finish(&error);
        }
    }
}

/* Schemes that leave out the end of a long password are not given one. */
static void test_long_passwords(void **state)
{
    static const struct {
        const char *name;
        size_t most;
    } rows[] = {
        {"BLF-CRYPT", 72},       {"YESCRYPT", 511},  {"SHA512-CRYPT", 511},
        {"SHA256-CRYPT", 511},   {"ARGON2ID", 1024}, {"SCRAM-SHA-256", 1024},
        {"PBKDF2-SHA256", 1024},
    };
    char password[PASSWORD_MAX];

    (void)state;
    memset(password, 'x', sizeof(password));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct scheme *s = scheme_find(rows[i].name, strlen(rows[i].name));
        struct buf made = BUF_INIT, error = BUF_INIT;
        struct verifier verifier;

        assert_true(
            scheme_make(s, &cheap, LOGIN, password, rows[i].most, &made, &error));
        verifier = parse(&made);
        assert_int_equal(verifier_check(&verifier, password, rows[i].most), ANSWER_YES);
        assert_int_equal(verifier_check(&verifier, password, rows[i].most - 1),
                         ANSWER_NO);
        if (rows[i].most < PASSWORD_MAX) {
            assert_false(scheme_make(s, &cheap, LOGIN, password, rows[i].most + 1,
                                     &made, &error));
            assert_non_null(strstr(buf_str(&error), "leave out the rest"));
        }
        if (rows[i].most == 511)
            assert_int_equal(verifier_check(&verifier, password, 512), ANSWER_NO);
        secret_finish(&made);
        buf_finish(&error);
    }
}

/* Costs that differ from the present ones in one value; which schemes that concerns. */
static void test_outdated(void **state)
{
    static const struct {
        size_t offset;
        unsigned other;
        const char *families; /* how the names of those that change begin */
    } rows[] = {
        {offsetof(struct scheme_costs, scram_iterations), 5000, "SCRAM-"},
        {offsetof(struct scheme_costs, pbkdf2_iterations), 2000, "PBKDF2-"},
        {offsetof(struct scheme_costs, argon2_memory), 16, "ARGON2"},
        {offsetof(struct scheme_costs, argon2_passes), 2, "ARGON2"},
        {offsetof(struct scheme_costs, bcrypt_cost), 5, "BLF-"},
        {offsetof(struct scheme_costs, yescrypt_cost), 2, "YESCRYPT"},
        {offsetof(struct scheme_costs, sha_crypt_rounds), 1001, "SHA"},
    };

    (void)state;
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        struct buf made;
        struct verifier verifier;

        if (!scheme_makes(s))
            continue;
        made = make(s, &cheap, LOGIN, "secret");
        verifier = parse(&made);
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
            struct scheme_costs costs = cheap;
            bool concerns = strncmp(scheme_name(s), rows[i].families,
                                    strlen(rows[i].families)) == 0;

            *(unsigned *)((char *)&costs + rows[i].offset) = rows[i].other;
            assert_int_equal(verifier_outdated(&verifier, &costs), concerns);
        }
        secret_finish(&made);
    }
}

/* The costs asked for are the costs of what is made, whatever they are. */
static void test_costs_are_kept(void **state)
{
    static const struct {
        const char *name;
        struct scheme_costs costs;
        unsigned cost;
    } rows[] = {
        {"SCRAM-SHA-256", {.scram_iterations = 4097}, 4097},
        {"PBKDF2-SHA1", {.pbkdf2_iterations = 1234}, 1234},
        {"ARGON2ID", {.argon2_memory = 64, .argon2_passes = 3, .argon2_lanes = 2}, 192},
        {"BLF-CRYPT", {.bcrypt_cost = 5}, 5},
        {"YESCRYPT", {.yescrypt_cost = 3}, 3},
        {"YESCRYPT", {.yescrypt_cost = 5}, 5},
        {"SHA512-CRYPT", {.sha_crypt_rounds = 5000}, 5000},
        {"SHA256-CRYPT", {.sha_crypt_rounds = 7777}, 7777},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const unsigned *set = (const unsigned *)&rows[i].costs;
        struct scheme_costs costs = cheap;
        struct buf made;

        for (size_t j = 0; j < sizeof(costs) / sizeof(unsigned); j++) {
            if (set[j] != 0)
                ((unsigned *)&costs)[j] = set[j];
        }
        made = make(scheme_find(rows[i].name, strlen(rows[i].name)), &costs, LOGIN,
                    "secret");
        assert_int_equal(parse(&made).cost, rows[i].cost);
        assert_int_equal(check(&made, "secret"), ANSWER_YES);
        secret_finish(&made);
    }
}

static void test_costs_check(void **state)
{
    static const struct {
        struct scheme_costs change;
        const char *error;
    } rows[] = {
        {{.scram_iterations = 4095},
         "scram_iterations is 4095, expected 4096 to 10000000"},
        {{.scram_iterations = 10000001}, "scram_iterations is 10000001"},
        {{.pbkdf2_iterations = 999}, "pbkdf2_iterations is 999"},
        {{.argon2_memory = 1048577}, "argon2_memory is 1048577, expected 8 to 1048576"},
        {{.argon2_memory = 7}, "argon2_memory is 7"},
        {{.argon2_passes = 1001}, "argon2_passes is 1001"},
        {{.argon2_lanes = 65}, "argon2_lanes is 65"},
        {{.argon2_lanes = 4, .argon2_memory = 31}, "at least 8 KiB for each of the 4"},
        {{.argon2_memory = 1048576, .argon2_passes = 5},
         "argon2_passes is 5, expected at most 4 with an argon2_memory of 1048576"},
        {{.bcrypt_cost = 3}, "bcrypt_cost is 3, expected 4 to 16"},
        {{.bcrypt_cost = 17}, "bcrypt_cost is 17"},
        {{.yescrypt_cost = 12}, "yescrypt_cost is 12, expected 1 to 11"},
        {{.sha_crypt_rounds = 999}, "sha_crypt_rounds is 999"},
    };
    struct buf error = BUF_INIT, made = BUF_INIT;

    (void)state;
    assert_true(scheme_costs_check(&scheme_costs_default, &error));
    assert_true(scheme_costs_check(&cheap, &error));
    assert_int_equal(error.len, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const unsigned *set = (const unsigned *)&rows[i].change;
        struct scheme_costs costs = cheap;

        for (size_t j = 0; j < sizeof(costs) / sizeof(unsigned); j++) {
            if (set[j] != 0)
                ((unsigned *)&costs)[j] = set[j];
        }
        buf_clear(&error);
        assert_false(scheme_costs_check(&costs, &error));
        if (strstr(buf_str(&error), rows[i].error) == NULL)
            fail_msg("row %zu: %s", i, buf_str(&error));
        assert_false(
            scheme_make(scheme_next(NULL), &costs, LOGIN, "secret", 6, &made, &error));
        assert_int_equal(made.len, 0);
    }
    buf_finish(&error);
    buf_finish(&made);
}

static struct buf key_of(const char *text)
{
    struct buf key = BUF_INIT;

    buf_adds(&key, text);
    return key;
}

static struct buf make_up(const struct scheme *scheme, unsigned cost,
                          const struct buf *key, const char *login)
{
    struct buf made = BUF_INIT;

    assert_true(scheme_make_up(scheme, cost, key, login, &made));
    return made;
}

/* Stable, one a login and key, in the form of what is made, and of the cost asked for.
 */
static void test_make_up(void **state)
{
    struct buf key = key_of("0123456789abcdef0123456789abcdef");
    struct buf other_key = key_of("0123456789abcdef0123456789abcdeF");

    (void)state;
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        struct buf first, again, other, keyed, real;
        struct verifier verifier;
        unsigned cost = 0;

        if (scheme_uses(s) & SCHEME_CLEAR) {
            first = (struct buf)BUF_INIT;
            assert_false(scheme_make_up(s, 0, &key, LOGIN, &first));
            buf_finish(&first);
            continue;
        }
        if (scheme_makes(s)) {
            real = make(s, &cheap, LOGIN, "secret");
            cost = parse(&real).cost;
        }
        first = make_up(s, cost, &key, LOGIN);
        again = make_up(s, cost, &key, LOGIN);
        other = make_up(s, cost, &key, "bob@example.org");
        keyed = make_up(s, cost, &other_key, LOGIN);
        assert_string_equal(first.data, again.data);
        assert_string_not_equal(first.data, other.data);
        assert_string_not_equal(first.data, keyed.data);
        assert_memory_not_equal(first.data + strlen(first.data) - 8,
                                other.data + strlen(other.data) - 8, 8);
        verifier = parse(&first);
        assert_ptr_equal(verifier.scheme, s);
        if (scheme_makes(s)) {
            assert_int_equal(verifier.cost, cost);
            assert_int_equal(first.len, real.len);
            secret_finish(&real);
        }
        if (scheme_uses(s) & SCHEME_PASSWORD) {
            assert_int_equal(check(&first, "secret"), ANSWER_NO);
            assert_int_equal(check(&first, ""), ANSWER_NO);
        }
        buf_finish(&first);
        buf_finish(&again);
        buf_finish(&other);
        buf_finish(&keyed);
    }
    buf_finish(&key);
    buf_finish(&other_key);
}

/* Whatever cost is asked for, what comes is readable; where the scheme can have it, it
 * has it. */
static void test_make_up_costs(void **state)
{
    static const unsigned costs[] = {0,       1,       3,          10,        1000,
                                     4096,    5001,    38912,      1048577,   4194304,
                                     4194305, 9999999, 1000000000, UINT32_MAX};
    struct buf key = key_of("key");

    (void)state;
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        if (scheme_uses(s) & SCHEME_CLEAR)
            continue;
        for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++) {
            struct buf made = make_up(s, costs[i], &key, LOGIN);
            unsigned cost = parse(&made).cost;

            if (strncmp(scheme_name(s), "SCRAM-", 6) == 0 && costs[i] != 0 &&
                costs[i] <= 10000000)
                assert_int_equal(cost, costs[i]);
            if (strncmp(scheme_name(s), "ARGON2", 6) == 0 && costs[i] >= 8 &&
                costs[i] <= 4194304)
                assert_true(cost >= costs[i] / 2 + costs[i] / 4 && cost <= costs[i]);
            buf_finish(&made);
        }
    }
    buf_finish(&key);
}

static void test_make_up_length(void **state)
{
    char login[2000];
    struct buf key = BUF_INIT, made;

    (void)state;
    memset(login, 'x', sizeof(login));
    login[sizeof(login) - 1] = '\0';
    made = make_up(scheme_next(NULL), 4096, &key, login);
    parse(&made);
    buf_finish(&made);
}

/* What the SASL plugin is to serve: libsasl2's hmac_md5_precalc() gave the first. */
static void test_challenge_secret(void **state)
{
    static const struct {
        const char *scheme, *login, *password, *stored, *hex;
    } rows[] = {
        {"CRAM-MD5", "a", "test",
         "{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6",
         "043374c7d3cc7d77be32f376f62c8de64f372de05ac70dde0357a51738533a9a"},
        {"CRAM-MD5", "a", "\u00e9t\u00e9",
         "{CRAM-MD5}0e0cdfaa90ff369aea95cfc3022580293f27e249f339f1859c2cd85b2a0c685b",
         "49e2273f85f139f35bd82c9c5b680c2aaadf0c0e9a36ff90c3cf95ea29802502"},
        {"CRAM-MD5", "a",
         "0123456789012345678901234567890123456789012345678901234567890123456789",
         "{CRAM-MD5}8b1bc35b306097d1c4c7e7dd6f8526d4d28c031cf20e817116d646a2fa93c0da",
         "1c038cd271810ef2a246d616dac093fa5bc31b8bd1976030dde7c7c4d426856f"},
        {"DIGEST-MD5", "chris@elwood.innosoft.com", "secret",
         "{DIGEST-MD5}eb5a750053e4d2c34aa84bbc9b0b6ee7",
         "eb5a750053e4d2c34aa84bbc9b0b6ee7"},
        {"DIGEST-MD5", "bob@example.org", "secret",
         "{DIGEST-MD5}3d43f24c71b71cdd4be54e0721962a79",
         "3d43f24c71b71cdd4be54e0721962a79"},
        /* printf 'bob::\351t\351' | md5sum; printf 'bob::€' | md5sum */
        {"DIGEST-MD5", "bob", "\u00e9t\u00e9",
         "{DIGEST-MD5}5c91efeb97ec5f724f7deb127e952032",
         "5c91efeb97ec5f724f7deb127e952032"},
        {"DIGEST-MD5", "bob", "\u20ac", "{DIGEST-MD5}3190735e5cadd75f3c1e6cfcd3de7eb8",
         "3190735e5cadd75f3c1e6cfcd3de7eb8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct scheme *s = scheme_find(rows[i].scheme, strlen(rows[i].scheme));
        struct buf made = make(s, &cheap, rows[i].login, rows[i].password);
        struct verifier verifier = parse(&made);
        struct buf bytes = BUF_INIT, hex = BUF_INIT;

        assert_string_equal(made.data, rows[i].stored);
        verifier_challenge_secret(&verifier, &bytes);
        for (size_t j = 0; j < bytes.len; j++)
            buf_addf(&hex, "%02x", (unsigned char)bytes.data[j]);
        assert_string_equal(buf_str(&hex), rows[i].hex);
        secret_finish(&made);
        secret_finish(&bytes);
        secret_finish(&hex);
    }
}

static void *one_thread(void *arg)
{
    const struct scheme *scheme = arg;

    for (int i = 0; i < 3; i++) {
        struct buf made = make(scheme, &cheap, LOGIN, "secret");

        if (scheme_uses(scheme) & SCHEME_PASSWORD &&
            (check(&made, "secret") != ANSWER_YES ||
             check(&made, "sekret") != ANSWER_NO))
            return arg;
        secret_finish(&made);
    }
    return NULL;
}

/* All schemes at once from threads of their own. */
static void test_threads(void **state)
{
    pthread_t threads[32];
    size_t count = 0;

    (void)state;
    for (const struct scheme *s = scheme_next(NULL); s != NULL; s = scheme_next(s)) {
        if (scheme_makes(s))
            assert_int_equal(pthread_create(&threads[count++], NULL, one_thread,
                                            (void *)(uintptr_t)s),
                             0);
    }
    for (size_t i = 0; i < count; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),          cmocka_unit_test(test_registry),
        cmocka_unit_test(test_make_and_check), cmocka_unit_test(test_make_refuses),
        cmocka_unit_test(test_long_passwords), cmocka_unit_test(test_outdated),
        cmocka_unit_test(test_costs_are_kept), cmocka_unit_test(test_costs_check),
        cmocka_unit_test(test_make_up),        cmocka_unit_test(test_make_up_costs),
        cmocka_unit_test(test_make_up_length), cmocka_unit_test(test_challenge_secret),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
