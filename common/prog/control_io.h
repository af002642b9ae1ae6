/* SPDX-License-Identifier: BSD-2-Clause */
/* control_io.h - reading and writing until a moment, for both ends of control.h. */
#ifndef SENDAS_PROG_CONTROL_IO_H
#define SENDAS_PROG_CONTROL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* How long one connection may take; `until` as of clock_ms(). */
struct control_io {
    int fd;      /* non-blocking */
    int wake_fd; /* readable: give up; -1: nobody wakes */
    int64_t until;
};

/* Waits for the events of poll(2). false: errno says why, ETIMEDOUT or ECANCELED. */
bool control_wait(const struct control_io *io, short events);

/* Writes all. false: errno. */
bool control_write(const struct control_io *io, const void *bytes, size_t len);

/*
 * Appends what comes until the other end closes, or (`line`) until there is a line end in it. false:
 * errno; EMSGSIZE when it would be more than `max` bytes.
 */
bool control_read(const struct control_io *io, bool line, size_t max, struct buf *out);

#endif
