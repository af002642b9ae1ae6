/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The writing end of the pipe on which the first process waits: one byte means ready,
 * the end of the file that the daemon is gone. Set and used before there are threads.
 */
static int ready_fd = -1;

/* The first process: succeeds when and only when the daemon says that it is ready. */
static void __attribute__((noreturn)) starter_run(pid_t child, int fd)
{
    unsigned char byte;
    ssize_t n;

    while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
        ;
    do
        n = read(fd, &byte, 1);
    while (n == -1 && errno == EINTR);
    /* Not exit(): what was registered with atexit() belongs to the daemon. */
    _exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* A descriptor on /dev/null in the place of `fd`. */
static void fd_silence(int null_fd, int fd)
{
    if (null_fd != -1 && null_fd != fd)
        dup2(null_fd, fd);
}

/*
 * The process between: leads the new session only to leave it, so that the daemon,
 * which is no session leader, never gets a terminal by opening one.
 */
static bool daemon_fork(void)
{
    pid_t child;

    if (setsid() == -1)
        return false;
    child = fork();
    if (child > 0)
        _exit(EXIT_SUCCESS);
    return child == 0;
}

bool daemon_start(struct buf *error_r)
{
    int fds[2];
    pid_t child;

    if (pipe2(fds, O_CLOEXEC) == -1) {
        buf_addf(error_r, "no pipe for the background process: %s", strerror(errno));
        return false;
    }
    child = fork();
    if (child > 0) {
        close(fds[1]);
        starter_run(child, fds[0]);
    }
    close(fds[0]);
    if (child == -1 || !daemon_fork()) {
        buf_addf(error_r, "no background process: %s", strerror(errno));
        close(fds[1]);
        return false;
    }
    ready_fd = fds[1];
    if (chdir("/") == -1) {
        buf_addf(error_r, "/: %s", strerror(errno));
        return false;
    }
    return true;
}

void daemon_ready(void)
{
    const unsigned char byte = 1;
    int null_fd;

    if (ready_fd == -1)
        return;
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    fd_silence(null_fd, STDIN_FILENO);
    fd_silence(null_fd, STDOUT_FILENO);
    fd_silence(null_fd, STDERR_FILENO);
    if (null_fd > STDERR_FILENO)
        close(null_fd);
    while (write(ready_fd, &byte, 1) == -1 && errno == EINTR)
        ;
    close(ready_fd);
    ready_fd = -1;
}
