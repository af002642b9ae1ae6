/* SPDX-License-Identifier: BSD-2-Clause */
/* service.h - the one state of the whole process: what is in force, what is in flight.
 */
#ifndef SENDAS_MILTER_SERVICE_H
#define SENDAS_MILTER_SERVICE_H

#include <stdbool.h>

#include "milter/runtime.h"
#include "prog/snapshot.h"

/*
 * libmilter's callbacks get no argument of ours before a connection has its session, so
 * this state is the process's. All calls but the first are safe from any thread.
 */

/* Puts `runtime` in force, for the first time, before there are threads. `inet` says
 * that the socket is no Unix socket. false: out of memory. */
bool service_start(struct runtime *runtime, bool inet);

/* The place of what is in force, for a reload; messages that began before keep what
 * they began with. */
struct snapshot *service_snapshot(void);

/* Is the MTA reached over TCP? */
bool service_inet(void);

/* Holds what is in force (struct runtime) until snapshot_release(). */
struct snapshot_ref *service_acquire(void);

/* A message began, and ended. service_message_begins() is false while the service
 * drains: the message must be put off. */
bool service_message_begins(void);
void service_message_ends(void);

/*
 * No new message from now on; waits until those in flight have ended, `timeout_ms`
 * milliseconds at most. Returns how many have not.
 */
unsigned service_drain(unsigned timeout_ms);

#endif
