/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads up to `max` bytes until the end of the file; -1: error. */
static ssize_t read_whole(int fd, unsigned char *bytes, size_t max)
{
    size_t len = 0;

    while (len < max) {
        const ssize_t n = read(fd, bytes + len, max - len);

        if (n == 0)
            break;
        if (n > 0)
            len += (size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)len;
}

static bool write_whole(int fd, const unsigned char *bytes, size_t len)
{
    size_t done = 0;

    while (done < len) {
        const ssize_t n = write(fd, bytes + done, len - done);

        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

static bool fail(const char *path, const char *what, struct buf *error_r)
{
    buf_addf(error_r, "%s: %s: %s", path, what, strerror(errno));
    return false;
}

/* Random bytes into a new file that nobody else can read yet. */
static bool key_write(int fd, const struct identity *owner, const char *path,
                      struct buf *error_r)
{
    unsigned char key[KEYFILE_MIN];
    bool ok;

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return fail(path, "no random bytes", error_r);
    ok = write_whole(fd, key, sizeof key) && fsync(fd) == 0;
    explicit_bzero(key, sizeof key);
    if (!ok)
        return fail(path, "cannot be written", error_r);
    if (owner != NULL && geteuid() == 0 && fchown(fd, owner->uid, owner->gid) == -1)
        return fail(path, "cannot be given to its owner", error_r);
    return true;
}

/*
 * Makes the file whole under a name of its own and then links it to its place, so that
 * no reader sees half a key and of two makers one wins.
 */
static bool key_create(const char *path, const struct identity *owner,
                       struct buf *error_r)
{
    struct buf name = BUF_INIT;
    bool ok;
    int fd;

    buf_addf(&name, "%s.new.%ld", path, (long)getpid());
    if (name.failed) {
        errno = ENOMEM;
        return fail(path, "cannot be created", error_r);
    }
    unlink(name.data); /* left by a process of the same id that was killed */
    fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1) {
        ok = fail(path, "cannot be created", error_r);
    } else {
        ok = key_write(fd, owner, path, error_r);
        close(fd);
        if (ok && link(name.data, path) == -1 && errno != EEXIST)
            ok = fail(path, "cannot be created", error_r);
        unlink(name.data);
    }
    buf_finish(&name);
    return ok;
}

/* A key that others know or can set hides nothing. */
static bool key_check(int fd, const char *path, struct buf *error_r)
{
    struct stat st;

    if (fstat(fd, &st) == -1)
        return fail(path, "cannot be read", error_r);
    if (!S_ISREG(st.st_mode)) {
        buf_addf(error_r, "%s: expected a regular file", path);
        return false;
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        buf_addf(error_r, "%s: mode is %04o; expected 0600, as the key is secret", path,
                 (unsigned)st.st_mode & 07777);
        return false;
    }
    return true;
}

static bool key_read(int fd, const char *path, struct buf *key_r, struct buf *error_r)
{
    unsigned char key[KEYFILE_MAX + 1];
    bool ok = false;
    ssize_t len;

    if (!key_check(fd, path, error_r))
        return false;
    len = read_whole(fd, key, sizeof key);
    if (len == -1)
        return fail(path, "cannot be read", error_r);
    if (len < KEYFILE_MIN || len > KEYFILE_MAX) {
        buf_addf(error_r, "%s: expected a key of %d to %d bytes", path, KEYFILE_MIN,
                 KEYFILE_MAX);
    } else {
        buf_add(key_r, key, (size_t)len);
        ok = !key_r->failed;
        if (!ok)
            buf_addf(error_r, "%s: out of memory", path);
    }
    explicit_bzero(key, sizeof key);
    return ok;
}

bool keyfile_load(const char *path, const struct identity *owner, struct buf *key_r,
                  struct buf *error_r)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    int fd = open(path, flags);
    bool ok;

    buf_clear(key_r);
    if (fd == -1 && errno == ENOENT) {
        if (!key_create(path, owner, error_r))
            return false;
        fd = open(path, flags);
    }
    if (fd == -1)
        return fail(path, "cannot be read", error_r);
    ok = key_read(fd, path, key_r, error_r);
    close(fd);
    return ok;
}
