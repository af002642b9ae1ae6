/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *const expected =
    "expected unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS";

static const struct {
    const char *prefix;
    enum endpoint_kind kind;
} kinds[] = {
    {"unix:", ENDPOINT_UNIX},
    {"local:", ENDPOINT_UNIX},
    {"inet:", ENDPOINT_INET},
    {"inet6:", ENDPOINT_INET6},
};

static bool parse_path(const char *text, struct endpoint *endpoint_r,
                       struct buf *error_r)
{
    const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (text[0] != '/') {
        buf_adds(error_r, "expected an absolute path after unix:");
        return false;
    }
    if (text[strlen(text) - 1] == '/') {
        buf_adds(error_r, "expected the path of a socket, not of a directory");
        return false;
    }
    if (strlen(text) > max) {
        buf_addf(error_r, "expected a path of at most %zu bytes", max);
        return false;
    }
    endpoint_r->path = text;
    return true;
}

/* Digits only, so that neither a sign nor a service name gets through. */
static bool parse_port(const char *text, size_t len, unsigned *port_r)
{
    unsigned port = 0;

    if (len == 0 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    *port_r = port;
    return port >= 1 && port <= 65535;
}

/* The address without brackets, "localhost" made numeric; NULL if it is none. */
static const char *parse_address(const char *text, struct arena *arena, int family)
{
    unsigned char binary[sizeof(struct in6_addr)];
    size_t len = strlen(text);
    const char *address;

    if (strcmp(text, "localhost") == 0)
        text = family == AF_INET ? "127.0.0.1" : "::1", len = strlen(text);
    else if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
        text++, len -= 2;
    address = arena_strndup(arena, text, len);
    if (address == NULL || inet_pton(family, address, binary) != 1)
        return NULL;
    return address;
}

static bool parse_inet(const char *text, struct arena *arena,
                       struct endpoint *endpoint_r, struct buf *error_r)
{
    const bool six = endpoint_r->kind == ENDPOINT_INET6;
    const char *at = strchr(text, '@');

    if (at == NULL) {
        buf_adds(error_r, expected);
        return false;
    }
    if (!parse_port(text, (size_t)(at - text), &endpoint_r->port)) {
        buf_adds(error_r, "expected a port from 1 to 65535 before the @");
        return false;
    }
    endpoint_r->address = parse_address(at + 1, arena, six ? AF_INET6 : AF_INET);
    if (endpoint_r->address == NULL) {
        buf_addf(error_r, "expected a numeric %s address after the @",
                 six ? "IPv6" : "IPv4");
        return false;
    }
    return true;
}

bool endpoint_parse(const char *text, struct arena *arena, struct endpoint *endpoint_r,
                    struct buf *error_r)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t len = strlen(kinds[i].prefix);
        const char *rest;

        if (strncmp(text, kinds[i].prefix, len) != 0)
            continue;
        *endpoint_r = (struct endpoint){.kind = kinds[i].kind};
        rest = arena_strdup(arena, text + len);
        if (rest == NULL) {
            buf_adds(error_r, "out of memory");
            return false;
        }
        if (endpoint_r->kind == ENDPOINT_UNIX)
            return parse_path(rest, endpoint_r, error_r);
        return parse_inet(rest, arena, endpoint_r, error_r);
    }
    buf_adds(error_r, expected);
    return false;
}

void endpoint_format(const struct endpoint *endpoint, struct buf *out)
{
    if (endpoint->kind == ENDPOINT_UNIX)
        buf_addf(out, "unix:%s", endpoint->path);
    else
        buf_addf(out, "%s:%u@[%s]", endpoint->kind == ENDPOINT_INET ? "inet" : "inet6",
                 endpoint->port, endpoint->address);
}
