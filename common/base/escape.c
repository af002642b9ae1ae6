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

/* How many bytes at `p` stand for themselves, whatever is around them. */
static size_t plain_len(const char *p, size_t len)
{
    size_t n = 0;

    while (n < len && p[n] >= 0x20 && p[n] < 0x7f && p[n] != '\\' && p[n] != '"')
        n++;
    return n;
}

static void escape_bytes(struct buf *out, const char *bytes, size_t len, size_t max,
                         bool quoted)
{
    size_t use = len < max ? len : max;
    size_t i = 0;

    while (i < use) {
        size_t plain = plain_len(bytes + i, use - i);
        size_t n;

        buf_add(out, bytes + i, plain);
        i += plain;
        if (i == use)
            break;
        n = printable_len(bytes + i, use - i);
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

/* How many bytes at `p` can stand in a token without quotes and as they are. */
static size_t token_len(const char *p, size_t len)
{
    size_t n = 0;

    while (n < len && p[n] > 0x20 && p[n] < 0x7f && p[n] != '"' && p[n] != ',' &&
           p[n] != '=' && p[n] != '\\')
        n++;
    return n;
}

static bool token_needs_quotes(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == ' ' || bytes[i] == '"' || bytes[i] == ',' || bytes[i] == '=')
            return true;
    }
    return len == 0;
}

void escape_token(struct buf *out, const char *bytes, size_t len, size_t max)
{
    bool quote;

    /* Nearly every value of a log line is such a word. */
    if (len != 0 && len <= max && token_len(bytes, len) == len) {
        buf_add(out, bytes, len);
        return;
    }
    quote = token_needs_quotes(bytes, len);
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

void escape_json(struct buf *out, const char *text, size_t len)
{
    size_t i = 0;

    buf_addc(out, '"');
    while (i < len) {
        size_t plain = plain_len(text + i, len - i);
        unsigned char byte;
        ucs4_t uc;
        int n;

        buf_add(out, text + i, plain);
        i += plain;
        if (i == len)
            break;
        byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\') {
            buf_addf(out, "\\%c", byte);
            i++;
        } else if (byte < 0x80) {
            buf_addf(out, "\\u%04x", byte);
            i++;
        } else {
            n = u8_mbtoucr(&uc, (const uint8_t *)text + i, len - i);
            if (n > 0)
                buf_add(out, text + i, (size_t)n);
            else
                buf_adds(out, "\\ufffd");
            i += n > 0 ? (size_t)n : 1;
        }
    }
    buf_addc(out, '"');
}
