/* SPDX-License-Identifier: BSD-2-Clause */
/* network.h - IP addresses and networks in CIDR form, read strictly and compared. */
#ifndef SENDAS_BASE_NETWORK_H
#define SENDAS_BASE_NETWORK_H

#include <stdbool.h>

#include "base/buf.h"

/* An address; an IPv4 one, and one mapped into IPv6 (::ffff:192.0.2.1), is the same. */
struct ip {
    unsigned char bytes[16]; /* in network order; IPv4 as mapped */
    bool v4;
};

/* All addresses of one family that begin with the same bits. */
struct network {
    struct ip first;
    unsigned bits; /* of `first.bytes`, so that an IPv4 network has 96 or more */
};

/*
 * Reads a numeric address: dotted decimal with four numbers, none with a leading zero,
 * or RFC 4291 2.2; no blanks, brackets, zone, port. false: it is none.
 */
bool ip_parse(const char *text, struct ip *ip_r);

/*
 * Reads ADDRESS/BITS or an address alone, a network of one. A mistake, such as bits of
 * the address that are set behind the prefix, is false with what was expected in
 * *why_r.
 */
bool network_parse(const char *text, struct network *network_r, struct buf *why_r);

/* Is the address in the network? ::/0 holds no IPv4 address. */
bool network_has(const struct network *network, const struct ip *ip);

/* Is each address of `inner` in `outer`, too? */
bool network_within(const struct network *inner, const struct network *outer);

#endif
