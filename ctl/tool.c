/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"

extern char **environ;

enum { COMPLAINT_MAX = 4096 }; /* kept of what it says on standard error */

/* One run of it. */
struct run {
    const struct tool *tool;
    pid_t pid;
    int output; /* read ends of its standard output and standard error */
    int complaint;
    struct buf *text;
    struct buf why;
};

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Starts it; 0 or an errno. */
static int run_start(struct run *run)
{
    char *const *argv = run->tool->argv;
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    int error;

    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        error = errno;
        fd_close(&out[0]);
        fd_close(&out[1]);
        return error;
    }
    error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        if ((error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
                                                      "/dev/null", O_RDONLY, 0)) == 0 &&
            (error = posix_spawn_file_actions_adddup2(&actions, out[1],
                                                      STDOUT_FILENO)) == 0 &&
            (error = posix_spawn_file_actions_adddup2(&actions, err[1],
                                                      STDERR_FILENO)) == 0)
            error = posix_spawnp(&run->pid, argv[0], &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    fd_close(&out[1]);
    fd_close(&err[1]);
    run->output = out[0];
    run->complaint = err[0];
    return error;
}

/* Milliseconds until then, at least 0. */
static int remaining_ms(const struct timespec *end)
{
    struct timespec now;
    long ms;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (end->tv_sec - now.tv_sec) * 1000L + (end->tv_nsec - now.tv_nsec) / 1000000L;
    return ms > 0 ? (int)ms : 0;
}

/* Takes what one of the two has to say; closes it at its end. */
static void fd_take(int *fd, short events, struct buf *out, size_t max)
{
    char bytes[16384];
    ssize_t got;

    if (events == 0)
        return;
    got = read(*fd, bytes, sizeof bytes);
    if (got > 0 && out->len < max)
        secret_add(out, bytes, (size_t)got);
    else if (got == 0 || (got < 0 && errno != EINTR))
        fd_close(fd);
    secret_wipe(bytes, sizeof bytes);
}

/* Reads until it has closed both. NULL, or what went wrong. */
static const char *run_read(struct run *run)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)run->tool->seconds_max;
    while (run->output >= 0 || run->complaint >= 0) {
        struct pollfd fds[2] = {{.fd = run->output, .events = POLLIN},
                                {.fd = run->complaint, .events = POLLIN}};
        const int ready = poll(fds, 2, remaining_ms(&end));

        if (ready == 0)
            return "it does not end";
        if (ready < 0 && errno != EINTR)
            return strerror(errno);
        if (ready < 0)
            continue;
        fd_take(&run->output, fds[0].revents, run->text, run->tool->output_max);
        fd_take(&run->complaint, fds[1].revents, &run->why, COMPLAINT_MAX);
        if (run->text->len >= run->tool->output_max)
            return "its output is too long";
        if (run->text->failed)
            return "out of memory";
    }
    return NULL;
}

/* Reads all and waits for its end; kills it when that is the only way. */
static bool run_finish(struct run *run, struct buf *error_r)
{
    const char *name = run->tool->argv[0];
    const char *wrong = run_read(run);
    int status = 0;

    fd_close(&run->output);
    fd_close(&run->complaint);
    if (wrong != NULL)
        kill(run->pid, SIGKILL);
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (wrong == NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (wrong == NULL && WIFSIGNALED(status))
        buf_addf(error_r, "%s: ended by signal %d", name, WTERMSIG(status));
    else if (wrong != NULL)
        buf_addf(error_r, "%s: %s", name, wrong);
    else
        buf_addf(error_r, "%s: failed with status %d: %.*s", name, WEXITSTATUS(status),
                 (int)strcspn(buf_str(&run->why), "\n"), buf_str(&run->why));
    return false;
}

bool tool_run(const struct tool *tool, struct buf *out_r, struct buf *error_r)
{
    struct run run = {.tool = tool, .output = -1, .complaint = -1, .text = out_r};
    int error = run_start(&run);
    bool done = false;

    if (error != 0) {
        fd_close(&run.output);
        fd_close(&run.complaint);
        buf_addf(error_r,
                 "%s cannot be run: %s (is %s installed, and its directory in PATH?)",
                 tool->argv[0], strerror(error), tool->package);
    } else {
        done = run_finish(&run, error_r);
    }
    buf_finish(&run.why);
    return done;
}
