/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "ctl/output.h"

enum { FILE_SIZE_MAX = 256 << 20 }; /* bytes; a million rows take about 60 MiB */

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
    return is_standard_input(path) ? "(standard input)" : path;
}

static bool fd_read(int fd, const char *name, struct buf *bytes_r)
{
    char block[65536];
    ssize_t got;

    while ((got = read(fd, block, sizeof(block))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            complain("%s: %s", name, strerror(errno));
            break;
        }
        secret_add(bytes_r, block, (size_t)got);
        if (bytes_r->failed || bytes_r->len > FILE_SIZE_MAX) {
            complain("%s: %s", name,
                     bytes_r->failed ? "out of memory" : "over 256 MiB");
            break;
        }
    }
    secret_wipe(block, sizeof(block));
    return got == 0;
}

bool input_read_bytes(const char *path, struct buf *bytes_r)
{
    int fd = is_standard_input(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool done;

    if (fd < 0) {
        complain("%s: %s", input_name(path), strerror(errno));
        return false;
    }
    done = fd_read(fd, input_name(path), bytes_r);
    if (fd != STDIN_FILENO)
        close(fd);
    return done;
}

bool input_check(const char *path, const struct buf *text)
{
    const char *nul = text->len != 0 ? memchr(text->data, '\0', text->len) : NULL;
    unsigned line = 1;

    if (nul == NULL)
        return true;
    for (const char *p = text->data; p < nul; p++)
        line += *p == '\n';
    complain("%s:%u: there is a NUL byte in it", input_name(path), line);
    return false;
}

bool input_read(const char *path, struct buf *text_r)
{
    return input_read_bytes(path, text_r) && input_check(path, text_r);
}
