/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 * 1024 };

bool map_lines_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Reads to the end of the file. false with errno set. */
static bool lines_read(int fd, struct buf *content)
{
    char block[16384];
    ssize_t n;

    while ((n = read(fd, block, sizeof(block))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        buf_add(content, block, (size_t)n);
        if (content->failed || content->len > FILE_MAX) {
            errno = content->failed ? ENOMEM : EFBIG;
            return false;
        }
    }
    return true;
}

/* A NUL would end the text early for whoever reads it as a string. */
static bool lines_check(const char *path, const struct buf *content,
                        struct buf *error_r)
{
    const char *text = buf_str(content);
    const char *nul = text + strlen(text);
    unsigned line = 1;

    if ((size_t)(nul - text) == content->len)
        return true;
    for (const char *p = text; p < nul; p++)
        line += *p == '\n';
    buf_addf(error_r, "%s:%u: a NUL byte: not a text file", path, line);
    return false;
}

bool map_lines_load(const char *path, struct buf *content_r, struct stat *stat_r,
                    struct buf *error_r)
{
    /* Non-blocking, or a FIFO would keep us here. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    bool ok;

    ok = fd >= 0 && fstat(fd, &st) == 0;
    if (ok && !S_ISREG(st.st_mode)) {
        close(fd);
        buf_addf(error_r, "%s: not a regular file", path);
        return false;
    }
    ok = ok && lines_read(fd, content_r);
    if (!ok)
        buf_addf(error_r, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (ok && stat_r != NULL)
        *stat_r = st;
    return ok && lines_check(path, content_r, error_r);
}

/* Is there nothing in the physical line at `p`? */
static bool lines_empty(const char *p, const char *end)
{
    while (p < end && map_lines_blank(*p))
        p++;
    return p == end || *p == '#';
}

bool map_lines_next(struct map_lines *lines, struct buf *text_r, unsigned *line_r)
{
    buf_clear(text_r);
    while (*lines->at != '\0') {
        const char *end = lines->at + strcspn(lines->at, "\n");
        bool empty = lines_empty(lines->at, end);

        if (!empty && text_r->len != 0 && !map_lines_blank(*lines->at))
            break;
        if (!empty && text_r->len == 0)
            *line_r = lines->line + 1;
        if (!empty)
            buf_add(text_r, lines->at, (size_t)(end - lines->at));
        lines->line++;
        lines->at = *end == '\0' ? end : end + 1;
    }
    while (text_r->len != 0 && map_lines_blank(text_r->data[text_r->len - 1]))
        buf_cut(text_r, text_r->len - 1);
    return text_r->len != 0 || text_r->failed;
}
