/* SPDX-License-Identifier: BSD-2-Clause */
/* mta_socket.h - can Postfix's user reach the socket of the filter? */
#ifndef SENDAS_CTL_MTA_SOCKET_H
#define SENDAS_CTL_MTA_SOCKET_H

#include "ctl/mta_checks.h"

/* A row's test: true when somebody who should reach it cannot. */
bool mta_socket_test(const struct mta *mta, const struct postconf_service *service,
                     struct buf *found, struct buf *advice);

#endif
