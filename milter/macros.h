/* SPDX-License-Identifier: BSD-2-Clause */
/* macros.h - the MTA's macros that we read, and when we ask to be sent them. */
#ifndef SENDAS_MILTER_MACROS_H
#define SENDAS_MILTER_MACROS_H

#include <libmilter/mfapi.h>

enum macro {
    MACRO_HOST,        /* the MTA's own host name */
    MACRO_DAEMON,      /* which service of the MTA took the mail */
    MACRO_CLIENT_NAME, /* of the client, when it was verified; else "unknown" (Postfix)
                          or the address in brackets (sendmail) */
    MACRO_AUTH_TYPE,   /* the SASL mechanism */
    MACRO_AUTH_AUTHEN, /* who logged in; never {auth_author}, which the client chooses
                        */
    MACRO_MAIL_ADDR,   /* the envelope sender as the MTA resolved it */
    MACRO_TLS_VERSION,
    MACRO_TLS_CIPHER,
    MACRO_TLS_VERIFY,   /* sendmail: "OK" for a verified certificate; Postfix: never */
    MACRO_CERT_SUBJECT, /* Postfix: the CN of a verified certificate; sendmail: the
                           DN of any */
    MACRO_CERT_ISSUER,
    MACRO_PROTOCOL, /* "ESMTP" or "SMTP" (sendmail only) */
    MACRO_QUEUE_ID
};

/*
 * In the negotiate callback: asks the MTA to send each macro at the stage where we read
 * it, and no others. MI_SUCCESS, or MI_FAILURE when memory ran out.
 */
int macros_request(SMFICTX *ctx);

/* The macro's value now, NULL if the MTA did not send it; libmilter's, valid during the
 * callback. */
const char *macros_get(SMFICTX *ctx, enum macro macro);

#endif
