/* SPDX-License-Identifier: BSD-2-Clause */
/* charset.h - text in a named charset into UTF-8, by iconv. */
#ifndef SENDAS_MAIL_CHARSET_H
#define SENDAS_MAIL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
    CHARSET_NAME_MAX = 63, /* a longer name is of no charset */
    CHARSET_COUNT_MAX = 16 /* that are open at the same time; more is `full` */
};

/*
 * The converters that are open, since opening one costs more than using it. With
 * `count` 0 and `full` false it is a valid empty set. Not safe for two threads at once.
 */
struct charset_set {
    struct {
        char name[CHARSET_NAME_MAX + 1];
        void *converter; /* iconv_t; (iconv_t)-1: there is no such charset */
    } rows[CHARSET_COUNT_MAX];
    size_t count;
    bool full; /* a charset was named that there was no room for; sticky */
};

/* Closes the converters and leaves a valid empty set. */
void charset_set_finish(struct charset_set *set);

/*
 * Appends `len` bytes of the charset as UTF-8. Bytes that are invalid in it are left
 * out, since some programs do so; text of an unknown charset is appended as it stands,
 * and so is UTF-8. `bytes` is not changed; iconv(3) wants it so.
 */
void charset_convert(struct charset_set *set, const char *name, size_t name_len,
                     char *bytes, size_t len, struct buf *out);

#endif
