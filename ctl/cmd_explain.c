/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/explain.h"
#include "ctl/output.h"
#include "policy/policy.h"

/* --- the facts --- */

static bool header_read(struct explain *explain, const struct facts_wanted *wanted,
                        const char *path)
{
    FILE *file = path == NULL || strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    bool done = file != NULL;

    if (done)
        done = message_read(file, wanted, &explain->site.arena, &explain->message);
    if (!done)
        complain("%s: %s", file == stdin ? "(standard input)" : path, strerror(errno));
    if (file != NULL && file != stdin)
        fclose(file);
    return done;
}

static bool facts_read(struct explain *explain, const struct facts_wanted *wanted,
                       const struct options *options, const char *path)
{
    const char *const *value = options->value;

    if (!header_read(explain, wanted, path))
        return false;
    explain->facts = (struct facts){
        .login = value[OPTION_LOGIN][0] != '\0' ? value[OPTION_LOGIN] : NULL,
        .client = value[OPTION_CLIENT],
        .client_name = value[OPTION_CLIENT_NAME],
        .daemon = value[OPTION_DAEMON],
        .mechanism = value[OPTION_MECHANISM],
        .tls_version = value[OPTION_TLS],
        .cert_subject = value[OPTION_CERT_SUBJECT],
        .cert_issuer = value[OPTION_CERT_ISSUER],
        .auth_param = value[OPTION_AUTH_PARAM],
        .host = value[OPTION_HOST],
        .smtputf8 = options_has(options, OPTION_SMTPUTF8),
        .mail_from =
            value[OPTION_MAIL_FROM][0] != '\0' ? value[OPTION_MAIL_FROM] : "<>",
        .mail_addr = value[OPTION_MAIL_ADDR],
    };
    header_lend(&explain->message.header, &explain->facts);
    return true;
}

/* --- the decision --- */

/* The reply to a verdict that refuses; NULL when it does not. */
static const char *reply_make(struct explain *explain)
{
    struct buf text = BUF_INIT;
    const char *code, *enhanced;
    const char *reply;

    if (explain->verdict.action < ACTION_DEFER)
        return NULL;
    verdict_reply(&explain->verdict, &code, &enhanced, &text);
    reply =
        arena_printf(&explain->site.arena, "%s %s %s", code, enhanced, buf_str(&text));
    buf_finish(&text);
    return reply;
}

/* What would happen if this verdict were the last word. */
static void outcome_take(struct explain *explain)
{
    const struct verdict *verdict = &explain->verdict;

    explain->action = verdict->action;
    explain->would = verdict->would;
    explain->violated = verdict->violation_count != 0;
    explain->lookup_failed = verdict->lookup_error != NULL;
    explain->reply = reply_make(explain);
}

static void decide(struct explain *explain, struct policy *policy)
{
    policy_check_envelope(policy, &explain->facts, &explain->verdict);
    outcome_take(explain);
    explain->at_mail = explain->action >= ACTION_DEFER;
    policy_check_header(policy, &explain->facts, &explain->verdict);
    if (!explain->at_mail)
        outcome_take(explain);
}

static int explain_run(struct explain *explain, const struct options *options,
                       const char *path)
{
    struct buf error = BUF_INIT;
    struct policy *policy = policy_create(explain->site.conf, &error);
    bool done = true;

    if (policy == NULL)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    if (policy == NULL || !facts_read(explain, policy_wanted(policy), options, path)) {
        policy_destroy(policy);
        return EXIT_WRONG;
    }
    decide(explain, policy);
    if (options_has(options, OPTION_JSON))
        done = explain_print_json(explain);
    else
        explain_print(explain);
    policy_destroy(policy);
    if (!done)
        return EXIT_FAILED;
    if (explain->violated)
        return EXIT_NO;
    return explain->lookup_failed ? EXIT_FAILED : EXIT_DONE;
}

static bool options_complete(const struct options *options)
{
    static const enum option_id needed[] = {OPTION_LOGIN, OPTION_MAIL_FROM};

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const struct option_row *row = &option_rows[needed[i]];

        if (!options_has(options, needed[i])) {
            complain("explain wants --%s %s: %s", row->name, row->argument, row->help);
            return false;
        }
    }
    return true;
}

int cmd_explain(const struct options *options, int count, char **words)
{
    struct explain explain = {.at_mail = false};
    int status = EXIT_WRONG;

    if (!options_complete(options))
        return EXIT_WRONG;
    verdict_init(&explain.verdict);
    if (site_init(&explain.site, options) && site_maps_open(&explain.site))
        status = explain_run(&explain, options, count != 0 ? words[0] : NULL);
    verdict_finish(&explain.verdict);
    site_finish(&explain.site);
    return status;
}
