/* SPDX-License-Identifier: BSD-2-Clause */
/* handout.h - how many connections libmilter's pool of threads serves at once. */
#ifndef SENDAS_MILTER_HANDOUT_H
#define SENDAS_MILTER_HANDOUT_H

#include <poll.h>
#include <stddef.h>

typedef int handout_poll_fn(struct pollfd *fds, nfds_t count, int timeout);

/*
 * poll(2) for the one thread of libmilter that waits for all connections that are not
 * being served: fds[1..count), with the pool's pipe in front, count > 1. It starts a
 * thread for each that is ready when no thread is idle, so it is told of no more ready
 * ones than should be served; the others stay ready for the next call. `open`: how many
 * connections there are, those being served included. Result and errno are poll()'s.
 */
int handout_poll(handout_poll_fn *libc_poll, struct pollfd *fds, nfds_t count,
                 int timeout, size_t open);

#endif
