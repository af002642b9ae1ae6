/* SPDX-License-Identifier: BSD-2-Clause */
/* source_sasldb.c - the secrets of Cyrus SASL, as db_dump prints its Berkeley DB. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "ctl/source.h"

static const char beginning[] = "VERSION=";

/* A walk over the dump's lines. */
struct dump {
    char *at;
    unsigned line; /* that of what dump_line() gave last */
    bool hex;      /* format=bytevalue, not format=print */
};

bool source_sasldb_known(const char *text)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* The next line as a string, NULL at the end. */
static char *dump_line(struct dump *dump)
{
    char *line = dump->at;
    size_t len = strcspn(line, "\n");

    if (*line == '\0')
        return NULL;
    dump->at += len + (line[len] == '\n');
    line[len] = '\0';
    dump->line++;
    return line;
}

static bool dump_fail(const struct dump *dump, const char *what, struct buf *error_r)
{
    buf_addf(error_r, "%u: %s", dump->line, what);
    return false;
}

static bool header_read(struct dump *dump, struct buf *error_r)
{
    const char *line = dump_line(dump);
    bool known = false;

    if (line == NULL || !source_sasldb_known(line))
        return dump_fail(dump,
                         "this is not what db_dump prints: expected VERSION=", error_r);
    while ((line = dump_line(dump)) != NULL && strcmp(line, "HEADER=END") != 0) {
        if (strncmp(line, "format=", 7) != 0)
            continue;
        dump->hex = strcmp(line, "format=bytevalue") == 0;
        known = dump->hex || strcmp(line, "format=print") == 0;
    }
    if (line == NULL || !known)
        return dump_fail(dump,
                         "expected format=print or format=bytevalue, and "
                         "HEADER=END",
                         error_r);
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

/* Two hex digits; -1: they are none. */
static int hex_byte(const char *text)
{
    int high = hex_digit(text[0]);
    int low = high >= 0 ? hex_digit(text[1]) : -1;

    return low >= 0 ? high << 4 | low : -1;
}

/* Decodes one item in place; a NUL is put behind it. -1: it cannot be decoded. */
static long item_decode(const struct dump *dump, char *line)
{
    char *out = line;
    const char *at = line + 1;

    if (line[0] != ' ')
        return -1;
    while (*at != '\0') {
        int byte = (unsigned char)*at;
        size_t used = 1;

        if (dump->hex) {
            byte = hex_byte(at);
            used = 2;
        } else if (*at == '\\' && at[1] == '\\') {
            used = 2;
        } else if (*at == '\\') {
            byte = hex_byte(at + 1);
            used = 3;
        }
        if (byte < 0)
            return -1;
        *out++ = (char)byte;
        at += used;
    }
    *out = '\0';
    return out - line;
}

/*
 * Takes the key apart: login NUL realm NUL property. Makes "login@realm" of the first
 * two, in place.
 */
static const char *key_read(char *key, size_t len, struct source_row *row)
{
    char *realm = memchr(key, '\0', len);
    char *property =
        realm != NULL ? memchr(realm + 1, '\0', len - (size_t)(realm + 1 - key)) : NULL;

    if (property == NULL)
        return "expected a login, a realm and a property";
    property++;
    row->fields[FIELD_LOGIN] = key;
    if (strlen(property) != len - (size_t)(property - key))
        return "expected a login, a realm and a property";
    if (realm[1] != '\0')
        *realm = '@';
    if (strcmp(property, "userPassword") != 0)
        row->left_out = "no password but another secret";
    return NULL;
}

/* One pair of key and value. */
static void pair_read(const struct dump *dump, char *key, char *value,
                      struct source_row *row_r)
{
    long key_len = item_decode(dump, key);
    long value_len = item_decode(dump, value);

    if (key_len < 0 || value_len < 0) {
        row_r->wrong = "an item that cannot be decoded";
        return;
    }
    row_r->wrong = key_read(key, (size_t)key_len, row_r);
    row_r->fields[FIELD_PASSWORD] = value;
    if (row_r->wrong != NULL || row_r->left_out != NULL)
        return;
    if (value_len == 0)
        row_r->left_out = "without a password";
    else if (strlen(value) != (size_t)value_len)
        row_r->wrong = "a password holds no NUL byte";
}

bool source_sasldb(struct source *source, struct buf *error_r)
{
    struct dump dump = {.at = source->text};
    char *key, *value;

    if (!header_read(&dump, error_r))
        return false;
    while ((key = dump_line(&dump)) != NULL && strcmp(key, "DATA=END") != 0) {
        struct source_row row = {.line = dump.line};
        bool more;

        value = dump_line(&dump);
        if (value == NULL)
            break;
        pair_read(&dump, key, value, &row);
        more = source->visit(&row, source->arg);
        secret_wipe(value, strlen(value));
        if (!more)
            return false;
    }
    /* Cut short, it would be a part of the accounts that looks like all of them. */
    if (key == NULL || strcmp(key, "DATA=END") != 0)
        return dump_fail(&dump, "expected DATA=END: the dump is not whole", error_r);
    return true;
}
