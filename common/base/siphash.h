/* SPDX-License-Identifier: BSD-2-Clause */
/* siphash.h - a keyed hash of short strings: nobody without the key can make
 * collisions.
 */
#ifndef SENDAS_BASE_SIPHASH_H
#define SENDAS_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * SipHash-2-4 of Aumasson and Bernstein, 64 bits. Each half of the key is one of its
 * little-endian words.
 */
uint64_t siphash(const uint64_t key[2], const void *bytes, size_t len);

#endif
