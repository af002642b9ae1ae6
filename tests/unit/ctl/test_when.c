/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of ctl/when.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/when.h"

enum { NOW = 1700000000 }; /* 2023-11-14 22:13:20 UTC */

#define FORM "expected YYYY-MM-DD, \"YYYY-MM-DD HH:MM\" or +NUMBER with h, d or w"
#define DAY "there is no such day or time"
#define PAST "that is not ahead of us"

static const struct {
    const char *text;
    int64_t want;    /* seconds from NOW on */
    const char *why; /* instead */
} moments[] = {
    {"+1h", 3600, NULL},
    {"+30d", 30 * 86400, NULL},
    {"+2w", 14 * 86400, NULL},
    {"+999999w", 999999 * INT64_C(604800), NULL},
    {"2023-11-14", 6399, NULL}, /* the end of today */
    {"2023-11-14 22:14", 40, NULL},
    {"2024-02-29", 1709251199 - NOW, NULL},
    {"2038-01-19 03:15", INT64_C(2147483700) - NOW, NULL},
    {"2023-11-14 22:13", 0, PAST},
    {"2023-11-13", 0, PAST},
    {"1969-01-01", 0, PAST},
    {"+0d", 0, PAST},
    {"2023-02-29", 0, DAY},
    {"2024-13-01", 0, DAY},
    {"2024-00-10", 0, DAY},
    {"2024-01-32", 0, DAY},
    {"2024-01-10 24:00", 0, DAY},
    {"2024-01-10 10:60", 0, DAY},
    {"", 0, FORM},
    {"+", 0, FORM},
    {"+d", 0, FORM},
    {"+30", 0, FORM},
    {"+30m", 0, FORM},
    {"+30dd", 0, FORM},
    {"+-30d", 0, FORM},
    {"+1000000d", 0, FORM},
    {"30d", 0, FORM},
    {"2024-1-01", 0, FORM},
    {"2024-01-01 10:00:00", 0, FORM},
    {"2024-01-01T10:00", 0, FORM},
    {" 2024-01-01", 0, FORM},
    {"tomorrow", 0, FORM},
};

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        const char *why = NULL;
        int64_t seconds = 0;
        bool read = when_read(moments[i].text, NOW, &seconds, &why);

        if (read != (moments[i].why == NULL))
            fail_msg("\"%s\": %s", moments[i].text, read ? "was read" : why);
        if (read && seconds != NOW + moments[i].want)
            fail_msg("\"%s\": %lld, not %lld", moments[i].text, (long long)seconds,
                     (long long)(NOW + moments[i].want));
        if (!read)
            assert_string_equal(why, moments[i].why);
    }
}

static void test_format(void **state)
{
    char text[WHEN_MAX];

    (void)state;
    when_format(NOW, text, sizeof text);
    assert_string_equal(text, "2023-11-14 22:13:20 +0000");
    when_format(INT64_MAX, text, sizeof text); /* no year has it */
    assert_string_equal(text, "9223372036854775807");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_format),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
