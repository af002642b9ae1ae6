/* SPDX-License-Identifier: BSD-2-Clause */
/* buf.h - a growable byte string whose memory failures are checked once, at the end. */
#ifndef SENDAS_BASE_BUF_H
#define SENDAS_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * All bytes are allowed, NUL too; one NUL more always follows `data`, outside `len`.
 * Once memory runs out `failed` stays set, further additions do nothing, and the
 * content must not be used. A zeroed struct (BUF_INIT) is a valid empty buf.
 */
struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

#define BUF_INIT                                                                       \
    {                                                                                  \
        NULL, 0, 0, false                                                              \
    }

/* Frees the memory and leaves a valid empty buf. */
void buf_finish(struct buf *buf);

/* Empties the buf, clears `failed`, keeps the memory for the next use. */
void buf_clear(struct buf *buf);

/* Append: `len` bytes; a string; one byte; formatted as by printf(3). */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_adds(struct buf *buf, const char *s);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *buf, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Cuts the content back to its first `len` bytes (no effect if it is shorter). */
void buf_cut(struct buf *buf, size_t len);

/*
 * The content as a string, valid until the next change of the buf; "" when it is empty
 * or has failed. Never NULL.
 */
const char *buf_str(const struct buf *buf);

#endif
