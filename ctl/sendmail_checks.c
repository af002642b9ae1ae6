/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/sendmail_checks.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* All that a check may look at; `daemon` is NULL in those of the whole. */
struct subject {
    const struct sendmail_cf *cf;
    const struct endpoint *endpoint;
    const struct sendmail_daemon *daemon;
};

/* --- our filter --- */

static bool is_ours(const struct subject *subject, const struct sendmail_filter *filter)
{
    const struct endpoint *ours = subject->endpoint;
    struct buf error = BUF_INIT;
    struct endpoint theirs;
    bool parsed = endpoint_parse(filter->address, subject->cf->arena, &theirs, &error);

    buf_finish(&error);
    if (!parsed || theirs.kind != ours->kind || theirs.port != ours->port)
        return false;
    return strcmp(ours->kind == ENDPOINT_UNIX ? theirs.path : theirs.address,
                  ours->kind == ENDPOINT_UNIX ? ours->path : ours->address) == 0;
}

static const char *filters_of(const struct subject *subject)
{
    if (subject->daemon->filters != NULL)
        return subject->daemon->filters;
    return subject->cf->input_filters != NULL ? subject->cf->input_filters : "";
}

/* Ours among those that the daemon asks; *rest_r is the list behind it. */
static const struct sendmail_filter *ours_find(const struct subject *subject,
                                               const char **rest_r)
{
    const char *name;

    *rest_r = filters_of(subject);
    while ((name = sendmail_filter_next(subject->cf, rest_r)) != NULL) {
        const struct sendmail_filter *filter = sendmail_filter_find(subject->cf, name);

        if (filter != NULL && is_ours(subject, filter))
            return filter;
    }
    return NULL;
}

/* --- the tests: is there something to tell? --- */

static bool takes_logins(const struct sendmail_daemon *daemon)
{
    return strchr(daemon->modifiers, 'A') == NULL;
}

static bool test_no_auth(const struct subject *subject, struct buf *found)
{
    for (size_t i = 0; i < subject->cf->daemon_count; i++) {
        if (takes_logins(&subject->cf->daemons[i]))
            return false;
    }
    buf_adds(found, "no daemon offers AUTH (M=A)");
    return true;
}

static bool test_not_asked(const struct subject *subject, struct buf *found)
{
    const char *rest;

    if (!takes_logins(subject->daemon) || ours_find(subject, &rest) != NULL)
        return false;
    if (*filters_of(subject) == '\0')
        buf_adds(found, "no filter is asked");
    else
        buf_addf(found, "other filters are asked: %.200s", filters_of(subject));
    return true;
}

static bool test_default_action(const struct subject *subject, struct buf *found)
{
    const char *rest;
    const struct sendmail_filter *ours = ours_find(subject, &rest);

    if (ours == NULL || strpbrk(ours->flags, "T4") != NULL)
        return false;
    buf_addf(found, "the filter %.80s has F=%.20s", ours->name, ours->flags);
    return true;
}

static bool test_after(const struct subject *subject, struct buf *found)
{
    const char *rest, *next;

    if (ours_find(subject, &rest) == NULL)
        return false;
    next = sendmail_filter_next(subject->cf, &rest);
    if (next != NULL)
        buf_addf(found, "another filter is asked after ours: %.80s", next);
    return next != NULL;
}

static bool test_plaintext(const struct subject *subject, struct buf *found)
{
    const char *options = subject->cf->auth_options;

    if (options != NULL && strchr(options, 'p') != NULL)
        return false;
    buf_addf(found, "AuthOptions is \"%.40s\"", options != NULL ? options : "");
    return true;
}

/* Is the directory one that sendmail calls unsafe on the way to a socket? */
static bool is_unsafe(const char *directory, struct buf *found)
{
    struct stat st;

    if (stat(directory, &st) != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return false;
    buf_addf(found, "%.200s may be written to by others than its owner (mode %04o)",
             directory, (unsigned)st.st_mode & 07777);
    return true;
}

static bool test_socket(const struct subject *subject, struct buf *found)
{
    struct stat st;
    char *path;

    if (subject->endpoint->kind != ENDPOINT_UNIX)
        return false;
    if (stat(subject->endpoint->path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        buf_addf(found, "there is no socket %.200s", subject->endpoint->path);
        return true;
    }
    path = arena_strdup(subject->cf->arena, subject->endpoint->path);
    for (char *slash = path != NULL ? strrchr(path, '/') : NULL; slash != NULL;
         slash = strrchr(path, '/')) {
        *slash = '\0';
        if (is_unsafe(*path != '\0' ? path : "/", found))
            return true;
    }
    return false;
}

/* --- the table --- */

static const struct check {
    const char *name;
    enum mta_severity severity;
    bool each_daemon; /* or once */
    bool (*test)(const struct subject *subject, struct buf *found);
    const char *advice, *why;
} checks[] = {
    {"no-auth", MTA_WARNING, false, test_no_auth,
     "let the daemon where people hand in their mail have no A in M=",
     "the filter checks only messages of clients that logged in"},
    {"not-asked", MTA_WARNING, true, test_not_asked,
     "add INPUT_MAIL_FILTER as in sendas-milter(8)",
     "what logins send there is not checked"},
    {"socket", MTA_WARNING, false, test_socket,
     "start sendas-milter, and let only the owners write to the directories of its "
     "socket",
     "sendmail cannot ask the filter"},
    {"default-action", MTA_WARNING, true, test_default_action, "set F=T",
     "mail must wait, not pass unchecked, while the filter is away"},
    {"plaintext", MTA_NOTE, false, test_plaintext,
     "define confAUTH_OPTIONS with a p in it",
     "passwords may come over connections without TLS"},
    {"filter-after", MTA_NOTE, true, test_after, NULL,
     "it may change the fields that were checked"},
};

static void check_run(const struct check *check, const struct subject *subject,
                      struct mta_findings *findings)
{
    struct arena *arena = subject->cf->arena;
    struct buf found = BUF_INIT;

    if (findings->count < MTA_FINDINGS_MAX && check->test(subject, &found)) {
        findings->items[findings->count++] = (struct mta_finding){
            .name = check->name,
            .severity = check->severity,
            .service = subject->daemon != NULL ? subject->daemon->name : NULL,
            .found = arena_strdup(arena, buf_str(&found)),
            .advice = check->advice,
            .why = check->why};
        findings->warnings += check->severity == MTA_WARNING;
        if (found.failed)
            arena->failed = true;
    }
    buf_finish(&found);
}

void sendmail_checks_run(const struct sendmail_cf *cf, const struct endpoint *endpoint,
                         const char *only, struct mta_findings *findings)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct subject subject = {cf, endpoint, NULL};

        if (!checks[i].each_daemon) {
            check_run(&checks[i], &subject, findings);
            continue;
        }
        for (size_t j = 0; j < cf->daemon_count; j++) {
            subject.daemon = &cf->daemons[j];
            if (only == NULL || strcasecmp(only, cf->daemons[j].name) == 0)
                check_run(&checks[i], &subject, findings);
        }
    }
}
