/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/caret.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/escape.h"
#include "ctl/table.h"

/* Columns shown before and after the caret. */
enum { BEFORE_COLUMNS = 36, AFTER_COLUMNS = 34 };

/* The columns that a part of the field takes once it is printable. */
static size_t shown_width(const char *bytes, size_t len)
{
    struct buf shown = BUF_INIT;
    size_t width;

    escape_text(&shown, bytes, len, SIZE_MAX);
    width = text_width(buf_str(&shown), shown.len);
    buf_finish(&shown);
    return width;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Where to begin, so that what stands before `at` fits; never inside a character. */
static size_t window_start(const char *field, size_t at)
{
    size_t start = at;

    while (start > 0) {
        size_t before = start - 1;

        while (before > 0 && start - before < 4 && is_continuation(field[before]))
            before--;
        if (shown_width(field + before, at - before) > BEFORE_COLUMNS)
            break;
        start = before;
    }
    return start;
}

static size_t window_end(const char *field, size_t len, size_t at)
{
    size_t end = at;

    while (end < len) {
        size_t after = end + 1;

        while (after < len && after - end < 4 && is_continuation(field[after]))
            after++;
        if (shown_width(field + at, after - at) > AFTER_COLUMNS)
            break;
        end = after;
    }
    return end;
}

void caret_format(struct buf *out, int indent, const char *field, size_t len, size_t at,
                  const char *expected)
{
    size_t stop = at < len ? at : len;
    size_t start = window_start(field, stop);
    size_t end = window_end(field, len, stop);
    size_t column = shown_width(field + start, stop - start) + (start > 0 ? 3 : 0);

    buf_addf(out, "%*s%s", indent, "", start > 0 ? "..." : "");
    escape_text(out, field + start, stop - start, SIZE_MAX);
    escape_text(out, field + stop, end - stop, SIZE_MAX);
    buf_addf(out, "%s\n%*s^ ", end < len ? "..." : "", indent + (int)column, "");
    if (expected != NULL)
        buf_addf(out, "expected %s\n", expected);
    else
        buf_adds(out, "reading stopped here\n");
}
