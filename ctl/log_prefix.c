/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/log_prefix.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/log_entry.h"

/* What is left of the line. */
struct rest {
    const char *text;
    size_t len;
};

static void rest_skip(struct rest *rest, size_t len)
{
    rest->text += len;
    rest->len -= len;
}

/* The length of the word that the rest begins with. */
static size_t word_len(const struct rest *rest)
{
    const char *blank = memchr(rest->text, ' ', rest->len);

    return blank != NULL ? (size_t)(blank - rest->text) : rest->len;
}

/* Skips a word of this many bytes and the blanks behind it. */
static void word_skip(struct rest *rest, size_t len)
{
    rest_skip(rest, len);
    while (rest->len != 0 && *rest->text == ' ')
        rest_skip(rest, 1);
}

static bool word_is(const struct rest *rest, const char *word)
{
    const size_t len = strlen(word);

    return word_len(rest) == len && memcmp(rest->text, word, len) == 0;
}

static size_t digits_len(const struct rest *rest)
{
    size_t n = 0;

    while (n < rest->len && rest->text[n] >= '0' && rest->text[n] <= '9')
        n++;
    return n;
}

/* --- times --- */

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static int month_find(const struct rest *rest)
{
    for (int i = 0; rest->len > 3 && i < 12; i++) {
        if (memcmp(rest->text, months + (size_t)3 * (size_t)i, 3) == 0)
            return i;
    }
    return -1;
}

/* Of the years that it may have been, the last in which it is not ahead of us. */
static int64_t year_guess(int64_t now, struct tm *tm)
{
    const time_t today = (time_t)now;
    struct tm here, try;
    int64_t seconds;

    localtime_r(&today, &here);
    for (int year = here.tm_year + 1;; year--) {
        try = *tm;
        try.tm_year = year;
        try.tm_isdst = -1;
        seconds = (int64_t)mktime(&try);
        if (seconds <= now + 86400 || year < here.tm_year - 1)
            return seconds;
    }
}

/* "Nov 26 10:50:00", with the second apart: all lines of a minute are converted once.
 */
static bool bsd_time_read(struct log_clock *clock, struct rest *rest,
                          int64_t *seconds_r)
{
    static const char form[] = "Mmm dd hh:mm:ss";
    const char *text = rest->text;
    const int month = month_find(rest);
    size_t len = sizeof(form) - 1;
    struct tm tm = {.tm_mon = month};

    if (month < 0 || rest->len <= len || text[3] != ' ' || text[6] != ' ' ||
        text[9] != ':' || text[12] != ':')
        return false;
    if (memcmp(clock->last, text, 13) != 0) {
        tm.tm_mday = atoi(text + 4);
        tm.tm_hour = atoi(text + 7);
        tm.tm_min = atoi(text + 10);
        clock->last_seconds = year_guess(clock->now, &tm);
        memcpy(clock->last, text, 13);
    }
    *seconds_r = clock->last_seconds + atoi(text + 13);
    if (text[len] == '.') {
        for (len++; len < rest->len && text[len] >= '0' && text[len] <= '9'; len++)
            ;
    }
    rest_skip(rest, len);
    return true;
}

/* The name of a zone, such as CEST: it is taken for the local one. (For a host in
 * capitals it makes no difference: that is skipped as well.) */
static void zone_skip(struct rest *rest)
{
    size_t n = 1;

    while (n < rest->len && rest->text[n] >= 'A' && rest->text[n] <= 'Z')
        n++;
    if (n > 3 && n < rest->len && rest->text[0] == ' ' && rest->text[n] == ' ')
        rest_skip(rest, n);
}

/* "2026-11-26T10:50:00+00:00", or what journalctl prints: a blank for the T, and the
 * name of a zone behind it. */
static bool iso_time_read(struct rest *rest, int64_t *seconds_r)
{
    char copy[40];
    const size_t copied = rest->len < sizeof(copy) - 1 ? rest->len : sizeof(copy) - 1;
    bool apart;
    size_t len;

    if (copied < 20)
        return false;
    memcpy(copy, rest->text, copied);
    copy[copied] = '\0';
    apart = copy[10] == ' ';
    if (apart)
        copy[10] = 'T';
    len = log_time_read(copy, copied, seconds_r);
    if (len == 0)
        return false;
    if (strncmp(copy + len, " UTC ", 5) == 0) {
        copy[len] = 'Z';
        log_time_read(copy, len + 1, seconds_r);
        len += 4;
    }
    rest_skip(rest, len);
    if (apart)
        zone_skip(rest);
    return true;
}

/* "1764154200.123456" */
static bool unix_time_read(struct rest *rest, int64_t *seconds_r)
{
    const size_t len = digits_len(rest);

    if (len < 9 || len > 12 || len >= rest->len || rest->text[len] != '.')
        return false;
    *seconds_r = atoll(rest->text);
    rest_skip(rest, len + 1);
    rest_skip(rest, digits_len(rest));
    return true;
}

/* The name of a day stands before the date in one form of journalctl. */
static void day_skip(struct rest *rest)
{
    static const char days[] = "MonTueWedThuFriSatSun";

    for (size_t i = 0; rest->len > 4 && i < 7; i++) {
        if (memcmp(rest->text, days + 3 * i, 3) == 0 && rest->text[3] == ' ') {
            rest_skip(rest, 4);
            return;
        }
    }
}

static bool time_read(struct log_clock *clock, struct rest *rest, int64_t *seconds_r)
{
    struct rest behind = *rest;

    day_skip(&behind);
    if (!bsd_time_read(clock, &behind, seconds_r) &&
        !iso_time_read(&behind, seconds_r) && !unix_time_read(&behind, seconds_r))
        return false;
    if (behind.len == 0 || *behind.text != ' ')
        return false;
    word_skip(&behind, 0);
    *rest = behind;
    return true;
}

/* --- who wrote it --- */

/* Skips "sendas-milter[PID]: ". */
static bool program_skip(struct rest *rest)
{
    static const char name[] = LOG_PROGRAM;
    const size_t len = sizeof(name) - 1;
    struct rest behind = *rest;

    if (rest->len <= len || memcmp(rest->text, name, len) != 0)
        return false;
    rest_skip(&behind, len);
    if (*behind.text == '[') {
        rest_skip(&behind, 1);
        rest_skip(&behind, digits_len(&behind));
        if (behind.len == 0 || *behind.text != ']')
            return false;
        rest_skip(&behind, 1);
    }
    if (behind.len < 2 || memcmp(behind.text, ": ", 2) != 0)
        return false;
    rest_skip(&behind, 2);
    *rest = behind;
    return true;
}

/* Behind "<PRI>1 " of RFC 5424: TIME HOST APP PID MSGID DATA, then the text. */
static bool rfc5424_skip(struct log_clock *clock, struct rest *rest, int64_t *seconds_r)
{
    if (!time_read(clock, rest, seconds_r))
        return false;
    word_skip(rest, word_len(rest));
    if (!word_is(rest, LOG_PROGRAM))
        return false;
    for (int i = 0; i < 3; i++)
        word_skip(rest, word_len(rest));
    if (!word_is(rest, "-"))
        return false; /* structured data: whoever adds it is not the milter */
    word_skip(rest, 1);
    return true;
}

/* "<22>" */
static bool priority_skip(struct rest *rest)
{
    struct rest behind = *rest;

    if (behind.len < 3 || *behind.text != '<')
        return false;
    rest_skip(&behind, 1);
    rest_skip(&behind, digits_len(&behind));
    if (behind.len == 0 || *behind.text != '>')
        return false;
    rest_skip(&behind, 1);
    *rest = behind;
    return true;
}

bool log_prefix_strip(struct log_clock *clock, const char **text, size_t *len,
                      bool *timed_r, int64_t *seconds_r)
{
    struct rest rest = {*text, *len};
    bool ours;

    *timed_r = false;
    if (priority_skip(&rest) && rest.len > 2 && memcmp(rest.text, "1 ", 2) == 0) {
        rest_skip(&rest, 2);
        ours = *timed_r = rfc5424_skip(clock, &rest, seconds_r);
    } else {
        *timed_r = time_read(clock, &rest, seconds_r);
        ours = program_skip(&rest);
        if (!ours && rest.len != 0 && *rest.text != '{' && *timed_r) {
            word_skip(&rest, word_len(&rest)); /* the host */
            ours = program_skip(&rest);
        } else if (!ours) {
            ours = true; /* nobody's name: as journalctl -o cat prints it */
        }
    }
    *text = rest.text;
    *len = rest.len;
    return ours;
}
