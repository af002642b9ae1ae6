/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/cred_entries.c: what was noted is found for its time, as long as
 * there is room, and nothing else is. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cred/cred_entries.h"

enum { TTL_MS = 60000, MANY = 100000, LAST = 1000 };

struct rig {
    struct cred_entries *entries;
    struct arena arena;
};

static int setup(void **state)
{
    static struct rig rig;

    rig = (struct rig){.entries = cred_entries_create(TTL_MS)};
    assert_non_null(rig.entries);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    cred_entries_destroy(rig->entries);
    arena_finish(&rig->arena);
    return 0;
}

static const char *find(struct rig *rig, const char *login, const char **name_r)
{
    return cred_entries_find(rig->entries, login, &rig->arena, name_r);
}

static void test_note(void **state)
{
    struct rig *rig = *state;
    const int64_t now = clock_ms();
    const char *name;

    assert_null(find(rig, "a@x", &name));
    cred_entries_note(rig->entries, "a@x", "uid=a,dc=x", "alice@x", now);
    cred_entries_note(rig->entries, "b@x", "uid=b,dc=x", "b@x", now);
    assert_string_equal(find(rig, "a@x", &name), "uid=a,dc=x");
    assert_string_equal(name, "alice@x");
    assert_null(find(rig, "a@", &name));
    assert_null(find(rig, "alice@x", &name));
    cred_entries_note(rig->entries, "a@x", "uid=other,dc=x", "other@x", now);
    assert_string_equal(find(rig, "a@x", &name), "uid=other,dc=x");
    assert_string_equal(name, "other@x");
    cred_entries_forget(rig->entries, "a@x");
    cred_entries_forget(rig->entries, "c@x");
    assert_null(find(rig, "a@x", &name));
    assert_string_equal(find(rig, "b@x", &name), "uid=b,dc=x");
}

static void test_time(void **state)
{
    struct rig *rig = *state;
    const int64_t now = clock_ms();
    const char *name;

    cred_entries_note(rig->entries, "a@x", "uid=a", "a@x", now - TTL_MS);
    assert_null(find(rig, "a@x", &name));
    cred_entries_note(rig->entries, "a@x", "uid=a", "a@x", now - TTL_MS / 2);
    assert_non_null(find(rig, "a@x", &name));
}

/* Of more than there is room for the last ones are there, and each is its own. */
static void test_many(void **state)
{
    struct rig *rig = *state;
    const int64_t first = clock_ms() - TTL_MS / 2;
    char login[30], dn[30];
    const char *name;
    size_t found = 0;

    for (int i = 0; i < MANY; i++) {
        snprintf(login, sizeof(login), "u%d@x", i);
        snprintf(dn, sizeof(dn), "uid=u%d", i);
        cred_entries_note(rig->entries, login, dn, login, first + i / 100);
    }
    for (int i = 0; i < MANY; i++) {
        const char *got;

        snprintf(login, sizeof(login), "u%d@x", i);
        snprintf(dn, sizeof(dn), "uid=u%d", i);
        got = find(rig, login, &name);
        if (got != NULL) {
            assert_string_equal(got, dn);
            assert_string_equal(name, login);
            found += i >= MANY - LAST;
        }
        arena_reset(&rig->arena);
    }
    assert_true(found >= LAST * 99 / 100);
}

/* What is too long is not noted, and harms nothing. */
static void test_long(void **state)
{
    struct rig *rig = *state;
    char dn[5000];
    const char *name;

    memset(dn, 'x', sizeof(dn) - 1);
    dn[sizeof(dn) - 1] = '\0';
    cred_entries_note(rig->entries, "a@x", "uid=a", "a@x", clock_ms());
    cred_entries_note(rig->entries, "b@x", dn, "b@x", clock_ms());
    assert_null(find(rig, "b@x", &name));
    assert_non_null(find(rig, "a@x", &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_note, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
