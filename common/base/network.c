/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/network.h"

#include <arpa/inet.h>
#include <string.h>

enum { V4_BITS = 32, V6_BITS = 128, MAPPED_BITS = 96, ADDRESS_LEN_MAX = 45 };

static const unsigned char mapped[MAPPED_BITS / 8] = {0, 0, 0, 0, 0,    0,
                                                      0, 0, 0, 0, 0xff, 0xff};

bool ip_parse(const char *text, struct ip *ip_r)
{
    memset(ip_r, 0, sizeof *ip_r);
    if (inet_pton(AF_INET6, text, ip_r->bytes) == 1) {
        ip_r->v4 = memcmp(ip_r->bytes, mapped, sizeof mapped) == 0;
        return true;
    }
    memcpy(ip_r->bytes, mapped, sizeof mapped);
    ip_r->v4 = true;
    return inet_pton(AF_INET, text, ip_r->bytes + sizeof mapped) == 1;
}

/* Decimal without sign and leading zeros, up to `max`. */
static bool bits_parse(const char *text, unsigned max, unsigned *bits_r)
{
    const size_t len = strlen(text);

    *bits_r = 0;
    if (len == 0 || len > 3 || strspn(text, "0123456789") != len ||
        (text[0] == '0' && len > 1))
        return false;
    for (; *text != '\0'; text++)
        *bits_r = *bits_r * 10 + (unsigned)(*text - '0');
    return *bits_r <= max;
}

/* Clears what stands behind the first `bits`. */
static void ip_mask(struct ip *ip, unsigned bits)
{
    for (unsigned i = bits; i < V6_BITS; i++)
        ip->bytes[i / 8] &= (unsigned char)~(0x80u >> (i % 8));
}

/* Says what the network would be with its bits cleared. */
static void add_expected_first(const struct ip *ip, bool mapped_form, unsigned bits,
                               struct buf *why)
{
    char text[INET6_ADDRSTRLEN];
    const bool dotted = ip->v4 && !mapped_form;

    if (inet_ntop(dotted ? AF_INET : AF_INET6, ip->bytes + (dotted ? sizeof mapped : 0),
                  text, sizeof text) != NULL)
        buf_addf(why, "expected %s/%u, as bits behind the first %u are set", text, bits,
                 bits);
}

bool network_parse(const char *text, struct network *network_r, struct buf *why_r)
{
    const char *slash = strchr(text, '/');
    const size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    const bool colons = memchr(text, ':', len) != NULL;
    const unsigned max = colons ? V6_BITS : V4_BITS;
    char address[ADDRESS_LEN_MAX + 1];
    struct ip masked;
    unsigned bits = max;

    if (len > ADDRESS_LEN_MAX) {
        buf_adds(why_r, "expected an IPv4 or IPv6 address");
        return false;
    }
    memcpy(address, text, len);
    address[len] = '\0';
    if (!ip_parse(address, &network_r->first)) {
        buf_adds(why_r, "expected an IPv4 or IPv6 address, with /BITS for a network");
        return false;
    }
    if (slash != NULL && !bits_parse(slash + 1, max, &bits)) {
        buf_addf(why_r, "expected a number from 0 to %u behind the /", max);
        return false;
    }
    network_r->bits = colons ? bits : MAPPED_BITS + bits;
    masked = network_r->first;
    ip_mask(&masked, network_r->bits);
    if (memcmp(masked.bytes, network_r->first.bytes, sizeof masked.bytes) != 0) {
        add_expected_first(&masked, colons, bits, why_r);
        return false;
    }
    return true;
}

static bool same_bits(const struct ip *a, const struct ip *b, unsigned bits)
{
    const unsigned whole = bits / 8;

    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return bits % 8 == 0 ||
           ((a->bytes[whole] ^ b->bytes[whole]) & (0xff00u >> (bits % 8)) & 0xff) == 0;
}

bool network_has(const struct network *network, const struct ip *ip)
{
    return network->first.v4 == ip->v4 && same_bits(&network->first, ip, network->bits);
}

bool network_within(const struct network *inner, const struct network *outer)
{
    return inner->bits >= outer->bits && network_has(outer, &inner->first);
}
