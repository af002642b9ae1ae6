/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/mta_checks.h"
#include "ctl/output.h"
#include "ctl/postconf_run.h"
#include "ctl/site.h"

/* One thing to tell. */
struct finding {
    const struct mta_check *check;
    const struct postconf_service *service; /* NULL: all of Postfix */
    const char *found;
    const char *advice; /* NULL: nothing to do */
};

enum { FINDINGS_MAX = 1000 };

struct report {
    struct site site;
    struct postconf postconf;
    struct mta mta;
    struct finding findings[FINDINGS_MAX];
    size_t count;
    size_t warnings;
};

static void check_run(struct report *report, const struct mta_check *check,
                      const struct postconf_service *service)
{
    struct buf found = BUF_INIT, advice = BUF_INIT;
    struct arena *arena = &report->site.arena;

    if (report->count < FINDINGS_MAX &&
        check->test(&report->mta, service, &found, &advice)) {
        struct finding *finding = &report->findings[report->count++];

        finding->check = check;
        finding->service = service;
        finding->found = arena_strdup(arena, buf_str(&found));
        finding->advice =
            advice.len != 0 ? arena_strdup(arena, buf_str(&advice)) : check->advice;
        report->warnings += check->severity == MTA_WARNING;
        if (found.failed || advice.failed)
            arena->failed = true;
    }
    buf_finish(&found);
    buf_finish(&advice);
}

static void checks_run(struct report *report)
{
    for (const struct mta_check *check = mta_checks; check->name != NULL; check++) {
        if (check->scope == MTA_MAIN)
            check_run(report, check, NULL);
        for (size_t i = 0; i < report->postconf.service_count; i++) {
            const struct postconf_service *service = &report->postconf.services[i];

            if (mta_in_scope(&report->mta, service, check->scope))
                check_run(report, check, service);
        }
    }
}

/* --- what is printed --- */

static const char *severity_name(const struct finding *finding)
{
    return finding->check->severity == MTA_WARNING ? "warning" : "note";
}

/* One line: what was found, why, what to do. */
static void finding_print(const struct finding *finding)
{
    struct buf text = BUF_INIT, line = BUF_INIT;

    buf_addf(&text, "%s: ", severity_name(finding));
    if (finding->service != NULL)
        buf_addf(&text, "%.80s/%.20s: ", finding->service->name,
                 finding->service->type);
    buf_addf(&text, "%s: %s", finding->found, finding->check->why);
    if (finding->advice != NULL)
        buf_addf(&text, "; %s", finding->advice);
    harmless_add(&line, buf_str(&text));
    puts(buf_str(&line));
    buf_finish(&text);
    buf_finish(&line);
}

static int report_print(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        finding_print(&report->findings[i]);
    if (report->warnings == 0)
        puts("nothing to warn of");
    return report->warnings == 0 ? EXIT_DONE : EXIT_NO;
}

static json_t *finding_json(const struct finding *finding)
{
    struct buf service = BUF_INIT;
    json_t *value;

    if (finding->service != NULL)
        buf_addf(&service, "%s/%s", finding->service->name, finding->service->type);
    value = json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "check", finding->check->name,
                      "severity", severity_name(finding), "service",
                      json_text(finding->service != NULL ? buf_str(&service) : NULL),
                      "found", json_text(finding->found), "advice",
                      json_text(finding->advice), "why", finding->check->why);
    buf_finish(&service);
    return value;
}

static int report_print_json(const struct report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->count; i++) {
        if (json_array_append_new(list, finding_json(&report->findings[i])) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    if (!json_print(json_pack(
            "{s:b, s:o, s:o}", "ok", report->warnings == 0, "version",
            json_text(postconf_value(&report->postconf, NULL, "mail_version")),
            "findings", list)))
        return EXIT_FAILED;
    return report->warnings == 0 ? EXIT_DONE : EXIT_NO;
}

/* --- the command --- */

/* Fills in what the checks look at. An exit status; EXIT_DONE when they can run. */
static int mta_fill(struct report *report, const struct options *options)
{
    struct mta *mta = &report->mta;
    struct buf error = BUF_INIT;
    const char *queue;
    size_t len;

    mta->conf = report->site.conf;
    mta->arena = &report->site.arena;
    mta->postconf = &report->postconf;
    if (!endpoint_parse(mta->conf->listen, mta->arena, &mta->endpoint, &error)) {
        complain("listen: %s", buf_str(&error));
        buf_finish(&error);
        return EXIT_WRONG;
    }
    report->postconf.arena = mta->arena;
    if (!postconf_load(&report->postconf,
                       options_has(options, OPTION_POSTFIX)
                           ? options->value[OPTION_POSTFIX]
                           : NULL,
                       &error)) {
        complain_lines(buf_str(&error));
        buf_finish(&error);
        return EXIT_FAILED;
    }
    queue = postconf_value(&report->postconf, NULL, "queue_directory");
    len = queue != NULL ? strlen(queue) : 0;
    while (len != 0 && queue[len - 1] == '/')
        len--;
    mta->queue = arena_strndup(mta->arena, queue != NULL ? queue : "", len);
    return mta->queue != NULL ? EXIT_DONE : EXIT_FAILED;
}

/* Is the service that was asked for an smtpd of this Postfix? */
static bool service_known(const struct report *report)
{
    if (report->mta.only == NULL)
        return true;
    for (size_t i = 0; i < report->postconf.service_count; i++) {
        if (mta_is_smtpd(&report->mta, &report->postconf.services[i]))
            return true;
    }
    complain("Postfix has no smtpd called %.200s", report->mta.only);
    return false;
}

int cmd_mta_check(const struct options *options, int count, char **words)
{
    struct report report = {.count = 0};
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (site_init(&report.site, options)) {
        if (options_has(options, OPTION_SERVICE))
            report.mta.only = options->value[OPTION_SERVICE];
        status = mta_fill(&report, options);
        if (status == EXIT_DONE && !service_known(&report))
            status = EXIT_WRONG;
        if (status == EXIT_DONE) {
            checks_run(&report);
            if (report.site.arena.failed)
                complain("out of memory");
            else
                status = options_has(options, OPTION_JSON) ? report_print_json(&report)
                                                           : report_print(&report);
        }
        if (report.site.arena.failed)
            status = EXIT_FAILED;
    }
    postconf_finish(&report.postconf);
    site_finish(&report.site);
    return status;
}
