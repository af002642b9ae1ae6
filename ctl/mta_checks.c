/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/mta_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ctl/milter_spec.h"
#include "ctl/mta_header_checks.h"
#include "ctl/mta_socket.h"

/* The value for the service; "" for a setting that this Postfix does not have. */
static const char *value_of(const struct mta *mta,
                            const struct postconf_service *service, const char *name)
{
    const char *value = postconf_value(mta->postconf, service, name);

    return value != NULL ? value : "";
}

/* "name = value", cut where nobody reads on. */
static void setting_add(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "%s = %.200s%s", name, value, strlen(value) > 200 ? "..." : "");
}

/* --- whose door, and where is our filter --- */

bool mta_is_smtpd(const struct mta *mta, const struct postconf_service *service)
{
    return strcmp(service->command, "smtpd") == 0 &&
           (mta->only == NULL || strcmp(mta->only, service->name) == 0);
}

/* Do two paths lead to one file? */
static bool same_file(const char *a, const char *b)
{
    struct stat sa, sb;

    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

static bool is_ours(const struct mta *mta, const struct postconf_service *service,
                    const struct milter_spec *spec)
{
    const char *path;

    if (milter_spec_reaches(spec, mta->queue, service->chrooted, &mta->endpoint,
                            mta->arena))
        return true;
    if (mta->endpoint.kind != ENDPOINT_UNIX)
        return false;
    path = milter_spec_path(spec, mta->queue, service->chrooted, mta->arena);
    return path != NULL && same_file(path, mta->endpoint.path);
}

/*
 * Finds our filter in a list of the service's, the setting `name`. *after_r, if wanted,
 * is what follows it in the list.
 */
static bool ours_find_in(const struct mta *mta, const struct postconf_service *service,
                         const char *name, struct milter_spec *spec_r,
                         const char **after_r)
{
    const char *list = value_of(mta, service, name);

    while (milter_spec_next(&list, mta->arena, spec_r)) {
        if (!is_ours(mta, service, spec_r))
            continue;
        if (after_r != NULL)
            *after_r = list;
        return true;
    }
    return false;
}

static bool ours_find(const struct mta *mta, const struct postconf_service *service,
                      struct milter_spec *spec_r, const char **after_r)
{
    return ours_find_in(mta, service, "smtpd_milters", spec_r, after_r);
}

static bool offers_auth(const struct mta *mta, const struct postconf_service *service)
{
    return postconf_yes(mta->postconf, service, "smtpd_sasl_auth_enable");
}

/* Who may say by XCLIENT that somebody has logged in. */
#define XCLIENT_HOSTS "smtpd_authorized_xclient_hosts"

static bool takes_logins(const struct mta *mta, const struct postconf_service *service)
{
    return offers_auth(mta, service) ||
           value_of(mta, service, XCLIENT_HOSTS)[0] != '\0';
}

bool mta_in_scope(const struct mta *mta, const struct postconf_service *service,
                  enum mta_scope scope)
{
    struct milter_spec spec;

    if (!mta_is_smtpd(mta, service))
        return false;
    if (scope == MTA_SMTPD)
        return true;
    return scope != MTA_MAIN && takes_logins(mta, service) &&
           (scope == MTA_LOGIN || ours_find(mta, service, &spec, NULL));
}

/* --- the doors --- */

static bool test_no_auth(const struct mta *mta, const struct postconf_service *service,
                         struct buf *found, struct buf *advice)
{
    (void)service;
    (void)advice;
    for (size_t i = 0; i < mta->postconf->service_count; i++) {
        if (mta_in_scope(mta, &mta->postconf->services[i], MTA_LOGIN))
            return false;
    }
    buf_adds(found, "no service offers AUTH");
    return true;
}

static bool test_filter(const struct mta *mta, const struct postconf_service *service,
                        struct buf *found, struct buf *advice)
{
    const char *value = value_of(mta, service, "smtpd_milters");
    struct milter_spec spec;
    const char *ours;

    if (ours_find(mta, service, &spec, NULL))
        return false;
    ours = milter_spec_for(&mta->endpoint, mta->queue, service->chrooted, mta->arena);
    if (ours == NULL)
        return false; /* what is wrong then is the path, see test_jail() */
    buf_addf(found, "%s, and the filter is not asked (",
             offers_auth(mta, service) ? "AUTH is offered" : "XCLIENT brings logins");
    setting_add(found, "smtpd_milters", value);
    buf_adds(found, ")");
    buf_addf(advice, "set smtpd_milters = %s%s", ours,
             value[0] != '\0' ? ", among others" : "");
    return true;
}

static bool test_jail(const struct mta *mta, const struct postconf_service *service,
                      struct buf *found, struct buf *advice)
{
    struct milter_spec spec;

    if (ours_find(mta, service, &spec, NULL) ||
        milter_spec_for(&mta->endpoint, mta->queue, service->chrooted, mta->arena) !=
            NULL)
        return false;
    buf_addf(found, "smtpd is chrooted in %.200s, the filter listens at %.200s",
             mta->queue, mta->endpoint.path);
    buf_addf(advice,
             "set listen = \"unix:%.200s/sendas/milter.sock\" in sendas.conf, and "
             "smtpd_milters = unix:/sendas/milter.sock",
             mta->queue);
    return true;
}

static bool test_unauthenticated(const struct mta *mta,
                                 const struct postconf_service *service,
                                 struct buf *found, struct buf *advice)
{
    static const char *const names[] = {"submission", "submissions", "smtps", "587",
                                        "465"};
    const char *colon = strrchr(service->name, ':');
    const char *name = colon != NULL ? colon + 1 : service->name;

    (void)advice;
    if (takes_logins(mta, service) || strcmp(service->type, "inet") != 0)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            buf_adds(found, "a door for submission that offers no AUTH");
            return true;
        }
    }
    return false;
}

/* Tells of a setting that has a value. */
static bool is_set(const struct mta *mta, const struct postconf_service *service,
                   const char *name, struct buf *found)
{
    const char *value = value_of(mta, service, name);

    if (value[0] == '\0')
        return false;
    setting_add(found, name, value);
    return true;
}

static bool test_milter_maps(const struct mta *mta,
                             const struct postconf_service *service, struct buf *found,
                             struct buf *advice)
{
    (void)advice;
    return is_set(mta, service, "smtpd_milter_maps", found);
}

static bool test_xclient(const struct mta *mta, const struct postconf_service *service,
                         struct buf *found, struct buf *advice)
{
    (void)advice;
    return is_set(mta, service, XCLIENT_HOSTS, found);
}

static bool test_upstream_proxy(const struct mta *mta,
                                const struct postconf_service *service,
                                struct buf *found, struct buf *advice)
{
    (void)advice;
    return is_set(mta, service, "smtpd_upstream_proxy_protocol", found);
}

/* The service that hands the fields of what comes in by `service` on. */
static const struct postconf_service *cleanup_of(const struct mta *mta,
                                                 const struct postconf_service *service)
{
    return postconf_service_find(
        mta->postconf, value_of(mta, service, "cleanup_service_name"), "unix");
}

static bool test_local(const struct mta *mta, const struct postconf_service *service,
                       struct buf *found, struct buf *advice)
{
    const struct postconf_service *pickup =
        postconf_service_find(mta->postconf, "pickup", "unix");
    const struct postconf_service *cleanup = cleanup_of(mta, pickup);
    struct milter_spec spec;

    (void)service;
    (void)advice;
    if (mta->only != NULL || pickup == NULL || cleanup == NULL ||
        ours_find_in(mta, cleanup, "non_smtpd_milters", &spec, NULL))
        return false;
    buf_adds(found, "local programs hand in mail with sendmail(1) (");
    setting_add(found, "non_smtpd_milters",
                value_of(mta, cleanup, "non_smtpd_milters"));
    buf_adds(found, ")");
    return true;
}

/* --- how the filter is asked --- */

static bool test_default_action(const struct mta *mta,
                                const struct postconf_service *service,
                                struct buf *found, struct buf *advice)
{
    static const char *const safe[] = {"tempfail", "shutdown", "reject"};
    const char *value = value_of(mta, service, "milter_default_action");
    struct milter_spec spec;
    bool own;

    own = ours_find(mta, service, &spec, NULL) && spec.default_action != NULL;
    if (own)
        value = spec.default_action;
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
        if (strcasecmp(value, safe[i]) == 0)
            return false;
    }
    setting_add(found, own ? "default_action" : "milter_default_action", value);
    if (own)
        buf_adds(advice, "set default_action=tempfail in its smtpd_milters");
    return true;
}

static bool test_protocol(const struct mta *mta, const struct postconf_service *service,
                          struct buf *found, struct buf *advice)
{
    const char *value = value_of(mta, service, "milter_protocol");
    struct milter_spec spec;

    (void)advice;
    if (ours_find(mta, service, &spec, NULL) && spec.protocol != NULL)
        value = spec.protocol;
    if (atoi(value) >= 6)
        return false;
    setting_add(found, "milter_protocol", value);
    return true;
}

static bool test_after(const struct mta *mta, const struct postconf_service *service,
                       struct buf *found, struct buf *advice)
{
    struct milter_spec spec, next;
    const char *rest;

    (void)advice;
    if (!ours_find(mta, service, &spec, &rest) ||
        !milter_spec_next(&rest, mta->arena, &next))
        return false;
    buf_addf(found, "another filter is asked after ours: %.200s", next.address);
    return true;
}

/* --- what smtpd lets through --- */

static bool test_bare_newline(const struct mta *mta,
                              const struct postconf_service *service, struct buf *found,
                              struct buf *advice)
{
    static const char *const safe[] = {"yes", "normalize", "reject"};
    const char *value =
        postconf_value(mta->postconf, service, "smtpd_forbid_bare_newline");

    (void)advice;
    if (value == NULL)
        return false;
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
        if (strcasecmp(value, safe[i]) == 0)
            return false;
    }
    setting_add(found, "smtpd_forbid_bare_newline", value);
    return true;
}

static bool test_bare_newline_old(const struct mta *mta,
                                  const struct postconf_service *service,
                                  struct buf *found, struct buf *advice)
{
    (void)service;
    (void)advice;
    if (postconf_value(mta->postconf, NULL, "smtpd_forbid_bare_newline") != NULL)
        return false;
    buf_addf(found, "Postfix %.40s has no smtpd_forbid_bare_newline",
             value_of(mta, NULL, "mail_version"));
    return true;
}

/* Does the text, escaped as in C, name the byte NUL? */
static bool names_nul(const char *text)
{
    while ((text = strchr(text, '\\')) != NULL) {
        const size_t digits = strspn(text + 1, "01234567");

        if (digits != 0 && strspn(text + 1, "0") >= (digits < 3 ? digits : 3))
            return true;
        text += text[1] != '\0' ? 2 : 1;
    }
    return false;
}

static bool test_nul(const struct mta *mta, const struct postconf_service *service,
                     struct buf *found, struct buf *advice)
{
    const char *value =
        value_of(mta, cleanup_of(mta, service), "message_reject_characters");

    (void)advice;
    if (names_nul(value))
        return false;
    setting_add(found, "message_reject_characters", value);
    return true;
}

/* --- the table --- */

const struct mta_check mta_checks[] = {
    {"no-auth", MTA_WARNING, MTA_MAIN, test_no_auth,
     "set smtpd_sasl_auth_enable = yes for the service where people hand in their mail",
     "the filter checks only messages of clients that logged in"},
    {"not-asked", MTA_WARNING, MTA_LOGIN, test_filter, NULL,
     "what logins send there is not checked"},
    {"outside-chroot", MTA_WARNING, MTA_LOGIN, test_jail, NULL,
     "a chrooted smtpd reaches no socket outside of its jail"},
    {"socket", MTA_WARNING, MTA_MAIN, mta_socket_test, NULL,
     "smtpd cannot ask the filter"},
    {"default-action", MTA_WARNING, MTA_FILTERED, test_default_action,
     "set milter_default_action = tempfail",
     "mail must wait, not pass unchecked, while the filter is away"},
    {"protocol", MTA_WARNING, MTA_FILTERED, test_protocol, "set milter_protocol = 6",
     "with an older protocol the filter does not see all that it needs"},
    {"bare-newline", MTA_WARNING, MTA_LOGIN, test_bare_newline,
     "set smtpd_forbid_bare_newline = yes",
     "a second message can be smuggled in behind a first"},
    {"nul", MTA_WARNING, MTA_LOGIN, test_nul, "set message_reject_characters = \\0",
     "programs differ in what they read where a NUL byte stands"},
    {"bare-newline-unknown", MTA_NOTE, MTA_MAIN, test_bare_newline_old,
     "update to 3.5.23, 3.6.13, 3.7.9, 3.8.4 or later",
     "a second message can be smuggled in behind a first"},
    {"submission-without-auth", MTA_NOTE, MTA_SMTPD, test_unauthenticated, NULL,
     "mail that comes in there has no login, and is not checked"},
    {"xclient", MTA_NOTE, MTA_LOGIN, test_xclient, NULL,
     "whom these hosts say has logged in is believed"},
    {"upstream-proxy", MTA_NOTE, MTA_LOGIN, test_upstream_proxy, NULL,
     "whoever connects there says which client it is"},
    {"milter-maps", MTA_NOTE, MTA_LOGIN, test_milter_maps, NULL,
     "the clients that it lists are sent to other filters or none"},
    {"filter-after", MTA_NOTE, MTA_FILTERED, test_after, NULL,
     "it may change the fields that were checked"},
    {"header-checks", MTA_NOTE, MTA_MAIN, mta_header_checks_test, NULL,
     "these may change sender fields without a check of ours"},
    {"local-mail", MTA_NOTE, MTA_MAIN, test_local, NULL,
     "mail that comes in this way is not seen by the filter"},
    {.name = NULL},
};
