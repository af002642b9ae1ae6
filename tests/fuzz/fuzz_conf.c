/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the file, it is loaded or refused with a line for each mistake; what was
 * loaded is printed as a file that loads the same; and its rules choose without a crash
 * for whoever comes. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "conf/conf_table.h"
#include "fuzz.h"
#include "mail/login.h"
#include "policy/rules.h"

static struct conf *load(const void *text, size_t len, struct buf *error_r)
{
    char path[] = "/tmp/sendas-fuzz-XXXXXX";
    const int fd = mkstemp(path);
    struct conf *conf;

    MUST(fd != -1);
    MUST(write(fd, text, len) == (ssize_t)len);
    MUST(close(fd) == 0);
    conf = conf_load(path, error_r);
    MUST(unlink(path) == 0);
    if (conf == NULL)
        MUST(error_r->len != 0 && strncmp(buf_str(error_r), path, strlen(path)) == 0);
    else
        MUST(error_r->len == 0);
    return conf;
}

static void fail_to_differ(void *arg, const struct conf_difference *difference)
{
    (void)arg;
    (void)difference;
    MUST(!"a printed configuration loads to another");
}

static void check_print(const struct conf *conf)
{
    struct buf text = BUF_INIT, error = BUF_INIT;
    struct conf *again;

    conf_print(&conf->head, &text);
    again = load(text.len != 0 ? text.data : "", text.len, &error);
    MUST(again != NULL);
    MUST(conf_diff(&conf->head, &again->head, fail_to_differ, NULL));
    conf_destroy(again);
    buf_finish(&text);
    buf_finish(&error);
}

static enum answer has_group(void *arg, const char *group, const char *login,
                             struct arena *arena, struct buf *error_r)
{
    (void)arg;
    (void)arena;
    if (strlen(group) != strlen(login))
        return ANSWER_NO;
    buf_adds(error_r, "cannot tell");
    return ANSWER_UNKNOWN;
}

static void check_choice(const struct conf *conf, const struct rules *rules,
                         const struct facts *facts)
{
    static const struct rules_groups groups = {has_group, NULL, NULL};
    struct arena arena = {0};
    struct buf error = BUF_INIT;
    const struct conf_rule *rule = NULL;
    const char *login = facts->login != NULL
                            ? login_normalise(facts->login, strlen(facts->login),
                                              conf->login_domain, &arena)
                            : NULL;
    const enum answer answer =
        rules_choose(rules, facts, login, &groups, &arena, &rule, &error);

    MUST((answer == ANSWER_YES) == (rule != NULL));
    MUST((answer == ANSWER_UNKNOWN) == (error.len != 0));
    MUST(rule == NULL ||
         (rule >= conf->rules && rule < conf->rules + conf->rule_count));
    /* Who has not logged in is never meant by a login, nor the other way round. */
    if (rule != NULL && facts->login == NULL)
        MUST(rule->logins.count == 0 && rule->login_domains.count == 0 &&
             rule->authenticated != RULE_AUTHENTICATED_YES);
    if (rule != NULL && facts->login != NULL)
        MUST(rule->authenticated != RULE_AUTHENTICATED_NO);
    arena_finish(&arena);
    buf_finish(&error);
}

static void check_rules(const struct conf *conf)
{
    static const struct facts all[] = {
        {.login = NULL},
        {.login = "alice@example.org",
         .client = "192.0.2.7",
         .client_name = "mx.example.org",
         .daemon = "submission",
         .mechanism = "PLAIN",
         .tls_version = "TLSv1.2"},
        {.client = "2001:db8::1", .client_name = "unknown", .cert_subject = "scanner"},
        {.client = FACTS_CLIENT_LOCAL},
        {.login = "", .client = "x", .client_name = ".", .tls_version = "TLSv"},
        {.login = "@", .client = "::ffff:192.0.2.7", .client_name = "[192.0.2.7]"},
    };
    struct buf error = BUF_INIT;
    struct rules *rules = rules_create(conf, &error);

    MUST((rules != NULL) == (error.len == 0));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && rules != NULL; i++)
        check_choice(conf, rules, &all[i]);
    rules_destroy(rules);
    buf_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf error = BUF_INIT;
    struct conf *conf = load(data, size, &error);

    if (conf != NULL) {
        check_print(conf);
        check_rules(conf);
    }
    conf_destroy(conf);
    buf_finish(&error);
    return 0;
}
