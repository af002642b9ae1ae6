/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/replay.h"
#include "ctl/site.h"
#include "ctl/suggest.h"

/* Opens the policy of the configuration. false after a complaint. */
static bool policy_open(struct site *site, const struct options *options,
                        struct suggest *suggest)
{
    const char *login = options->value[OPTION_LOGIN];

    suggest->login_domain = site->conf->login_domain;
    suggest->policy = replay_policy(site->conf);
    if (suggest->policy == NULL)
        return false;
    if (options_has(options, OPTION_LOGIN))
        suggest->login = login[0] != '\0' ? site_login(site, login) : "";
    return !options_has(options, OPTION_LOGIN) || suggest->login != NULL;
}

/* What could not be judged. */
static void left_out_tell(const struct suggest *suggest)
{
    log_tally_tell(&suggest->tally);
    if (suggest->incomplete != 0)
        complain("%" PRIu64 " message%s did not fit into a line and cannot be judged",
                 suggest->incomplete, suggest->incomplete == 1 ? "" : "s");
    if (suggest->untold != 0)
        complain("%" PRIu64 " message%s could not be judged wholly: %s",
                 suggest->untold, suggest->untold == 1 ? "" : "s",
                 suggest->map_error != NULL ? suggest->map_error : "out of memory");
}

static int suggest_run(struct suggest *suggest, const struct options *options)
{
    left_out_tell(suggest);
    if (!suggest_judge(suggest)) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    if (!options_has(options, OPTION_JSON))
        suggest_print(suggest, options_has(options, OPTION_RULES));
    else if (!suggest_print_json(suggest))
        return EXIT_FAILED;
    return suggest->untold != 0 ? EXIT_FAILED : EXIT_DONE;
}

int cmd_suggest(const struct options *options, int count, char **words)
{
    struct suggest suggest = {.policy = NULL};
    struct log_source source;
    struct site site;
    int status = EXIT_WRONG;

    if (site_init(&site, options) && policy_open(&site, options, &suggest) &&
        log_source_read(options, site.conf->user, (const char *const *)words, count,
                        &source) &&
        log_read(&source, suggest_take, &suggest, &suggest.tally))
        status = suggest_run(&suggest, options);
    if (suggest.arena.failed || suggest.verdict.arena.failed) {
        complain("out of memory");
        status = EXIT_FAILED;
    }
    suggest_finish(&suggest);
    policy_destroy(suggest.policy);
    site_finish(&site);
    return status;
}
