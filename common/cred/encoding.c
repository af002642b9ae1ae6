/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/encoding.h"

#include <stdint.h>
#include <string.h>

#include "base/secret.h"

enum { BASE64_GROUPS = 32 }; /* that are written at once */

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NO = 0x80 }; /* not of the alphabet */

/* The six bits of each character of ASCII. */
static const unsigned char base64_values[128] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, 62, NO, NO, NO, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60,
    61, NO, NO, NO, NO, NO, NO, NO, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
    11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO,
    NO, NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
    43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
};

/* The six bits of a character, or NO. */
static unsigned base64_value(enum encoding encoding, char c)
{
    if (c == '.' && encoding == ENCODING_BASE64_ADAPTED)
        c = '+';
    return (unsigned char)c < sizeof(base64_values) ? base64_values[(unsigned char)c]
                                                    : NO;
}

/* The length without its padding. false: the padding is not what it must be. */
static bool base64_unpad(enum encoding encoding, const char *text, size_t *len_io)
{
    size_t len = *len_io;
    size_t padding = 0;

    while (padding < 2 && len != 0 && text[len - 1] == '=') {
        len--;
        padding++;
    }
    *len_io = len;
    if (padding == 0 && encoding != ENCODING_BASE64)
        return true;
    return padding == (4 - len % 4) % 4;
}

bool encoding_base64_read(enum encoding encoding, const char *text, size_t len,
                          unsigned char *bytes, size_t room, size_t *len_r)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;

    if (!base64_unpad(encoding, text, &len) || len % 4 == 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned value = base64_value(encoding, text[i]);

        if (value == NO)
            return false;
        bits = bits << 6 | value;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (n == room)
            return false;
        bytes[n++] = (unsigned char)(bits >> held);
    }
    *len_r = n;
    return (bits & ((1U << held) - 1)) == 0;
}

/* The four characters of up to three bytes, padding among them. */
static void base64_group(const unsigned char *bytes, size_t n, char *chars)
{
    uint32_t bits = (uint32_t)bytes[0] << 16;

    if (n > 1)
        bits |= (uint32_t)bytes[1] << 8;
    if (n > 2)
        bits |= bytes[2];
    for (size_t i = 0; i < 4; i++)
        chars[i] = i <= n ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
}

void encoding_base64_add(enum encoding encoding, const unsigned char *bytes, size_t len,
                         struct buf *out)
{
    while (len != 0) {
        char chars[BASE64_GROUPS * 4];
        size_t used = 0;

        while (len != 0 && used < sizeof(chars)) {
            size_t n = len < 3 ? len : 3;

            base64_group(bytes, n, chars + used);
            used += encoding == ENCODING_BASE64 ? 4 : n + 1;
            bytes += n;
            len -= n;
        }
        for (size_t i = 0; i < used && encoding == ENCODING_BASE64_ADAPTED; i++) {
            if (chars[i] == '+')
                chars[i] = '.';
        }
        buf_add(out, chars, used);
        secret_wipe(chars, used);
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool encoding_hex_read(const char *text, size_t len, unsigned char *bytes, size_t room,
                       size_t *len_r)
{
    if (len % 2 != 0 || len / 2 > room)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]);
        int low = hex_value(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (unsigned char)(high << 4 | low);
    }
    *len_r = len / 2;
    return true;
}

void encoding_hex_add(const unsigned char *bytes, size_t len, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        const char pair[] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};

        buf_add(out, pair, sizeof(pair));
    }
}

bool encoding_number_read(const char **text_io, const char *end, unsigned most,
                          unsigned *number_r)
{
    const char *p = *text_io;
    unsigned number = 0;

    if (p == end || *p < '0' || *p > '9' ||
        (*p == '0' && end - p > 1 && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        unsigned digit = (unsigned)(*p - '0');

        if (number > most / 10 || number * 10 > most - digit)
            return false;
        number = number * 10 + digit;
    }
    *text_io = p;
    *number_r = number;
    return true;
}
