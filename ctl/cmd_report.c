/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/report.h"
#include "ctl/site.h"

/* The login that is asked for, as the log has it. false after a complaint. */
static bool login_choose(struct site *site, const struct options *options,
                         struct report *report)
{
    const char *login = options->value[OPTION_LOGIN];

    if (!options_has(options, OPTION_LOGIN))
        return true;
    report->login = login[0] != '\0' ? site_login(site, login) : "";
    return report->login != NULL;
}

int cmd_report(const struct options *options, int count, char **words)
{
    struct report report = {.login = NULL};
    struct log_source source;
    struct site site;
    int status = EXIT_WRONG;

    if (site_init(&site, options) && login_choose(&site, options, &report) &&
        log_source_read(options, site.conf->user, (const char *const *)words, count,
                        &source) &&
        log_read(&source, report_take, &report, &report.tally)) {
        status = EXIT_DONE;
        log_tally_tell(&report.tally);
        if (!report_sort(&report)) {
            complain("out of memory");
            status = EXIT_FAILED;
        } else if (!options_has(options, OPTION_JSON)) {
            report_print(&report);
        } else if (!report_print_json(&report)) {
            status = EXIT_FAILED;
        }
    } else if (report.arena.failed) {
        complain("out of memory");
        status = EXIT_FAILED;
    }
    report_finish(&report);
    site_finish(&site);
    return status;
}
