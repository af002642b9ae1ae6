/* SPDX-License-Identifier: BSD-2-Clause */
/* pidfile.h - a locked file with the daemon's process id: one daemon a file. */
#ifndef SENDAS_PROG_PIDFILE_H
#define SENDAS_PROG_PIDFILE_H

#include <stdbool.h>

#include "base/buf.h"

struct pidfile;

/*
 * Creates and locks the file and writes the id of this process (so: after
 * daemon_start()). `path` is copied. The lock lasts until pidfile_destroy() or the end
 * of the process, and does not go to programs that it runs. NULL: one line in *error_r,
 * as when another process holds the lock, or the path is a symbolic link or no regular
 * file.
 */
struct pidfile *pidfile_create(const char *path, struct buf *error_r);

/* Empties the file, removes it if it is still ours and may be removed. NULL is allowed.
 */
void pidfile_destroy(struct pidfile *pidfile);

#endif
