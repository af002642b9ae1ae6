/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of sendas-authd and what the schemes themselves know, compared. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "conf/conf_authd.h"
#include "conf/conf_table.h"
#include "cred/scheme.h"

#define COST(name)                                                                     \
    {                                                                                  \
#name, offsetof(struct scheme_costs, name)                                     \
    }

static const struct {
    const char *name;
    size_t offset;
} costs[] = {
    COST(scram_iterations), COST(pbkdf2_iterations), COST(argon2_memory),
    COST(argon2_passes),    COST(argon2_lanes),      COST(bcrypt_cost),
    COST(yescrypt_cost),    COST(sha_crypt_rounds),
};

static void check_allowed(const char *name, size_t offset, int value)
{
    struct scheme_costs changed = scheme_costs_default;
    struct buf error = BUF_INIT;

    *(unsigned *)((char *)&changed + offset) = (unsigned)value;
    if (!scheme_costs_check(&changed, &error))
        fail_msg("%s: %s", name, buf_str(&error));
    buf_finish(&error);
}

/* What a setting allows the schemes allow, and the defaults are the same. */
static void test_costs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        const struct conf_row *row =
            conf_row_find(&conf_kind_authd, NULL, costs[i].name);
        const char *const field = (const char *)&scheme_costs_default + costs[i].offset;

        assert_non_null(row);
        check_allowed(row->name, costs[i].offset, row->min);
        check_allowed(row->name, costs[i].offset, row->max);
        if ((unsigned)atoi(row->initial) != *(const unsigned *)(const void *)field)
            fail_msg("%s: the default is %s, that of the schemes %u", row->name,
                     row->initial, *(const unsigned *)(const void *)field);
    }
}

static void test_schemes(void **state)
{
    const struct conf_row *row = conf_row_find(&conf_kind_authd, NULL, "schemes");
    const struct scheme *scheme = scheme_find(row->initial, strlen(row->initial));

    (void)state;
    assert_non_null(scheme);
    assert_true(scheme_makes(scheme));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_schemes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
