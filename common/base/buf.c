/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf)BUF_INIT;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Makes room for `more` bytes and the closing NUL. */
static bool buf_reserve(struct buf *buf, size_t more)
{
    size_t cap = buf->cap != 0 ? buf->cap : 64;
    char *data;

    if (buf->failed)
        return false;
    if (more >= SIZE_MAX / 2 - buf->len) {
        buf->failed = true;
        return false;
    }
    if (buf->cap > buf->len + more)
        return true;
    while (cap <= buf->len + more)
        cap *= 2;
    data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    if (!buf_reserve(buf, len))
        return;
    if (len != 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *s)
{
    buf_add(buf, s, strlen(s));
}

void buf_addc(struct buf *buf, char c)
{
    if (!buf_reserve(buf, 1))
        return;
    buf->data[buf->len++] = c;
    buf->data[buf->len] = '\0';
}

void buf_addv(struct buf *buf, const char *format, va_list ap)
{
    va_list again;
    size_t room;
    int need;

    if (!buf_reserve(buf, 64))
        return;
    room = buf->cap - buf->len;
    va_copy(again, ap);
    need = vsnprintf(buf->data + buf->len, room, format, again);
    va_end(again);
    /* A second pass only where the text did not fit. */
    if (need < 0 || !buf_reserve(buf, (size_t)need))
        buf->failed = true;
    else if ((size_t)need >= room)
        vsnprintf(buf->data + buf->len, (size_t)need + 1, format, ap);
    if (!buf->failed)
        buf->len += (size_t)need;
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    buf_addv(buf, format, ap);
    va_end(ap);
}

void buf_cut(struct buf *buf, size_t len)
{
    if (len < buf->len) {
        buf->len = len;
        buf->data[len] = '\0';
    }
}

const char *buf_str(const struct buf *buf)
{
    return buf->data != NULL && !buf->failed ? buf->data : "";
}
