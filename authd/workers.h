/* SPDX-License-Identifier: BSD-2-Clause */
/* workers.h - threads that take requests from a bounded queue. */
#ifndef SENDAS_AUTHD_WORKERS_H
#define SENDAS_AUTHD_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authd/request.h"
#include "base/buf.h"

struct workers;

/*
 * Starts `threads` threads, each of which calls run() for one request after the other,
 * but not for one that was answered while it waited. NULL: one line in *error_r.
 */
struct workers *workers_create(size_t threads, size_t queue,
                               void (*run)(struct request *request),
                               struct buf *error_r);

/* Queues the request, which it then holds. false: the queue is full. */
bool workers_add(struct workers *workers, struct request *request);

/* For how many milliseconds no request was taken, though some are waiting. */
int64_t workers_stuck(struct workers *workers, int64_t now);

/*
 * Ends the threads when they are through with the queue, and frees all, if that takes
 * no longer than `ms` milliseconds. false: a thread is stuck; everything stays, and the
 * process can only end by _exit(2). NULL is allowed.
 */
bool workers_finish(struct workers *workers, unsigned ms);

#endif
