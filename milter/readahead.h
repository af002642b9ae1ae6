/* SPDX-License-Identifier: BSD-2-Clause */
/* readahead.h - fewer system calls below libmilter. */
#ifndef SENDAS_MILTER_READAHEAD_H
#define SENDAS_MILTER_READAHEAD_H

/*
 * Begins to buffer what libmilter reads from and writes to the connections that it
 * accepts from now on. Once, before smfi_main(). Without the call, or when it finds no
 * memory, everything works as libmilter has it.
 */
void readahead_start(void);

#endif
