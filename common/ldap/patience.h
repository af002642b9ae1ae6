/* SPDX-License-Identifier: BSD-2-Clause */
/* patience.h - how long one is ready to wait: until when, and unless called off. */
#ifndef SENDAS_LDAP_PATIENCE_H
#define SENDAS_LDAP_PATIENCE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* All times are milliseconds of CLOCK_MONOTONIC. */
struct patience {
    int64_t until;
    const atomic_bool *called_off; /* true: it ends early; NULL: it does not */
};

/* Whoever waits looks at called_off so often. */
enum { PATIENCE_SLICE_MS = 100 };

int64_t patience_now(void);

/* What is left, 0 or more; 0 when called off. */
int64_t patience_left(const struct patience *patience);

/*
 * poll(2) for one descriptor: 1: ready (or broken: the next system call tells); 0: the
 * patience is at its end; -1: errno.
 */
int patience_poll(const struct patience *patience, int fd, short events);

/* Until when to wait before looking again, of CLOCK_MONOTONIC. false: the patience is
 * at its end. */
bool patience_slice_end(const struct patience *patience, struct timespec *end_r);

/* A condition variable for patience_wait() (which needs CLOCK_MONOTONIC). */
void patience_cond_init(pthread_cond_t *cond);

/* Waits for the signal, a slice at most: the caller looks at its condition again
 * anyhow. false: the patience is at its end. */
bool patience_wait(const struct patience *patience, pthread_cond_t *cond,
                   pthread_mutex_t *lock);

#endif
