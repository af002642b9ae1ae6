/* SPDX-License-Identifier: BSD-2-Clause */
/* saslauthd.h - the messages of the saslauthd protocol: bytes <-> structs (pure). */
#ifndef SENDAS_AUTHD_SASLAUTHD_H
#define SENDAS_AUTHD_SASLAUTHD_H

#include <stddef.h>

#include "base/answer.h"

/*
 * A request is four strings, each behind its length in 16 bits (big endian): login,
 * password, service, realm. A reply is one such string of which libsasl reads the first
 * two bytes, "OK" or "NO"; an empty one is an error to it, which is the one way to say
 * that the question could not be answered. (Closing without a reply says the same, but
 * makes libsasl lose a descriptor.)
 */
enum { SASLAUTHD_REQUEST_MAX = 8192, SASLAUTHD_REPLY_MAX = 4 }; /* bytes in all */

struct saslauthd_string {
    const char *bytes; /* any value; no NUL behind them */
    size_t len;
};

struct saslauthd_request {
    struct saslauthd_string login, password, service, realm;
};

/*
 * Reads a request from the first `len` bytes received. Returns how many bytes it took,
 * 0 when more are needed, -1 when this can never become a request. The strings point
 * into `bytes`.
 */
long saslauthd_read(const void *bytes, size_t len, struct saslauthd_request *request_r);

/* Writes the reply; returns its size. */
size_t saslauthd_write(enum answer answer, unsigned char reply_r[SASLAUTHD_REPLY_MAX]);

#endif
