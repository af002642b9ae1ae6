/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_reload.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUIET_NS = 1000000000 };

/* What tells one content of a file from another; all zero: there is no file. */
struct file_mark {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
    struct timespec ctime;
};

struct map_reload {
    const struct map_reload_class *class;
    const struct map_site *site;
    enum map_use use;
    pthread_mutex_t lock; /* over all that follows */
    struct map_content *current;
    struct file_mark seen; /* what was read last, good or bad */
    bool settled;          /* it was quiet when it was read */
    bool reading;          /* somebody is at it */
    char path[];
};

static struct file_mark file_mark(const struct stat *st)
{
    struct file_mark mark = {st->st_dev, st->st_ino, st->st_size, st->st_mtim,
                             st->st_ctim};

    return mark;
}

static bool file_same(const struct file_mark *a, const struct file_mark *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec &&
           a->ctime.tv_sec == b->ctime.tv_sec && a->ctime.tv_nsec == b->ctime.tv_nsec;
}

/* Has nobody written for a second? (Nobody knows when the clock says "in the future".)
 */
static bool file_quiet(const struct file_mark *mark)
{
    struct timespec now;
    long long age;

    clock_gettime(CLOCK_REALTIME, &now);
    age = (now.tv_sec - mark->ctime.tv_sec) * 1000000000LL + now.tv_nsec -
          mark->ctime.tv_nsec;
    return age < 0 || age >= QUIET_NS;
}

static void content_destroy(const struct map_reload *reload,
                            struct map_content *content)
{
    if (content == NULL)
        return;
    reload->class->destroy(content->content);
    free(content);
}

/* Reads the file. NULL with a line in *error_r. */
static struct map_content *content_load(const struct map_reload *reload,
                                        struct stat *st_r, struct buf *error_r)
{
    struct map_content *content = calloc(1, sizeof(*content));

    if (content == NULL) {
        buf_addf(error_r, "%s: out of memory", reload->path);
        return NULL;
    }
    content->content =
        reload->class->load(reload->path, reload->use, reload->site, st_r, error_r);
    if (content->content == NULL) {
        free(content);
        return NULL;
    }
    content->users = 1;
    return content;
}

void map_reload_destroy(struct map_reload *reload)
{
    if (reload == NULL)
        return;
    content_destroy(reload, reload->current);
    pthread_mutex_destroy(&reload->lock);
    free(reload);
}

struct map_reload *map_reload_create(const struct map_reload_class *class,
                                     const char *path, enum map_use use,
                                     const struct map_site *site, struct buf *error_r)
{
    struct map_reload *reload = calloc(1, sizeof(*reload) + strlen(path) + 1);
    struct stat st;

    if (reload == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return NULL;
    }
    pthread_mutex_init(&reload->lock, NULL);
    strcpy(reload->path, path);
    reload->class = class;
    reload->site = site;
    reload->use = use;
    reload->current = content_load(reload, &st, error_r);
    if (reload->current == NULL) {
        map_reload_destroy(reload);
        return NULL;
    }
    reload->seen = file_mark(&st);
    reload->settled = file_quiet(&reload->seen);
    return reload;
}

static void file_tell(const struct map_reload *reload, enum event_level level,
                      const char *line)
{
    if (reload->site->notice != NULL)
        reload->site->notice(reload->site->notice_arg, level, line);
}

/* Puts a new content, or none if the file was bad, in the place of the current one. */
static void file_replace(struct map_reload *reload, struct map_content *content)
{
    struct map_content *old = NULL;

    pthread_mutex_lock(&reload->lock);
    if (content != NULL) {
        if (--reload->current->users == 0)
            old = reload->current;
        reload->current = content;
    }
    reload->reading = false;
    pthread_mutex_unlock(&reload->lock);
    content_destroy(reload, old);
}

/*
 * Reads the file anew, or notes that it is gone (`gone` is the errno of stat(), else
 * 0). `again`: nothing seems to have changed.
 */
static void file_read_anew(struct map_reload *reload, int gone, bool again)
{
    const struct map_reload_class *class = reload->class;
    struct map_content *content = NULL;
    struct buf line = BUF_INIT;
    struct stat st;

    if (gone != 0)
        buf_addf(&line, "%s: %s", reload->path, strerror(gone));
    else
        content = content_load(reload, &st, &line);
    if (content != NULL) {
        const size_t count = class->count(content->content);

        buf_addf(&line, "%s: read anew, %zu %s", reload->path, count,
                 count == 1 ? class->one : class->many);
    } else {
        buf_adds(&line, "; the earlier content stays in use");
    }
    file_replace(reload, content);
    if (content == NULL || !again)
        file_tell(reload, content != NULL ? EVENT_INFO : EVENT_WARNING, buf_str(&line));
    buf_finish(&line);
}

/* Looks whether the file is another one than before, and if so reads it. */
static void file_refresh(struct map_reload *reload)
{
    struct file_mark now = {0};
    bool wanted = false;
    struct stat st;
    bool changed;
    int gone;

    gone = stat(reload->path, &st) != 0 ? errno : 0;
    if (gone == 0)
        now = file_mark(&st);
    pthread_mutex_lock(&reload->lock);
    changed = !file_same(&now, &reload->seen);
    if (!reload->reading && (changed || !reload->settled) &&
        (gone != 0 || file_quiet(&now))) {
        wanted = true;
        reload->reading = true;
        reload->seen = now;
        reload->settled = true;
    }
    pthread_mutex_unlock(&reload->lock);
    if (wanted)
        file_read_anew(reload, gone, !changed);
}

struct map_content *map_reload_take(struct map_reload *reload)
{
    struct map_content *content;

    file_refresh(reload);
    pthread_mutex_lock(&reload->lock);
    content = reload->current;
    content->users++;
    pthread_mutex_unlock(&reload->lock);
    return content;
}

void map_reload_give(struct map_reload *reload, struct map_content *content)
{
    bool last;

    pthread_mutex_lock(&reload->lock);
    last = --content->users == 0;
    pthread_mutex_unlock(&reload->lock);
    if (last)
        content_destroy(reload, content);
}
