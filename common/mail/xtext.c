/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/xtext.h"

#include <stdbool.h>
#include <string.h>

/* The value of an upper-case hexadecimal digit, as RFC 3461 has them; -1: it is none.
 */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes in place; false when it is no xtext. */
static bool decode(const char *text, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        int high, low;

        if (text[i] <= ' ' || text[i] > '~' || text[i] == '=')
            return false;
        if (text[i] != '+') {
            *out++ = text[i];
            continue;
        }
        high = i + 1 < len ? hex_value(text[i + 1]) : -1;
        low = i + 2 < len ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return false;
        *out++ = (char)(high * 16 + low);
        i += 2;
    }
    *out = '\0';
    return true;
}

const char *xtext_decode(const char *text, struct arena *arena)
{
    const size_t len = strlen(text);
    char *out;

    if (len > XTEXT_MAX)
        return arena_strndup(arena, text, XTEXT_MAX);
    out = arena_alloc(arena, len + 1);
    if (out == NULL || decode(text, len, out))
        return out;
    return arena_strdup(arena, text);
}
