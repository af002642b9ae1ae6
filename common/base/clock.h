/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h - the clock that only goes on, for ages and deadlines. */
#ifndef SENDAS_BASE_CLOCK_H
#define SENDAS_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: good for differences alone. */
int64_t clock_ms(void);

#endif
