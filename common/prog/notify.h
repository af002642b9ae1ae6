/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.h - tells a service manager how the service is (the sd_notify(3) protocol). */
#ifndef SENDAS_PROG_NOTIFY_H
#define SENDAS_PROG_NOTIFY_H

/*
 * Each sends one datagram to NOTIFY_SOCKET, and does nothing when that is not set or
 * cannot be reached. The environment is read and must not change meanwhile. The
 * protocol is documented as stable and this small, so libsystemd is not needed for it.
 */

/* The service answers; also the end of a reload. */
void notify_ready(void);

/* A reload has begun; end it with notify_ready(). */
void notify_reloading(void);

/* The service is ending. */
void notify_stopping(void);

/*
 * How often the service manager wants to hear that the service is alive, in
 * milliseconds: half of the time after which it would give the service up. 0: not at
 * all.
 */
unsigned notify_watchdog_interval(void);

/* The service is alive; to be told by what would stop when it is not. */
void notify_watchdog(void);

#endif
