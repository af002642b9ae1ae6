/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_file.c - "file:PATH": lines "address login[,login...]" in the form of postmap(1)
 * (or "group login[,...]", "domain domain").
 *
 * The file is looked at (one stat) at each lookup, and read anew when it is another one
 * than before and has been quiet for a second: who writes it in place is not read half
 * way through. One thread reads, the others go on with the earlier content, which also
 * stays when the new one is bad.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "map/map.h"
#include "map/map_lines.h"
#include "map/map_table.h"

enum { QUIET_NS = 1000000000 };

/* What tells one content of a file from another; all zero: there is no file. */
struct file_mark {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
    struct timespec ctime;
};

/* One content. Nobody changes it once it is there. */
struct file_content {
    struct map_table table;
    unsigned users; /* lookups in it, and one for being the current one */
};

struct file_map {
    const struct map_site *site;
    enum map_use use;
    pthread_mutex_t lock; /* over all that follows */
    struct file_content *current;
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

static void content_destroy(struct file_content *content)
{
    if (content == NULL)
        return;
    map_table_finish(&content->table);
    free(content);
}

/* One logical line, taken apart in place: the key ends at a blank outside of quotes. */
static bool content_add(struct file_content *content, const struct file_map *map,
                        char *text, struct buf *error_r)
{
    bool quoted = false;
    char *p = text;

    if (map_lines_blank(*text)) {
        buf_adds(error_r, "begins with a blank, but continues no line");
        return false;
    }
    for (; *p != '\0' && (quoted || !map_lines_blank(*p)); p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            quoted = !quoted;
    }
    if (quoted) {
        buf_adds(error_r, "a quote is not closed");
        return false;
    }
    if (*p != '\0')
        *p++ = '\0';
    return map_table_add(&content->table, map->use, text, p, &map->site->rules,
                         error_r);
}

/* Reads the file. NULL with a line in *error_r. */
static struct file_content *content_load(const struct file_map *map, struct stat *st_r,
                                         struct buf *error_r)
{
    struct file_content *content = calloc(1, sizeof(*content));
    struct buf bytes = BUF_INIT, text = BUF_INIT, why = BUF_INIT;
    struct map_lines lines;
    unsigned line = 0;
    bool ok;

    if (content == NULL)
        buf_addf(error_r, "%s: out of memory", map->path);
    ok = content != NULL && map_lines_load(map->path, &bytes, st_r, error_r);
    lines = (struct map_lines){.at = buf_str(&bytes)};
    while (ok && map_lines_next(&lines, &text, &line)) {
        if (text.failed)
            buf_adds(&why, "out of memory");
        ok = !text.failed && content_add(content, map, text.data, &why);
        if (!ok)
            buf_addf(error_r, "%s:%u: %s", map->path, line, buf_str(&why));
    }
    buf_finish(&bytes);
    buf_finish(&text);
    buf_finish(&why);
    if (ok) {
        content->users = 1;
        return content;
    }
    content_destroy(content);
    return NULL;
}

static void file_close(void *state)
{
    struct file_map *map = state;

    content_destroy(map->current);
    pthread_mutex_destroy(&map->lock);
    free(map);
}

static void *file_open(const char *name, enum map_use use, const struct map_site *site,
                       struct buf *error_r)
{
    struct file_map *map = calloc(1, sizeof(*map) + strlen(name) + 1);
    struct stat st;

    if (map == NULL) {
        buf_addf(error_r, "%s: out of memory", name);
        return NULL;
    }
    pthread_mutex_init(&map->lock, NULL);
    strcpy(map->path, name);
    map->site = site;
    map->use = use;
    map->current = content_load(map, &st, error_r);
    if (map->current == NULL) {
        file_close(map);
        return NULL;
    }
    map->seen = file_mark(&st);
    map->settled = file_quiet(&map->seen);
    return map;
}

static void file_tell(const struct file_map *map, enum event_level level,
                      const char *line)
{
    if (map->site->notice != NULL)
        map->site->notice(map->site->notice_arg, level, line);
}

/* Puts a new content, or none if the file was bad, in the place of the current one. */
static void file_replace(struct file_map *map, struct file_content *content)
{
    struct file_content *old = NULL;

    pthread_mutex_lock(&map->lock);
    if (content != NULL) {
        if (--map->current->users == 0)
            old = map->current;
        map->current = content;
    }
    map->reading = false;
    pthread_mutex_unlock(&map->lock);
    content_destroy(old);
}

/*
 * Reads the file anew, or notes that it is gone (`gone` is the errno of stat(), else
 * 0). `again`: nothing seems to have changed.
 */
static void file_read_anew(struct file_map *map, int gone, bool again)
{
    struct file_content *content = NULL;
    struct buf line = BUF_INIT;
    struct stat st;

    if (gone != 0)
        buf_addf(&line, "%s: %s", map->path, strerror(gone));
    else
        content = content_load(map, &st, &line);
    if (content != NULL)
        buf_addf(&line, "%s: read anew, %zu %s", map->path, content->table.entries,
                 content->table.entries == 1 ? "entry" : "entries");
    else
        buf_adds(&line, "; the earlier content stays in use");
    file_replace(map, content);
    if (content == NULL || !again)
        file_tell(map, content != NULL ? EVENT_INFO : EVENT_WARNING, buf_str(&line));
    buf_finish(&line);
}

/* Looks whether the file is another one than before, and if so reads it. */
static void file_refresh(struct file_map *map)
{
    struct file_mark now = {0};
    bool wanted = false;
    struct stat st;
    bool changed;
    int gone;

    gone = stat(map->path, &st) != 0 ? errno : 0;
    if (gone == 0)
        now = file_mark(&st);
    pthread_mutex_lock(&map->lock);
    changed = !file_same(&now, &map->seen);
    if (!map->reading && (changed || !map->settled) &&
        (gone != 0 || file_quiet(&now))) {
        wanted = true;
        map->reading = true;
        map->seen = now;
        map->settled = true;
    }
    pthread_mutex_unlock(&map->lock);
    if (wanted)
        file_read_anew(map, gone, !changed);
}

static enum answer file_lookup(void *state, const char *key,
                               const struct map_trace *trace, struct arena *arena,
                               struct strlist *values_r, struct buf *error_r)
{
    struct file_map *map = state;
    struct file_content *content;
    enum answer answer;
    bool last;

    (void)trace;
    file_refresh(map);
    pthread_mutex_lock(&map->lock);
    content = map->current;
    content->users++;
    pthread_mutex_unlock(&map->lock);

    answer = map_table_lookup(&content->table, key, arena, values_r, error_r);

    pthread_mutex_lock(&map->lock);
    last = --content->users == 0;
    pthread_mutex_unlock(&map->lock);
    if (last)
        content_destroy(content);
    return answer;
}

const struct map_type map_file = {
    .open = file_open,
    .lookup = file_lookup,
    .close = file_close,
};
