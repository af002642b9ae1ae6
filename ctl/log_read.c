/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/log_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/input.h"
#include "ctl/log_journal.h"
#include "ctl/log_prefix.h"
#include "ctl/output.h"
#include "ctl/when.h"
#include "prog/identity.h"

enum {
    BLOCK_SIZE = 256 * 1024 /* read at once; no line is longer */

};

/* One reading. */
struct reading {
    const struct log_source *source;
    log_visit *visit;
    void *arg;
    struct log_tally *tally;
    struct log_clock clock;
    struct arena arena;
    bool stopped; /* the visitor has had enough, or memory ran out: */
    bool starved;
};

/* --- options --- */

bool log_source_read(const struct options *options, const char *user,
                     const char *const *files, int file_count,
                     struct log_source *source_r)
{
    static const struct {
        enum option_id option;
        bool end;
    } bounds[] = {{OPTION_SINCE, false}, {OPTION_UNTIL, true}};
    int64_t times[2] = {0, 0};
    const int64_t now = (int64_t)time(NULL);
    struct buf why_not = BUF_INIT;

    for (size_t i = 0; i < 2; i++) {
        const char *text = options->value[bounds[i].option], *why;

        if (options_has(options, bounds[i].option) &&
            !when_read_past(text, now, bounds[i].end, &times[i], &why)) {
            complain("--%s %.100s: %s", option_rows[bounds[i].option].name, text, why);
            return false;
        }
    }
    *source_r = (struct log_source){.journal = options_has(options, OPTION_JOURNAL),
                                    .files = files,
                                    .file_count = file_count,
                                    .since = times[0],
                                    .until = times[1]};
    source_r->milter_user_known = identity_user(user, &source_r->milter_user, &why_not);
    buf_finish(&why_not);
    return true;
}

/* --- lines --- */

static bool time_wanted(const struct reading *reading, const struct log_entry *entry)
{
    const struct log_source *source = reading->source;

    return !entry->timed || ((source->since == 0 || entry->time >= source->since) &&
                             (source->until == 0 || entry->time <= source->until));
}

static void entry_visit(struct reading *reading, const struct log_entry *entry)
{
    if (!time_wanted(reading, entry)) {
        reading->tally->outside++;
        return;
    }
    reading->tally->entries++;
    reading->tally->untimed += !entry->timed;
    reading->stopped = !reading->visit(entry, &reading->arena, reading->arg);
}

/* The milter's own text. */
static void text_take(struct reading *reading, const char *text, size_t len, bool timed,
                      int64_t seconds)
{
    struct log_entry entry = {.timed = timed, .time = seconds};

    switch (log_entry_read(text, len, &reading->arena, &entry)) {
    case LOG_ENTRY:
        entry_visit(reading, &entry);
        break;
    case LOG_CUT:
        reading->tally->cut++;
        break;
    case LOG_OTHER:
        break;
    }
}

/* In the journal everybody may write in everybody's name, but not under another user.
 */
static void journal_take(struct reading *reading, const struct journal_line *line)
{
    const struct log_source *source = reading->source;

    if (line->user_known && line->user != 0 &&
        !(source->milter_user_known && line->user == source->milter_user)) {
        reading->tally->foreign++;
        return;
    }
    text_take(reading, line->message, line->len, true, line->seconds);
}

static void line_take(struct reading *reading, const char *text, size_t len)
{
    static const char journal[] = "{\"_";
    struct journal_line line = {.len = 0};
    bool timed;
    int64_t seconds = 0;

    reading->tally->lines++;
    if (len != 0 && text[len - 1] == '\r')
        len--;
    if (memchr(text, '\0', len) != NULL)
        return; /* no text */
    if (len > 3 && memcmp(text, "{\"", 2) == 0 &&
        (memcmp(text, journal, 3) == 0 ||
         memmem(text, len, "\"MESSAGE\"", 9) != NULL) &&
        log_journal_read(text, len, &reading->arena, &line))
        journal_take(reading, &line);
    else if (log_prefix_strip(&reading->clock, &text, &len, &timed, &seconds))
        text_take(reading, text, len, timed, seconds);
    reading->starved |= reading->arena.failed;
    reading->stopped |= reading->starved;
    arena_reset(&reading->arena);
}

/* --- files --- */

/* Takes the lines of a block; returns how many bytes of it were used. */
static size_t block_take(struct reading *reading, const char *block, size_t len)
{
    size_t used = 0;
    const char *end;

    while (!reading->stopped && used < len &&
           (end = memchr(block + used, '\n', len - used)) != NULL) {
        line_take(reading, block + used, (size_t)(end - block) - used);
        used = (size_t)(end - block) + 1;
    }
    return used;
}

static bool is_gzip(const char *block, size_t len)
{
    return len >= 2 && block[0] == '\x1f' && block[1] == '\x8b';
}

/* Reads it in blocks; a line that does not fit into one is cut, and its rest as well.
 */
static bool blocks_read(struct reading *reading, int fd, const char *name, char *block)
{
    size_t kept = 0;
    bool first = true, skipping = false;
    ssize_t got;

    while (!reading->stopped &&
           (got = read(fd, block + kept, BLOCK_SIZE - kept)) != 0) {
        size_t used = 0;

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            complain("%s: %s", name, strerror(errno));
            return false;
        }
        kept += (size_t)got;
        if (first && is_gzip(block, kept)) {
            complain("%s: it is compressed; try: zcat %s | sendasctl ... -", name,
                     name);
            return false;
        }
        first = false;
        if (skipping) {
            const char *end = memchr(block, '\n', kept);

            used = end != NULL ? (size_t)(end - block) + 1 : kept;
            skipping = end == NULL;
        }
        used += block_take(reading, block + used, kept - used);
        kept -= used;
        memmove(block, block + used, kept);
        if (kept == BLOCK_SIZE) {
            reading->tally->lines++;
            reading->tally->cut++;
            skipping = true;
            kept = 0;
        }
    }
    if (kept != 0 && !reading->stopped && !skipping)
        line_take(reading, block, kept);
    return !reading->stopped;
}

static bool fd_read(struct reading *reading, int fd, const char *name)
{
    char *block = malloc(BLOCK_SIZE);
    bool done = block != NULL;

    if (done)
        done = blocks_read(reading, fd, name, block);
    else
        complain("out of memory");
    free(block);
    return done;
}

static bool file_read(struct reading *reading, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool done;

    if (fd < 0) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    done = fd_read(reading, fd, input_name(path));
    if (!standard)
        close(fd);
    return done;
}

static bool journal_read(struct reading *reading)
{
    struct log_journal journal;
    struct buf error = BUF_INIT;
    bool done = log_journal_open(&journal, reading->source->since,
                                 reading->source->until, &error);

    if (done) {
        done = fd_read(reading, journal.fd, "journalctl");
        done &= log_journal_close(&journal, &error) || reading->stopped;
    }
    complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

bool log_read(const struct log_source *source, log_visit *visit, void *arg,
              struct log_tally *tally_r)
{
    struct reading reading = {.source = source,
                              .visit = visit,
                              .arg = arg,
                              .tally = tally_r,
                              .clock = {.now = (int64_t)time(NULL)}};
    bool done = true;

    *tally_r = (struct log_tally){0};
    if (source->journal)
        done = journal_read(&reading);
    for (int i = 0; done && i < source->file_count; i++)
        done = file_read(&reading, source->files[i]);
    if (done && !source->journal && source->file_count == 0)
        done = file_read(&reading, "-");
    if (reading.starved)
        complain("out of memory");
    arena_finish(&reading.arena);
    return done;
}

void log_tally_tell(const struct log_tally *tally)
{
    if (tally->cut != 0)
        complain("%" PRIu64 " line%s of decisions were not whole and do not count (did "
                 "syslog cut them?)",
                 tally->cut, tally->cut == 1 ? "" : "s");
    if (tally->foreign != 0)
        complain("%" PRIu64 " line%s in the journal were written by another user than "
                 "the milter's and do not count",
                 tally->foreign, tally->foreign == 1 ? "" : "s");
}
