/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h - the log of this process: one line an event, to standard error or to syslog.
 */
#ifndef SENDAS_PROG_LOG_H
#define SENDAS_PROG_LOG_H

#include "base/event.h"
#include "conf/conf_head.h"

/*
 * Before log_open() lines go to standard error as "IDENT: line". All log functions but
 * log_open(), log_set_ident() and log_close() may be called from any thread; a line is
 * one write(2) or one syslog(3), formatted without a lock. A line that cannot be
 * written is lost: a log never stops mail.
 */

/* What lines before log_open() begin with (the program's name). Borrowed, not copied.
 */
void log_set_ident(const char *ident);

/*
 * Chooses where lines go from now on; once, before there are threads and
 * after daemon_start() (lines carry the process id). LOG_TO_AUTO is
 * standard error unless `daemonized`, then syslog. `facility` is a LOG_* facility of
 * syslog(3). `ident` is borrowed. On standard error each line gets "<N>" of
 * sd-daemon(3) in front when (and only when) JOURNAL_STREAM says that the journal reads
 * it.
 */
void log_open(const char *ident, enum log_to where, int facility, bool daemonized);

/*
 * From now on each line is one JSON object: time (UTC), level, program and pid, then
 * subject and message, or what event_format_json() makes of an event. Nothing stands
 * before it but what the journal's "<N>" or syslog adds. From any thread.
 */
void log_set_json(bool json);

/* The last level that is still logged; EVENT_INFO until set. From any thread. */
void log_set_level(enum event_level level);

/* Would a line of this level be logged? Lets a caller save the work of making it. */
bool log_enabled(enum event_level level);

/* Logs the event as event_format() writes it. */
void log_event(const struct event *event);

/*
 * Logs "SUBJECT: text", or "text" alone when subject is NULL. The text is the caller's
 * (words of ours, and parts that were escaped before); a control character in it is
 * written as '?', so that a line stays one line.
 */
void log_line(enum event_level level, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Logs a text of several lines, such as all mistakes of a configuration, as so many
 * lines of log_line().
 */
void log_lines(enum event_level level, const char *subject, const char *text);

/* Back to the state before log_open(). */
void log_close(void);

#endif
