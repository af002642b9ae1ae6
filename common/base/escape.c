/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

/* Length of the printable character at `p`, 0 if the byte there must be escaped. */
static size_t printable_len(const char *p, size_t len)
{
    ucs4_t uc;
    int n;

    if ((unsigned char)*p < 0x80)
        return *p >= 0x20 && *p < 0x7f ? 1 : 0;
    n = u8_mbtoucr(&uc, (const uint8_t *)p, len);
    if (n <= 0)
        return 0;
    return uc_is_general_category_withtable(
               uc, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N |
                       UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_S)
               ? (size_t)n
               : 0;
}

static void escape_bytes(struct buf *out, const char *bytes, size_t len, size_t max,
                         bool quoted)
{
    size_t use = len < max ? len : max;
    size_t i = 0;

    while (i < use) {
        size_t n = printable_len(bytes + i, use - i);

        if (n == 0)
            buf_addf(out, "\\x%02x", (unsigned char)bytes[i++]);
        else if (bytes[i] == '\\' || (quoted && bytes[i] == '"'))
            buf_addf(out, "\\%c", bytes[i++]);
        else {
            buf_add(out, bytes + i, n);
            i += n;
        }
    }
    if (use < len)
        buf_adds(out, "...");
}

void escape_text(struct buf *out, const char *bytes, size_t len, size_t max)
{
    escape_bytes(out, bytes, len, max, false);
}

void escape_token(struct buf *out, const char *bytes, size_t len, size_t max)
{
    bool quote = len == 0;

    for (size_t i = 0; i < len && !quote; i++)
        quote = memchr(" \",=", bytes[i], 4) != NULL;
    if (quote)
        buf_addc(out, '"');
    escape_bytes(out, bytes, len, max, quote);
    if (quote)
        buf_addc(out, '"');
}

void escape_reply(struct buf *out, const char *bytes, size_t len, size_t max)
{
    size_t use = len < max ? len : max;

    for (size_t i = 0; i < use; i++)
        buf_addc(out, bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '?');
    if (use < len)
        buf_adds(out, "...");
}
