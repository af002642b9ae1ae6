/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/filter.h"

#include <stdbool.h>
#include <string.h>

/* As \hh, which both grammars have. */
static void filter_hex(struct buf *out, char c)
{
    buf_addf(out, "\\%02x", (unsigned char)c);
}

static bool filter_printable(char c)
{
    return c >= ' ' && c <= '~';
}

void filter_escape(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];

        if (!filter_printable(c) || memchr("*()\\", c, 4) != NULL)
            filter_hex(out, c);
        else
            buf_addc(out, c);
    }
}

void filter_escape_dn(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        bool edge = i == 0 || i + 1 == len;

        if (!filter_printable(c) || memchr("\"+,;<=>\\", c, 8) != NULL ||
            (c == ' ' && edge) || (c == '#' && i == 0))
            filter_hex(out, c);
        else
            buf_addc(out, c);
    }
}
