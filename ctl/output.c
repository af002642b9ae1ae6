/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

void harmless_add(struct buf *out, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, "\\");

        escape_text(out, text, len, SIZE_MAX);
        if (text[len] == '\0')
            return;
        buf_addc(out, '\\');
        text += len + 1;
    }
}

static void complaint_print(const char *text)
{
    struct buf line = BUF_INIT;

    harmless_add(&line, text);
    fprintf(stderr, "sendasctl: %s\n", line.failed ? "out of memory" : buf_str(&line));
    buf_finish(&line);
}

void complain(const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;

    va_start(ap, format);
    buf_addv(&text, format, ap);
    va_end(ap);
    complaint_print(buf_str(&text));
    buf_finish(&text);
}

void complain_lines(const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        if (len != 0)
            complain("%.*s", (int)len, text);
        text += len;
        text += *text == '\n';
    }
}

const char *shown(struct arena *arena, const char *text, size_t max)
{
    struct buf out = BUF_INIT;
    const char *copy = NULL;

    escape_text(&out, text, strlen(text), max);
    if (!out.failed)
        copy = arena_strdup(arena, buf_str(&out));
    buf_finish(&out);
    return copy != NULL ? copy : "?";
}

bool output_finish(void)
{
    int error = 0;

    errno = 0;
    if (ferror(stdout)) {
        /* Nobody has kept the reason; one byte more fails for the same. */
        error = EIO;
        clearerr(stdout);
        putchar('\n');
    }
    if (fflush(stdout) != 0)
        error = errno;
    if (fclose(stdout) != 0 && error == 0)
        error = errno;
    if (error == 0)
        return true;
    complain("the output could not be written: %s", strerror(error));
    return false;
}
