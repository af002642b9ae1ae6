/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <string.h>

#include "authd/throttle.h"

enum { IPV4_BYTES = 4, IPV6_BYTES = 16 };

/* Clears all bits behind the first `prefix`. */
static void bytes_mask(uint8_t *bytes, size_t len, unsigned prefix)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned left = prefix > 8 * i ? prefix - (unsigned)(8 * i) : 0;

        if (left < 8)
            bytes[i] &= (uint8_t)(0xff00U >> left);
    }
}

struct network network_of(const char *address, const struct conf_guessing *limits)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t loopback[IPV6_BYTES] = {[15] = 1};
    const struct network none = {0};
    struct network network = none;
    uint8_t six[IPV6_BYTES];

    if (inet_pton(AF_INET, address, network.bytes) == 1) {
        network.family = 4;
    } else if (inet_pton(AF_INET6, address, six) == 1) {
        network.family = memcmp(six, mapped, sizeof mapped) == 0 ? 4 : 6;
        if (network.family == 4)
            memcpy(network.bytes, six + sizeof mapped, IPV4_BYTES);
        else
            memcpy(network.bytes, six, IPV6_BYTES);
    }
    if (network.family == 0 || (network.family == 4 && network.bytes[0] == 127) ||
        (network.family == 6 && memcmp(network.bytes, loopback, IPV6_BYTES) == 0))
        return none;
    network.prefix =
        (uint8_t)(network.family == 4 ? limits->ipv4_prefix : limits->ipv6_prefix);
    bytes_mask(network.bytes, network.family == 4 ? IPV4_BYTES : IPV6_BYTES,
               network.prefix);
    return network;
}

void network_format(const struct network *network, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];

    if (network->family == 0 || inet_ntop(network->family == 4 ? AF_INET : AF_INET6,
                                          network->bytes, text, sizeof text) == NULL)
        return;
    buf_addf(out, "%s/%u", text, network->prefix);
}
