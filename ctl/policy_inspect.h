/* SPDX-License-Identifier: BSD-2-Clause */
/* policy_inspect.h - rules that decide nothing and settings that undo each other. */
#ifndef SENDAS_CTL_POLICY_INSPECT_H
#define SENDAS_CTL_POLICY_INSPECT_H

#include "base/buf.h"
#include "conf/conf.h"

/*
 * Appends a line "FILE:LINE: ..." to *problems for each rule that is never reached, and
 * for each setting that has no effect where it stands or that lets pass what nobody can
 * want. What cannot be told from the file alone is not told.
 */
void policy_inspect(const struct conf *conf, struct buf *problems);

#endif
