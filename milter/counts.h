/* SPDX-License-Identifier: BSD-2-Clause */
/* counts.h - how many messages were decided how, and why, since the start. */
#ifndef SENDAS_MILTER_COUNTS_H
#define SENDAS_MILTER_COUNTS_H

#include "base/buf.h"
#include "policy/verdict.h"

/* Counts a decision, once for each message. Without a lock, from any thread. */
void counts_add(const struct verdict *verdict);

/*
 * Appends two lines, each of `name=count` parted by blanks, without what never
 * happened: "decisions", by action, in monitor mode by what it would have been
 * ("would-reject"); and "reasons", by the first violation ("lookup-failed" where no
 * lookup was answered and nothing else was wrong).
 */
void counts_tell(struct buf *out);

#endif
