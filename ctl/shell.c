/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/shell.h"

#include <stdint.h>
#include <string.h>

#include "base/escape.h"

/* Is each byte one that stands for itself on a terminal? escape_text() doubles
 * backslashes and changes nothing else that is harmless. */
static bool is_readable(const char *text)
{
    struct buf escaped = BUF_INIT;
    size_t backslashes = 0;
    bool readable;

    for (const char *p = text; *p != '\0'; p++)
        backslashes += *p == '\\';
    escape_text(&escaped, text, strlen(text), SIZE_MAX);
    readable = !escaped.failed && escaped.len == strlen(text) + backslashes;
    buf_finish(&escaped);
    return readable;
}

bool shell_word_add(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789@%_+:,./-";

    if (!is_readable(text))
        return false;
    if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        buf_adds(out, text);
        return true;
    }
    buf_addc(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *text);
    }
    buf_addc(out, '\'');
    return true;
}
