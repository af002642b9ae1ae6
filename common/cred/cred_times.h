/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_times.h - how long a server takes to answer, for who is to seem to have asked
 * it.
 */
#ifndef SENDAS_CRED_CRED_TIMES_H
#define SENDAS_CRED_CRED_TIMES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { CRED_TIMES = 64 };

/* The last times that questions of one kind took, in microseconds. Any thread. */
struct cred_times {
    pthread_mutex_t lock;
    uint64_t taken[CRED_TIMES]; /* a ring */
    size_t next, count;
};

void cred_times_init(struct cred_times *times);
void cred_times_finish(struct cred_times *times);

/* A clock that nobody sets, in microseconds. */
uint64_t cred_times_now(void);

/* One more time. */
void cred_times_add(struct cred_times *times, uint64_t us);

/*
 * A time that such a question could have taken. Where they all take about the same, any
 * of them. Where they do not - passwords that the server has hashed in different ways -
 * one of those near a rank that a keyed hash of the login chooses, so that a login
 * which does not exist takes about the same time again, as one that does would. 0: none
 * is known.
 */
uint64_t cred_times_draw(struct cred_times *times, const struct buf *key,
                         const char *login);

/* Sleeps for what is left of `us` since `began`. */
void cred_times_wait(uint64_t began, uint64_t us);

#endif
