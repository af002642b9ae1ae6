/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void secret_wipe(void *bytes, size_t len)
{
    if (len == 0)
        return;
#ifdef HAVE_EXPLICIT_BZERO
    explicit_bzero(bytes, len);
#else
    for (volatile unsigned char *p = bytes; len != 0; len--)
        *p++ = 0;
#endif
}

void secret_finish(struct buf *buf)
{
    secret_wipe(buf->data, buf->cap);
    buf_finish(buf);
}

/* Moves the content to memory that has room for `more` bytes and the closing NUL. */
static bool secret_grow(struct buf *buf, size_t more)
{
    size_t cap = buf->cap != 0 ? buf->cap : 64;
    char *data;

    if (more >= SIZE_MAX / 2 - buf->len)
        return false;
    while (cap <= buf->len + more)
        cap *= 2;
    data = malloc(cap);
    if (data == NULL)
        return false;
    if (buf->len != 0)
        memcpy(data, buf->data, buf->len);
    secret_wipe(buf->data, buf->cap);
    free(buf->data);
    buf->data = data;
    buf->cap = cap;
    return true;
}

void secret_add(struct buf *buf, const void *bytes, size_t len)
{
    if (buf->failed)
        return;
    if (buf->cap <= len || buf->cap - len <= buf->len) {
        if (!secret_grow(buf, len)) {
            buf->failed = true;
            return;
        }
    }
    if (len != 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

bool secret_equal(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *x = a;
    const volatile unsigned char *y = b;
    unsigned char differ = 0;

    for (size_t i = 0; i < len; i++)
        differ |= (unsigned char)(x[i] ^ y[i]);
    return differ == 0;
}
