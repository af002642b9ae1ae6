/* SPDX-License-Identifier: BSD-2-Clause */
/* wire_client.h - asking sendas-authd, every step within one deadline. */
#ifndef SENDAS_WIRE_WIRE_CLIENT_H
#define SENDAS_WIRE_WIRE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/wire.h"

/*
 * A connection that stays open between questions and is made anew when it broke, when
 * the daemon was restarted, or when this process is another than the one that made it
 * (a fork). A zeroed struct is a valid one without a connection. One thread at a time.
 */
struct wire_client {
    int fd_plus_one; /* 0: none */
    pid_t owner;
    dev_t device; /* with the inode: is the descriptor still ours? */
    ino_t inode;
    unsigned char
        space[WIRE_MESSAGE_MAX + 2]; /* the last reply; wiped by the next question */
};

/* What went wrong, as errno, and at which step, for the caller's one log line. */
struct wire_failure {
    const char *step; /* "connect to", "ask", "wait for", "understand": static */
    int error;        /* errno; 0: the text of the step says it all */
};

/*
 * Asks and waits at most `timeout_ms` milliseconds in all. `paths`: absolute socket
 * paths separated by blanks, tried in order (one of them may exist in a chroot only).
 * true: *reply_r points into the client. A question that was lost with an old
 * connection is asked once more. Raises no signal, prints nothing, allocates nothing,
 * leaves errno and descriptors above the standard three (close-on-exec).
 */
bool wire_client_ask(struct wire_client *client, const char *paths, unsigned timeout_ms,
                     const struct wire_message *question, struct wire_message *reply_r,
                     struct wire_failure *failure_r);

/* Closes the connection (in a forked child: just its own descriptor) and wipes the
 * space. */
void wire_client_finish(struct wire_client *client);

#endif
