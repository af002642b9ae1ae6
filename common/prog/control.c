/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - the daemon's end. */
#include "config.h"

#include "prog/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "prog/control_io.h"
#include "prog/listen.h"
#include "prog/peer.h"

enum {
    BACKLOG = 16,
    CLIENT_MS = 2000,       /* for its question, and for its taking the reply */
    NO_DESCRIPTOR_MS = 100, /* between two tries to accept when we have none left */
    ERROR_SHOWN = 1000
};

struct control {
    const struct control_command *commands;
    struct listener *listener;
    int wake_fd;
    bool started;
    pthread_t thread;
};

/* --- one client --- */

static bool client_allowed(int fd)
{
    struct peer peer;

    return peer_of(fd, &peer) && peer_privileged(&peer);
}

/* Cuts the question off at its line end. false: it has none, or bytes that no text has.
 */
static bool question_check(struct buf *question)
{
    const char *end = memchr(buf_str(question), '\n', question->len);

    if (end == NULL || question->failed)
        return false;
    buf_cut(question, (size_t)(end - question->data));
    for (size_t i = 0; i < question->len; i++) {
        const unsigned char c = (unsigned char)question->data[i];

        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return true;
}

static const struct control_command *command_find(const struct control *control,
                                                  const char *question)
{
    const size_t len = strcspn(question, " ");
    const struct control_command *command = control->commands;

    for (; command->name != NULL; command++) {
        if (strlen(command->name) == len && memcmp(command->name, question, len) == 0)
            return command;
    }
    return NULL;
}

/* What follows from a question. */
static bool question_run(const struct control *control, struct buf *question,
                         struct buf *reply, struct buf *error)
{
    const struct control_command *command;
    const char *argument;

    if (!question_check(question)) {
        buf_adds(error, "expected one line of text");
        return false;
    }
    command = command_find(control, buf_str(question));
    argument = strchr(buf_str(question), ' ');
    if (command == NULL) {
        buf_adds(error, "unknown command");
        return false;
    }
    if (argument != NULL && !command->takes_argument) {
        buf_addf(error, "%s takes no argument", command->name);
        return false;
    }
    return command->run(argument != NULL ? argument + 1 : NULL, reply, error);
}

/* Takes the question and makes the reply to it. */
static void question_answer(const struct control *control, const struct control_io *io,
                            struct buf *reply)
{
    struct buf question = BUF_INIT, error = BUF_INIT;
    bool done = false;

    if (!client_allowed(io->fd))
        buf_adds(&error, "root and the daemon's own user alone may ask");
    else if (!control_read(io, true, CONTROL_REQUEST_MAX, &question))
        buf_addf(&error, "the question cannot be read: %s", strerror(errno));
    else
        done = question_run(control, &question, reply, &error);
    if (!done) {
        buf_clear(reply);
        buf_adds(reply, "error ");
        escape_text(reply, buf_str(&error), error.len, ERROR_SHOWN);
        buf_addc(reply, '\n');
    } else {
        buf_adds(reply, "ok\n");
    }
    buf_finish(&question);
    buf_finish(&error);
}

static void client_serve(const struct control *control, int fd)
{
    struct control_io io = {fd, control->wake_fd, clock_ms() + CLIENT_MS};
    struct buf reply = BUF_INIT;

    question_answer(control, &io, &reply);
    io.until = clock_ms() + CLIENT_MS;
    /* A reply that is cut off has no last line, which tells the client. */
    if (!reply.failed)
        control_write(&io, reply.data, reply.len);
    buf_finish(&reply);
    close(fd);
}

/* --- the thread --- */

/* Waits with nothing but the end in mind. */
static void rest(const struct control *control)
{
    struct pollfd wake = {.fd = control->wake_fd, .events = POLLIN};

    poll(&wake, 1, NO_DESCRIPTOR_MS);
}

static void *run(void *arg)
{
    const struct control *control = arg;
    struct pollfd fds[2] = {{.fd = listen_fd(control->listener), .events = POLLIN},
                            {.fd = control->wake_fd, .events = POLLIN}};

    for (;;) {
        int fd;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            rest(control);
        if (fds[1].revents != 0)
            return NULL;
        fd = accept4(fds[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd != -1)
            client_serve(control, fd);
        else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            rest(control);
    }
}

struct control *control_open(const char *path, const struct identity *owner,
                             const struct control_command *commands,
                             struct buf *error_r)
{
    const struct endpoint endpoint = {.kind = ENDPOINT_UNIX, .path = path};
    struct control *control = calloc(1, sizeof *control);

    if (control == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    control->commands = commands;
    control->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->wake_fd == -1)
        buf_addf(error_r, "%s: cannot be served: %s", path, strerror(errno));
    else
        control->listener =
            listen_open(&endpoint, owner, BACKLOG, 0600, (gid_t)-1, error_r);
    if (control->listener != NULL)
        return control;
    control_destroy(control);
    return NULL;
}

bool control_start(struct control *control, struct buf *error_r)
{
    const int error = pthread_create(&control->thread, NULL, run, control);

    if (error != 0)
        buf_addf(error_r, "cannot start the control thread: %s", strerror(error));
    control->started = error == 0;
    return control->started;
}

void control_destroy(struct control *control)
{
    if (control == NULL)
        return;
    if (control->started) {
        eventfd_write(control->wake_fd, 1);
        pthread_join(control->thread, NULL);
    }
    listen_destroy(control->listener);
    if (control->wake_fd != -1)
        close(control->wake_fd);
    free(control);
}
