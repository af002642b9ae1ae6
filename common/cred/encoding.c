/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/encoding.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of a character, or -1. */
static int base64_value(enum encoding encoding, char c)
{
    const char *found;

    if (c == '.' && encoding == ENCODING_BASE64_ADAPTED)
        c = '+';
    found = c != '\0' ? strchr(alphabet, c) : NULL;
    return found != NULL ? (int)(found - alphabet) : -1;
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
        int value = base64_value(encoding, text[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
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

void encoding_base64_add(enum encoding encoding, const unsigned char *bytes, size_t len,
                         struct buf *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)bytes[i] << 16;

        if (n > 1)
            bits |= (uint32_t)bytes[i + 1] << 8;
        if (n > 2)
            bits |= bytes[i + 2];
        for (size_t j = 0; j < 4; j++) {
            char c = alphabet[bits >> (18 - 6 * j) & 63];

            if (c == '+' && encoding == ENCODING_BASE64_ADAPTED)
                c = '.';
            if (j <= n)
                buf_addc(out, c);
            else if (encoding == ENCODING_BASE64)
                buf_addc(out, '=');
        }
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
    for (size_t i = 0; i < len; i++)
        buf_addf(out, "%02x", bytes[i]);
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
