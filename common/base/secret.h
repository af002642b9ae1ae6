/* SPDX-License-Identifier: BSD-2-Clause */
/* secret.h - bytes that nobody may find later, and comparing them without telling. */
#ifndef SENDAS_BASE_SECRET_H
#define SENDAS_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Overwrites memory in a way that no compiler leaves out. NULL is allowed when len is
 * 0. */
void secret_wipe(void *bytes, size_t len);

/* Overwrites all that the buf holds (its whole capacity), frees it, leaves it empty. */
void secret_finish(struct buf *buf);

/*
 * Appends to a buf that holds a secret: where more memory is needed the old memory is
 * wiped before it is freed, which buf_add() does not do.
 */
void secret_add(struct buf *buf, const void *bytes, size_t len);

/* Equal? The time depends on len alone. */
bool secret_equal(const void *a, const void *b, size_t len);

#endif
