/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT_DIGITS_MAX = 6 }; /* a million weeks are enough for anybody */

void when_format(int64_t seconds, char *out, size_t size)
{
    time_t when = (time_t)seconds;
    struct tm tm;

    if (localtime_r(&when, &tm) == NULL || strftime(out, size, "%F %T %z", &tm) == 0)
        snprintf(out, size, "%" PRId64, seconds);
}

/* "30d" in seconds; false: it is something else. */
static bool distance_read(const char *text, int64_t *seconds_r)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > COUNT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text[digits] == units[i].letter && text[digits + 1] == '\0') {
            *seconds_r = atol(text) * units[i].seconds;
            return true;
        }
    }
    return false;
}

/* Has the text the digits, and nothing else, where the form has a 0? */
static bool form_fits(const char *text, const char *form)
{
    if (strlen(text) != strlen(form))
        return false;
    for (; *form != '\0'; form++, text++) {
        if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
            return false;
    }
    return true;
}

/* A day that there is not, such as February 30, comes back from mktime() as another. */
static bool moment_make(struct tm *tm, int64_t *seconds_r)
{
    const struct tm wanted = *tm;
    time_t when;

    tm->tm_isdst = -1;
    when = mktime(tm);
    *seconds_r = (int64_t)when;
    return when != (time_t)-1 && tm->tm_year == wanted.tm_year &&
           tm->tm_mon == wanted.tm_mon && tm->tm_mday == wanted.tm_mday;
}

/* A day alone is its end, or its beginning. */
static bool date_read(const char *text, bool end, int64_t *seconds_r)
{
    struct tm tm = {.tm_year = atoi(text) - 1900,
                    .tm_mon = atoi(text + 5) - 1,
                    .tm_mday = atoi(text + 8),
                    .tm_hour = end ? 23 : 0,
                    .tm_min = end ? 59 : 0,
                    .tm_sec = end ? 59 : 0};

    if (text[10] != '\0') {
        tm.tm_hour = atoi(text + 11);
        tm.tm_min = atoi(text + 14);
        tm.tm_sec = 0;
        if (tm.tm_hour > 23 || tm.tm_min > 59)
            return false;
    }
    return moment_make(&tm, seconds_r);
}

bool when_read(const char *text, int64_t now, int64_t *seconds_r, const char **why_r)
{
    if (text[0] == '+'
            ? !distance_read(text + 1, seconds_r)
            : !form_fits(text, "0000-00-00") && !form_fits(text, "0000-00-00 00:00")) {
        *why_r = "expected YYYY-MM-DD, \"YYYY-MM-DD HH:MM\" or +NUMBER with h, d or w";
        return false;
    }
    if (text[0] == '+')
        *seconds_r += now;
    else if (!date_read(text, true, seconds_r)) {
        *why_r = "there is no such day or time";
        return false;
    }
    if (*seconds_r <= now) {
        *why_r = "that is not ahead of us";
        return false;
    }
    return true;
}

bool when_read_past(const char *text, int64_t now, bool end, int64_t *seconds_r,
                    const char **why_r)
{
    const bool day = form_fits(text, "0000-00-00");
    int64_t distance;

    if (!day && !form_fits(text, "0000-00-00 00:00")) {
        if (distance_read(text + (*text == '-'), &distance)) {
            *seconds_r = now - distance;
            return true;
        }
        *why_r = "expected YYYY-MM-DD, \"YYYY-MM-DD HH:MM\" or a time ago: a number "
                 "with h, d or w";
        return false;
    }
    if (!date_read(text, end, seconds_r)) {
        *why_r = "there is no such day or time";
        return false;
    }
    return true;
}

void when_format_utc(int64_t seconds, char *out, size_t size)
{
    time_t when = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&when, &tm) == NULL || strftime(out, size, "%FT%TZ", &tm) == 0)
        snprintf(out, size, "%" PRId64, seconds);
}

bool when_read_utc(const char *text, int64_t *seconds_r)
{
    char again[WHEN_MAX];
    struct tm tm;

    if (!form_fits(text, "0000-00-00T00:00:00Z"))
        return false;
    tm = (struct tm){.tm_year = atoi(text) - 1900,
                     .tm_mon = atoi(text + 5) - 1,
                     .tm_mday = atoi(text + 8),
                     .tm_hour = atoi(text + 11),
                     .tm_min = atoi(text + 14),
                     .tm_sec = atoi(text + 17)};
    *seconds_r = (int64_t)timegm(&tm);
    when_format_utc(*seconds_r, again, sizeof again);
    return *seconds_r > 0 && strcmp(again, text) == 0;
}
