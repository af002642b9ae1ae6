/* SPDX-License-Identifier: BSD-2-Clause */
/* source_passwd.c - the files with a line an account and colons between the fields. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/source.h"

enum {
    LINE_LOGIN,
    LINE_HASH,
    SHADOW_EXPIRE = 7, /* days since 1970 */
    PASSWD_EXTRA = 7,
    LINE_FIELDS = 9,
    SECONDS_OF_DAY = 86400
};

/* What the formats do not share: looks at the fields behind the hash. */
typedef bool line_disabled(char *const fields[], int64_t now);

/* Cuts the line into fields; those that are not there are NULL, the last has the rest.
 */
static void line_split(char *line, char *fields_r[LINE_FIELDS], size_t max)
{
    for (size_t i = 0; i < LINE_FIELDS; i++) {
        char *colon = line != NULL && i + 1 < max ? strchr(line, ':') : NULL;

        fields_r[i] = line;
        if (colon != NULL)
            *colon++ = '\0';
        line = colon;
    }
}

/*
 * The hash without the marks of a locked account (passwd(1) puts "!" in front, others
 * "*"). "" when there is none at all.
 */
static const char *hash_unlock(const char *hash, bool *locked_r)
{
    size_t marks = strspn(hash, "!*");

    *locked_r = marks != 0;
    hash += marks;
    /* "!!", "*LK*", "!x" and the like. */
    if (marks != 0 && hash[0] != '$' && hash[0] != '{' && hash[0] != '_')
        return "";
    return strcmp(hash, "x") == 0 ? "" : hash;
}

static void row_read(char *line, size_t fields_max, line_disabled *disabled,
                     int64_t now, struct source_row *row_r)
{
    char *fields[LINE_FIELDS];
    bool locked = false;

    line_split(line, fields, fields_max);
    row_r->fields[FIELD_LOGIN] = fields[LINE_LOGIN];
    if (fields[LINE_HASH] == NULL) {
        row_r->wrong = "expected LOGIN:HASH";
        return;
    }
    row_r->fields[FIELD_VERIFIER] = hash_unlock(fields[LINE_HASH], &locked);
    if (row_r->fields[FIELD_VERIFIER][0] == '\0')
        row_r->left_out = "without a password";
    row_r->fields[FIELD_DISABLED] =
        locked || (disabled != NULL && disabled(fields, now)) ? "yes" : "no";
}

static bool lines_read(struct source *source, size_t fields_max,
                       line_disabled *disabled)
{
    char *at = source->text;

    for (unsigned line = 1; *at != '\0'; line++) {
        struct source_row row = {.line = line};
        size_t len = strcspn(at, "\n");
        char *next = at + len + (at[len] == '\n');

        if (len != 0 && at[len - 1] == '\r')
            len--;
        at[len] = '\0';
        if (len != 0 && at[0] != '#') {
            row_read(at, fields_max, disabled, source->now, &row);
            if (!source->visit(&row, source->arg))
                return false;
        }
        at = next;
    }
    return true;
}

/* "userdb_quota=1G nologin allow_nets=10.0.0.0/8" */
static bool passwd_disabled(char *const fields[], int64_t now)
{
    static const char word[] = "nologin";
    const char *extra = fields[PASSWD_EXTRA];

    (void)now;
    while (extra != NULL && *extra != '\0') {
        size_t len = strcspn(extra, " \t");

        if (strncmp(extra, word, strlen(word)) == 0 &&
            (len == strlen(word) || extra[strlen(word)] == '='))
            return true;
        extra += len;
        extra += strspn(extra, " \t");
    }
    return false;
}

bool source_passwd_file(struct source *source, struct buf *error_r)
{
    (void)error_r;
    /* The last of eight fields may hold colons. */
    return lines_read(source, PASSWD_EXTRA + 1, passwd_disabled);
}

static bool shadow_disabled(char *const fields[], int64_t now)
{
    const char *expire = fields[SHADOW_EXPIRE];

    return expire != NULL && expire[0] >= '0' && expire[0] <= '9' &&
           strtoll(expire, NULL, 10) <= now / SECONDS_OF_DAY;
}

bool source_shadow(struct source *source, struct buf *error_r)
{
    (void)error_r;
    return lines_read(source, LINE_FIELDS, shadow_disabled);
}

bool source_htpasswd(struct source *source, struct buf *error_r)
{
    (void)error_r;
    return lines_read(source, LINE_FIELDS, NULL);
}
