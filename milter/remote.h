/* SPDX-License-Identifier: BSD-2-Clause */
/* remote.h - what sendasctl asks of the running milter. */
#ifndef SENDAS_MILTER_REMOTE_H
#define SENDAS_MILTER_REMOTE_H

#include "prog/control.h"

/*
 * "status": lines version=, pid=, configured= (when the configuration was read, in
 * seconds since 1970), and for each cached map "cache NAME=COUNT ... map=SPEC", where
 * the names are those of cache_count_rows. "flush" and "flush ADDRESS": a line flushed=
 * with the number of answers that were forgotten. Once the service has started.
 */
extern const struct control_command remote_commands[];

#endif
