/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#define NO_CONVERTER ((iconv_t)-1)

void charset_set_finish(struct charset_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->rows[i].converter != NO_CONVERTER)
            iconv_close(set->rows[i].converter);
    }
    set->count = 0;
    set->full = false;
}

/*
 * Opens a converter. iconv_open() takes more than names ("//TRANSLIT", the current
 * locale for an empty one), so that only what can be a name gets to it.
 */
static iconv_t open_converter(const char *name)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789-_.:+")] != '\0' ||
        name[0] == '\0')
        return NO_CONVERTER;
    return iconv_open("UTF-8", name);
}

/* The converter of a charset, kept for the next time. */
static iconv_t find_converter(struct charset_set *set, const char *name,
                              size_t name_len)
{
    size_t i;

    if (name_len > CHARSET_NAME_MAX)
        return NO_CONVERTER;
    for (i = 0; i < set->count; i++) {
        if (strncasecmp(set->rows[i].name, name, name_len) == 0 &&
            set->rows[i].name[name_len] == '\0')
            return set->rows[i].converter;
    }
    if (i == CHARSET_COUNT_MAX) {
        set->full = true;
        return NO_CONVERTER;
    }
    memcpy(set->rows[i].name, name, name_len);
    set->rows[i].name[name_len] = '\0';
    set->rows[i].converter = open_converter(set->rows[i].name);
    set->count++;
    return set->rows[i].converter;
}

static bool is_utf8(const char *name, size_t len)
{
    return len == 5 && strncasecmp(name, "utf-8", 5) == 0;
}

/* Converts in pieces, and steps over each byte that is invalid. */
static void convert(iconv_t converter, char *in, size_t left, struct buf *out)
{
    char piece[1024];

    iconv(converter, NULL, NULL, NULL, NULL);
    while (left != 0) {
        char *p = piece;
        size_t before = left, room = sizeof(piece);
        size_t result = iconv(converter, &in, &left, &p, &room);
        int error = errno;

        buf_add(out, piece, (size_t)(p - piece));
        if (result != (size_t)-1)
            break;
        if (error == EILSEQ) {
            in++;
            left--;
        } else if (error != E2BIG || (left == before && p == piece)) {
            break; /* the last character is unfinished, or there is no progress */
        }
    }
    /* Some converters hold the last character back, for what may combine with it. */
    left = sizeof(piece);
    in = piece;
    iconv(converter, NULL, NULL, &in, &left);
    buf_add(out, piece, sizeof(piece) - left);
}

void charset_convert(struct charset_set *set, const char *name, size_t name_len,
                     char *bytes, size_t len, struct buf *out)
{
    iconv_t converter;

    /* UTF-8 is what most text is in, and whoever reads the result checks it anyway. */
    converter =
        is_utf8(name, name_len) ? NO_CONVERTER : find_converter(set, name, name_len);
    if (converter == NO_CONVERTER || len == 0) {
        buf_add(out, bytes, len);
        return;
    }
    convert(converter, bytes, len, out);
}
