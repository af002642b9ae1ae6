/* SPDX-License-Identifier: BSD-2-Clause */
/* endpoint.h - the text of a listening address, read into its parts (pure). */
#ifndef SENDAS_CONF_ENDPOINT_H
#define SENDAS_CONF_ENDPOINT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

enum endpoint_kind { ENDPOINT_UNIX, ENDPOINT_INET, ENDPOINT_INET6 };

struct endpoint {
    enum endpoint_kind kind;
    const char *path;    /* of a Unix socket, absolute; NULL for the others */
    const char *address; /* numeric, without brackets; NULL for a Unix socket */
    unsigned port;       /* 1 to 65535; 0 for a Unix socket */
};

/*
 * Reads "unix:PATH" ("local:PATH" means the same), "inet:PORT@ADDRESS" or
 * "inet6:PORT@ADDRESS"; PATH is absolute and short enough for a socket, ADDRESS is
 * numeric (or "localhost"), with or without brackets. The strings of the result live in
 * `arena`. On false *error_r gets what was expected, as in "expected unix:PATH, ...".
 */
bool endpoint_parse(const char *text, struct arena *arena, struct endpoint *endpoint_r,
                    struct buf *error_r);

/*
 * Appends the endpoint as smfi_setconn() of libmilter takes it: "unix:PATH",
 * "inet:PORT@[ADDRESS]" or "inet6:PORT@[ADDRESS]".
 */
void endpoint_format(const struct endpoint *endpoint, struct buf *out);

#endif
