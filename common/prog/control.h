/* SPDX-License-Identifier: BSD-2-Clause */
/* control.h - a local socket on which root asks a running daemon for something. */
#ifndef SENDAS_PROG_CONTROL_H
#define SENDAS_PROG_CONTROL_H

#include <stdbool.h>

#include "base/buf.h"
#include "prog/identity.h"

/*
 * The protocol, one question a connection: a line "COMMAND" or "COMMAND ARGUMENT" goes
 * in, lines "NAME=VALUE" or "NAME ..." come out, and the last one is "ok" or "error
 * TEXT". A reply without such a last line is not complete.
 */
enum {
    CONTROL_REQUEST_MAX = 2048, /* bytes of the line */
    CONTROL_REPLY_MAX = 1048576
};

/* One row a command; the table ends with a NULL name. */
struct control_command {
    const char *name;
    bool takes_argument; /* may have one */
    /*
     * Appends the lines of the reply, each with its line end. `argument` is what a
     * client sent, without control bytes; NULL: nothing. false: one line in *error_r.
     */
    bool (*run)(const char *argument, struct buf *reply_r, struct buf *error_r);
};

struct control;

/*
 * Makes the socket: mode 0600, owned by `owner` when the process is root. To be called
 * before identity_assume() and before there are threads; `commands` is borrowed. NULL:
 * one line in *error_r.
 */
struct control *control_open(const char *path, const struct identity *owner,
                             const struct control_command *commands,
                             struct buf *error_r);

/*
 * Starts the thread that answers, one client after the other: root and the process's
 * own user, whom it waits for two seconds at most. false: one line in *error_r.
 */
bool control_start(struct control *control, struct buf *error_r);

/* Ends the thread and removes the socket. NULL is allowed. */
void control_destroy(struct control *control);

/*
 * The other end: sends `request` to the daemon that listens at `path` and takes its
 * reply, without the last line. false: one line in *error_r, what the daemon says or
 * why it cannot be asked.
 */
bool control_ask(const char *path, const char *request, unsigned timeout_ms,
                 struct buf *reply_r, struct buf *error_r);

#endif
