/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/encoded_word.h"

#include <stdbool.h>

/* Longer than the name of any charset with a language behind it. */
enum { CHARSET_MAX = 64 };

/* What may stand in the name of a charset (RFC 2978 2.3, and the '*' of RFC 2231 5). */
static bool is_charset_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.' || c == ':' || c == '+' || c == '*';
}

size_t encoded_word_head(const char *bytes, size_t len, struct encoded_word *word_r)
{
    size_t i = 2;

    if (len < 6 || bytes[0] != '=' || bytes[1] != '?')
        return 0;
    while (i < len && i < 2 + CHARSET_MAX && is_charset_byte(bytes[i]))
        i++;
    if (i == 2 || i + 2 >= len || bytes[i] != '?' || bytes[i + 2] != '?')
        return 0;
    word_r->charset = bytes + 2;
    word_r->charset_len = i - 2;
    for (size_t j = 2; j < i; j++) {
        if (bytes[j] == '*') {
            word_r->charset_len = j - 2;
            break;
        }
    }
    switch (bytes[i + 1]) {
    case 'b':
    case 'B':
        word_r->encoding = 'b';
        break;
    case 'q':
    case 'Q':
        word_r->encoding = 'q';
        break;
    default:
        return 0;
    }
    return i + 3;
}
