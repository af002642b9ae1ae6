/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz.h - what the fuzz targets share: the entry point and a check that always counts.
 */
#ifndef SENDAS_FUZZ_FUZZ_H
#define SENDAS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* One input; libFuzzer calls it, or replay.c does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert(3), in every build. */
#define MUST(condition)                                                                \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
            abort();                                                                   \
        }                                                                              \
    } while (0)

#endif
