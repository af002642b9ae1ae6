/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/report.h"

#include <stddef.h>
#include <time.h>

#include "authd/request.h"
#include "prog/log.h"

enum { FIELDS_ALWAYS = 5, FIELDS_MAX = 10 };

void report_login(enum event_level level, const struct report *report)
{
    const struct event_field all[FIELDS_MAX] = {
        {"login", report->login},     {"client", report->client},
        {"service", report->service}, {"mechanism", report->mechanism},
        {"result", report->result},   {"reason", report->reason},
        {"until", report->until},     {"scheme", report->scheme},
        {"source", report->source},   {"app", report->app},
    };
    struct event_field fields[FIELDS_MAX];
    struct event event = {.level = level, .subject = "auth", .fields = fields};

    for (size_t i = 0; i < FIELDS_MAX; i++) {
        if (i < FIELDS_ALWAYS || all[i].value != NULL)
            fields[event.field_count++] = all[i];
    }
    log_event(&event);
}

int64_t report_seconds(int64_t when)
{
    struct timespec real;

    clock_gettime(CLOCK_REALTIME, &real);
    /* Rounded, so that two questions about the same moment get the same answer. */
    return real.tv_sec + (when - request_now() + real.tv_nsec / 1000000 + 500) / 1000;
}

const char *report_time(int64_t when, char text_r[REPORT_TIME_MAX])
{
    const time_t seconds = (time_t)report_seconds(when);
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text_r, REPORT_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return "-";
    return text_r;
}
