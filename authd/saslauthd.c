/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/saslauthd.h"

#include <string.h>

enum { LENGTH_SIZE = 2, STRINGS = 4 };

long saslauthd_read(const void *bytes, size_t len, struct saslauthd_request *request_r)
{
    struct saslauthd_string *const strings[STRINGS] = {
        &request_r->login, &request_r->password, &request_r->service,
        &request_r->realm};
    const unsigned char *p = bytes;
    size_t at = 0;

    for (size_t i = 0; i < STRINGS; i++) {
        size_t size;

        if (len - at < LENGTH_SIZE)
            return 0;
        size = (size_t)p[at] << 8 | p[at + 1];
        at += LENGTH_SIZE;
        /* Said before the rest is there: nobody has to keep what will be refused. */
        if (at + size + (STRINGS - 1 - i) * LENGTH_SIZE > SASLAUTHD_REQUEST_MAX)
            return -1;
        if (len - at < size)
            return 0;
        *strings[i] = (struct saslauthd_string){(const char *)p + at, size};
        at += size;
    }
    return (long)at;
}

size_t saslauthd_write(enum answer answer, unsigned char reply_r[SASLAUTHD_REPLY_MAX])
{
    const char *text = answer == ANSWER_YES ? "OK" : "NO";
    const size_t len = answer == ANSWER_UNKNOWN ? 0 : 2;

    reply_r[0] = 0;
    reply_r[1] = (unsigned char)len;
    memcpy(reply_r + LENGTH_SIZE, text, len);
    return LENGTH_SIZE + len;
}
