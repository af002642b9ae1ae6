/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"

/*
 * Everything but the level is set before there are threads and only read from then on,
 * so none of it needs a lock.
 */
static const char *log_ident = "sendas";
static bool log_syslog;
static bool log_journal;     /* the reader of stderr understands "<N>" */
static char log_prefix[128]; /* "IDENT[PID]: ", made once; "" before log_open() */
static _Atomic int log_level = EVENT_INFO;
static atomic_bool log_json;

void log_set_ident(const char *ident)
{
    log_ident = ident;
}

static int level_priority(enum event_level level)
{
    switch (level) {
    case EVENT_ERROR:
        return LOG_ERR;
    case EVENT_WARNING:
        return LOG_WARNING;
    case EVENT_INFO:
        return LOG_INFO;
    case EVENT_DEBUG:
        break;
    }
    return LOG_DEBUG;
}

/*
 * JOURNAL_STREAM names the device and inode of the journal's socket; children of the
 * service inherit the variable along with other descriptors, so the numbers are
 * compared (systemd.exec(5)).
 */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && (unsigned long long)st.st_dev == device &&
           (unsigned long long)st.st_ino == inode;
}

void log_open(const char *ident, enum log_to where, int facility, bool daemonized)
{
    log_ident = ident;
    snprintf(log_prefix, sizeof log_prefix, "%.100s[%ld]: ", ident, (long)getpid());
    log_syslog = where == LOG_TO_SYSLOG || (where == LOG_TO_AUTO && daemonized);
    log_journal = !log_syslog && stderr_is_journal();
    if (log_syslog)
        openlog(ident, LOG_PID | LOG_NDELAY, facility);
}

void log_close(void)
{
    if (log_syslog)
        closelog();
    log_syslog = log_journal = false;
    log_prefix[0] = '\0';
}

void log_set_level(enum event_level level)
{
    atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

void log_set_json(bool json)
{
    atomic_store_explicit(&log_json, json, memory_order_relaxed);
}

static bool json_wanted(void)
{
    return atomic_load_explicit(&log_json, memory_order_relaxed);
}

bool log_enabled(enum event_level level)
{
    return (int)level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* What stands before a line on standard error. */
static void prefix_add(enum event_level level, struct buf *line)
{
    if (log_syslog)
        return;
    if (log_journal)
        buf_addf(line, "<%d>", level_priority(level));
    else if (json_wanted())
        return;
    else if (log_prefix[0] != '\0')
        buf_adds(line, log_prefix);
    else
        buf_addf(line, "%s: ", log_ident);
}

/* Begins the object of a line. */
static void object_begin(enum event_level level, struct buf *line)
{
    static const char *const levels[] = {[EVENT_ERROR] = "error",
                                         [EVENT_WARNING] = "warning",
                                         [EVENT_INFO] = "info",
                                         [EVENT_DEBUG] = "debug"};
    struct timespec now;
    struct tm tm;
    char date[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    if (strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        date[0] = '\0';
    buf_addf(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"program\":", date,
             now.tv_nsec / 1000000, levels[level]);
    escape_json(line, log_ident, strlen(log_ident));
    buf_addf(line, ",\"pid\":%ld,", (long)getpid());
}

/* One write for the whole line, so that lines of two threads do not mix. */
static void line_send(enum event_level level, struct buf *line)
{
    if (log_syslog) {
        if (!line->failed)
            syslog(level_priority(level), "%s", buf_str(line));
        return;
    }
    buf_addc(line, '\n');
    if (line->failed)
        return;
    while (write(STDERR_FILENO, line->data, line->len) == -1 && errno == EINTR)
        ;
}

void log_event(const struct event *event)
{
    struct buf line = BUF_INIT;

    if (!log_enabled(event->level))
        return;
    prefix_add(event->level, &line);
    if (json_wanted()) {
        object_begin(event->level, &line);
        event_format_json(event, &line);
        buf_addc(&line, '}');
    } else {
        event_format(event, &line);
    }
    line_send(event->level, &line);
    buf_finish(&line);
}

/* Our own texts have no control characters; a part that somebody forgot to escape
 * might. */
static void controls_mask(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
    }
}

/* The text of a line as the message of an object. */
static void message_add(enum event_level level, const char *subject,
                        const struct buf *text, struct buf *line)
{
    object_begin(level, line);
    if (subject != NULL) {
        buf_adds(line, "\"subject\":");
        escape_json(line, subject, strlen(subject));
        buf_addc(line, ',');
    }
    buf_adds(line, "\"message\":");
    escape_json(line, buf_str(text), text->len);
    buf_addc(line, '}');
}

void log_line(enum event_level level, const char *subject, const char *format, ...)
{
    struct buf line = BUF_INIT, text = BUF_INIT;
    va_list ap;

    if (!log_enabled(level))
        return;
    va_start(ap, format);
    buf_addv(&text, format, ap);
    va_end(ap);
    if (!text.failed)
        controls_mask(text.data, text.len);
    prefix_add(level, &line);
    if (json_wanted())
        message_add(level, subject, &text, &line);
    else if (subject != NULL)
        buf_addf(&line, "%s: %s", subject, buf_str(&text));
    else
        buf_adds(&line, buf_str(&text));
    line.failed |= text.failed;
    if (!line.failed)
        controls_mask(line.data, line.len);
    line_send(level, &line);
    buf_finish(&text);
    buf_finish(&line);
}

void log_lines(enum event_level level, const char *subject, const char *text)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, "\n");

        log_line(level, subject, "%.*s", (int)len, text);
        text += len;
        text += *text == '\n';
    }
}
