/* SPDX-License-Identifier: BSD-2-Clause */
/* mta_header_checks.h - do Postfix's own tables rewrite sender fields? */
#ifndef SENDAS_CTL_MTA_HEADER_CHECKS_H
#define SENDAS_CTL_MTA_HEADER_CHECKS_H

#include "ctl/mta_checks.h"

/* A row's test: names the first table that may, or that cannot be read to see. */
bool mta_header_checks_test(const struct mta *mta,
                            const struct postconf_service *service, struct buf *found,
                            struct buf *advice);

#endif
