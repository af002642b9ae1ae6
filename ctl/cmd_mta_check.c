/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/mta_checks.h"
#include "ctl/output.h"
#include "ctl/postconf_run.h"
#include "ctl/sendmail_checks.h"
#include "ctl/site.h"

struct report {
    struct site site;
    struct postconf postconf;
    struct mta mta;
    struct mta_findings findings;
    const char *version; /* of the MTA, NULL: not known */
};

static void check_run(struct report *report, const struct mta_check *check,
                      const struct postconf_service *service)
{
    struct buf found = BUF_INIT, advice = BUF_INIT;
    struct arena *arena = &report->site.arena;
    struct mta_findings *findings = &report->findings;

    if (findings->count < MTA_FINDINGS_MAX &&
        check->test(&report->mta, service, &found, &advice)) {
        findings->items[findings->count++] = (struct mta_finding){
            .name = check->name,
            .severity = check->severity,
            .service = service != NULL
                           ? arena_printf(arena, "%s/%s", service->name, service->type)
                           : NULL,
            .found = arena_strdup(arena, buf_str(&found)),
            .advice =
                advice.len != 0 ? arena_strdup(arena, buf_str(&advice)) : check->advice,
            .why = check->why};
        findings->warnings += check->severity == MTA_WARNING;
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

static const char *severity_name(const struct mta_finding *finding)
{
    return finding->severity == MTA_WARNING ? "warning" : "note";
}

/* One line: what was found, why, what to do. */
static void finding_print(const struct mta_finding *finding)
{
    struct buf text = BUF_INIT, line = BUF_INIT;

    buf_addf(&text, "%s: ", severity_name(finding));
    if (finding->service != NULL)
        buf_addf(&text, "%.100s: ", finding->service);
    buf_addf(&text, "%s: %s", finding->found, finding->why);
    if (finding->advice != NULL)
        buf_addf(&text, "; %s", finding->advice);
    harmless_add(&line, buf_str(&text));
    puts(buf_str(&line));
    buf_finish(&text);
    buf_finish(&line);
}

static int report_print(const struct report *report)
{
    for (size_t i = 0; i < report->findings.count; i++)
        finding_print(&report->findings.items[i]);
    if (report->findings.warnings == 0)
        puts("nothing to warn of");
    return report->findings.warnings == 0 ? EXIT_DONE : EXIT_NO;
}

static json_t *finding_json(const struct mta_finding *finding)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "check", finding->name,
                     "severity", severity_name(finding), "service",
                     json_text(finding->service), "found", json_text(finding->found),
                     "advice", json_text(finding->advice), "why", finding->why);
}

static int report_print_json(const struct report *report)
{
    const struct mta_findings *findings = &report->findings;
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        if (json_array_append_new(list, finding_json(&findings->items[i])) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    if (!json_print(json_pack("{s:b, s:o, s:o}", "ok", findings->warnings == 0,
                              "version", json_text(report->version), "findings", list)))
        return EXIT_FAILED;
    return findings->warnings == 0 ? EXIT_DONE : EXIT_NO;
}

/* --- the MTAs: an exit status, EXIT_DONE when the checks have run --- */

/* Fills in what the checks look at. */
static int postfix_fill(struct report *report, const struct options *options)
{
    struct mta *mta = &report->mta;
    struct buf error = BUF_INIT;
    const char *queue;
    size_t len;

    mta->postconf = &report->postconf;
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
    report->version = postconf_value(&report->postconf, NULL, "mail_version");
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

static int check_postfix(struct report *report, const struct options *options)
{
    const int status = postfix_fill(report, options);

    if (status != EXIT_DONE)
        return status;
    if (!service_known(report))
        return EXIT_WRONG;
    checks_run(report);
    return EXIT_DONE;
}

/* Is the service that was asked for one of this sendmail's? */
static bool daemon_known(const struct sendmail_cf *cf, const char *only)
{
    if (only == NULL)
        return true;
    for (size_t i = 0; i < cf->daemon_count; i++) {
        if (strcasecmp(cf->daemons[i].name, only) == 0)
            return true;
    }
    complain("sendmail has no daemon called %.200s", only);
    return false;
}

static int check_sendmail(struct report *report, const char *path)
{
    struct sendmail_cf cf = {.arena = report->mta.arena};
    struct buf error = BUF_INIT;

    if (!sendmail_cf_read(&cf, path, &error)) {
        complain("%s", buf_str(&error));
        buf_finish(&error);
        return EXIT_FAILED;
    }
    if (!daemon_known(&cf, report->mta.only))
        return EXIT_WRONG;
    report->version = cf.version;
    sendmail_checks_run(&cf, &report->mta.endpoint, report->mta.only,
                        &report->findings);
    return EXIT_DONE;
}

/* --- the command --- */

/* Fills in what holds for any MTA, and lets its checks run. */
static int mta_check(struct report *report, const struct options *options)
{
    struct mta *mta = &report->mta;
    struct buf error = BUF_INIT;

    mta->conf = report->site.conf;
    mta->arena = &report->site.arena;
    if (options_has(options, OPTION_SERVICE))
        mta->only = options->value[OPTION_SERVICE];
    if (!endpoint_parse(mta->conf->listen, mta->arena, &mta->endpoint, &error)) {
        complain("listen: %s", buf_str(&error));
        buf_finish(&error);
        return EXIT_WRONG;
    }
    if (options_has(options, OPTION_SENDMAIL))
        return check_sendmail(report, options->value[OPTION_SENDMAIL]);
    return check_postfix(report, options);
}

int cmd_mta_check(const struct options *options, int count, char **words)
{
    struct report report = {.version = NULL};
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (site_init(&report.site, options)) {
        status = mta_check(&report, options);
        if (status == EXIT_DONE) {
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
