/* SPDX-License-Identifier: BSD-2-Clause */
/* log_read.h - the decisions in the milter's log, from files, a pipe or the journal. */
#ifndef SENDAS_CTL_LOG_READ_H
#define SENDAS_CTL_LOG_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "ctl/log_entry.h"
#include "ctl/options.h"

/* Which lines are wanted, and where they are. */
struct log_source {
    bool journal;
    const char *const
        *files; /* "-": standard input; it is read when there is nothing else */
    int file_count;
    int64_t since, until; /* seconds since 1970; 0: no bound */
    bool milter_user_known;
    uid_t milter_user; /* beside root, whose lines in the journal are believed */
};

/* What was found. */
struct log_tally {
    uint64_t lines;
    uint64_t entries; /* that were visited */
    uint64_t cut;     /* decisions that did not get here whole */
    uint64_t outside; /* before `since` or behind `until` */
    uint64_t untimed; /* of the entries, those without a time */
    uint64_t foreign; /* written in the milter's name by somebody else (journal) */
};

/*
 * Gets each decision, in the order of the log. The entry lives for the call; the arena
 * is empty again for the next. false ends the reading.
 */
typedef bool log_visit(const struct log_entry *entry, struct arena *arena, void *arg);

/*
 * Fills in the source from the options --journal, --since and --until and the words
 * that name files. `user` is the milter's. false after a complaint.
 */
bool log_source_read(const struct options *options, const char *user,
                     const char *const *files, int file_count,
                     struct log_source *source_r);

/* Reads it all. A line of another program is passed over, one that was cut is counted.
 * false: after a complaint, something could not be read, or the visitor gave up. */
bool log_read(const struct log_source *source, log_visit *visit, void *arg,
              struct log_tally *tally_r);

/* Says on standard error what was left out, if anything was. */
void log_tally_tell(const struct log_tally *tally);

#endif
