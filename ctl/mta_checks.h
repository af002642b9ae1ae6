/* SPDX-License-Identifier: BSD-2-Clause */
/* mta_checks.h - what is looked for in the settings of Postfix: one table. */
#ifndef SENDAS_CTL_MTA_CHECKS_H
#define SENDAS_CTL_MTA_CHECKS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "conf/endpoint.h"
#include "ctl/mta_finding.h"
#include "ctl/postconf.h"

/* Once, or once for which services. */
enum mta_scope {
    MTA_MAIN,    /* once */
    MTA_SMTPD,   /* each smtpd */
    MTA_LOGIN,   /* each smtpd that takes logins, by AUTH or XCLIENT */
    MTA_FILTERED /* each of these that names our filter */
};

/* All that a check may look at. */
struct mta {
    const struct conf *conf;
    struct endpoint endpoint; /* where our filter listens */
    const struct postconf *postconf;
    const char *queue; /* Postfix's queue directory, without a slash at its end */
    const char *only;  /* the service asked for, NULL: all */
    struct arena *arena;
};

/*
 * One row. `test` says whether there is something to tell, and appends what was found;
 * where what is to be done depends on that, it appends it to *advice. All of it may
 * hold bytes of Postfix's configuration: escape it.
 */
struct mta_check {
    const char *name; /* stable, for JSON */
    enum mta_severity severity;
    enum mta_scope scope;
    bool (*test)(const struct mta *mta, const struct postconf_service *service,
                 struct buf *found, struct buf *advice);
    const char *advice; /* what to do, unless the test says it; NULL: nothing */
    const char *why;
};

/* The table; ends with a row whose name is NULL. */
extern const struct mta_check mta_checks[];

/* Is the service an smtpd that counts: the one asked for, or any? */
bool mta_is_smtpd(const struct mta *mta, const struct postconf_service *service);

/* Is the check for this service? */
bool mta_in_scope(const struct mta *mta, const struct postconf_service *service,
                  enum mta_scope scope);

#endif
