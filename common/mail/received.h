/* SPDX-License-Identifier: BSD-2-Clause */
/* received.h - builds the text of a Received field. */
#ifndef SENDAS_MAIL_RECEIVED_H
#define SENDAS_MAIL_RECEIVED_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"

/* What is known of how the message came in; NULL: not known. All bytes are hostile. */
struct received {
    const char *helo;        /* as the client said it */
    const char *client_name; /* verified host name, NULL or "unknown" if there is none */
    const char *client_addr; /* IPv4 or IPv6 address; NULL also hides helo and name */
    const char *by;          /* our MTA's host name */
    const char *queue_id;
    const char *login;       /* what to show of the login, NULL: nothing */
    const char *tls_version; /* as "TLSv1.3"; NULL: no TLS */
    const char *tls_cipher;
    const char *tls_bits;
    bool authenticated;
    bool esmtp;    /* EHLO was used (implied by TLS, AUTH and SMTPUTF8) */
    bool smtputf8; /* the SMTPUTF8 parameter was given on MAIL */
    time_t when;
};

/* The protocol keyword of RFC 3848 and RFC 6531 4.3: SMTP, ESMTPSA, UTF8SMTPA ... */
const char *received_keyword(const struct received *received);

/*
 * Appends the field's value (RFC 5321 4.4: from, by, with, id, the tls clause of RFC 8314
 * 4.3; date in the local zone), folded with LF and a tab, no line over 78 columns as far
 * as the words allow. Whatever cannot stand in its place is left out or made harmless.
 */
void received_build(const struct received *received, struct buf *out);

#endif
