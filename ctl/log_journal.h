/* SPDX-License-Identifier: BSD-2-Clause */
/* log_journal.h - the journal's lines of sendas-milter, by journalctl(1). */
#ifndef SENDAS_CTL_LOG_JOURNAL_H
#define SENDAS_CTL_LOG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"

/* journalctl while it runs. */
struct log_journal {
    pid_t pid;
    int fd; /* what it prints: an object a line */
};

/*
 * Starts it, without a shell, for what lies between the two times (seconds since 1970;
 * 0: no bound). false: one line in *error_r.
 */
bool log_journal_open(struct log_journal *journal, int64_t since, int64_t until,
                      struct buf *error_r);

/* Ends it. false: it failed, with one line in *error_r. */
bool log_journal_close(struct log_journal *journal, struct buf *error_r);

/* An object of the journal, read. */
struct journal_line {
    const char *message; /* in the arena */
    size_t len;
    int64_t seconds;
    bool user_known;
    uid_t user; /* who wrote it, as the kernel says */
};

/* Reads a line that journalctl -o json printed. false: it is none, or holds no text. */
bool log_journal_read(const char *text, size_t len, struct arena *arena,
                      struct journal_line *line_r);

#endif
