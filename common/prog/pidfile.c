/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct pidfile {
    int fd;
    char *path;
};

/*
 * The directory may belong to the user that the daemon runs as, and this may still be
 * root: nothing may lead the writing to a file of somebody else's.
 */
static bool file_check(int fd, const char *path, struct buf *error_r)
{
    struct stat st;

    if (fstat(fd, &st) == -1) {
        buf_addf(error_r, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
        buf_addf(error_r, "%s: expected a regular file with one name", path);
        return false;
    }
    return true;
}

/* The first number in the file, 0 if there is none. */
static long pid_read(int fd)
{
    char text[24];
    const ssize_t n = pread(fd, text, sizeof text - 1, 0);

    if (n <= 0)
        return 0;
    text[n] = '\0';
    return strtol(text, NULL, 10);
}

static bool file_lock(int fd, const char *path, struct buf *error_r)
{
    long pid;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno != EWOULDBLOCK) {
        buf_addf(error_r, "%s: cannot be locked: %s", path, strerror(errno));
        return false;
    }
    pid = pid_read(fd);
    buf_addf(error_r, "%s: locked by another process that is running", path);
    if (pid > 0)
        buf_addf(error_r, " (process id %ld)", pid);
    return false;
}

static bool pid_write(int fd, const char *path, struct buf *error_r)
{
    char text[24];
    const int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len)
        return true;
    buf_addf(error_r, "%s: cannot be written: %s", path, strerror(errno));
    return false;
}

/* Is the path still the file that is open? */
static bool file_is_ours(int fd, const char *path)
{
    struct stat by_fd, by_path;

    return fstat(fd, &by_fd) == 0 && lstat(path, &by_path) == 0 &&
           by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

static int file_open(const char *path, struct buf *error_r)
{
    /* No lock counts on a file that its last owner removed while we waited to open it.
     */
    for (int attempt = 0; attempt < 10; attempt++) {
        const int fd =
            open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);

        if (fd == -1) {
            if (errno == ELOOP)
                buf_addf(error_r, "%s: expected a file, found a symbolic link", path);
            else
                buf_addf(error_r, "%s: cannot be opened: %s", path, strerror(errno));
            return -1;
        }
        if (!file_check(fd, path, error_r) || !file_lock(fd, path, error_r)) {
            close(fd);
            return -1;
        }
        if (file_is_ours(fd, path))
            return fd;
        close(fd);
    }
    buf_addf(error_r, "%s: somebody else keeps replacing it", path);
    return -1;
}

struct pidfile *pidfile_create(const char *path, struct buf *error_r)
{
    struct pidfile *pidfile = calloc(1, sizeof *pidfile);

    if (pidfile == NULL || (pidfile->path = strdup(path)) == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        free(pidfile);
        return NULL;
    }
    pidfile->fd = file_open(path, error_r);
    if (pidfile->fd != -1 && pid_write(pidfile->fd, path, error_r))
        return pidfile;
    pidfile_destroy(pidfile);
    return NULL;
}

void pidfile_destroy(struct pidfile *pidfile)
{
    if (pidfile == NULL)
        return;
    if (pidfile->fd != -1) {
        /* The lock goes last: until then the path is ours to remove. */
        if (ftruncate(pidfile->fd, 0) == 0 && file_is_ours(pidfile->fd, pidfile->path))
            unlink(pidfile->path);
        close(pidfile->fd);
    }
    free(pidfile->path);
    free(pidfile);
}
