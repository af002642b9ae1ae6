/* SPDX-License-Identifier: BSD-2-Clause */
/* received.h - builds the text of a Received field. */
#ifndef SENDAS_MAIL_RECEIVED_H
#define SENDAS_MAIL_RECEIVED_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"

/* What is known of how the message came in; NULL: not known. All bytes are hostile. */
struct received {
    /* Handed in by a program of the same machine, with no SMTP and from no host: the
     * field has no "from" and no "with". */
    bool local;
    bool hide_client;        /* say nothing of the client: no HELO, name, address */
    const char *helo;        /* as the client said it */
    const char *client_name; /* verified host name; "unknown" says that there is none */
    const char
        *client_addr; /* IPv4 or IPv6 address, the latter with or without "IPv6:" */
    const char *by;   /* our MTA's host name */
    const char *queue_id;
    /* What to show of the login, NULL: nothing. Without `authenticated` it is one that
     * the site gives to the client. */
    const char *login;
    const char *tls_version; /* as "TLSv1.3"; NULL or "": no TLS */
    const char *tls_cipher;  /* OpenSSL's or the registered name */
    bool authenticated;
    bool esmtp;    /* EHLO was used (implied by TLS, AUTH and SMTPUTF8) */
    bool smtputf8; /* the SMTPUTF8 parameter was given on MAIL */
    time_t when;
};

/* The protocol keyword of RFC 5321 4.4, RFC 3848 and RFC 6531 4.3: SMTP, ESMTPSA,
 * UTF8SMTPA ... Static storage. */
const char *received_keyword(const struct received *received);

/*
 * Appends the field's value (RFC 5321 4.4: from, by, with, id, the tls clause of RFC
 * 8314 4.3; date in the local zone), folded with LF and a tab so that no line with the
 * field's name exceeds 78 columns as far as the words allow. Whatever cannot stand in
 * its place is left out or made harmless:
 * - a HELO that is neither a domain nor an address literal gives way to the client's
 *   address literal; hidden or unknown, to "hidden.invalid" and "unknown.invalid";
 * - in comments, everything but printable ASCII without ( ) \ becomes '?';
 * - a cipher suite without a registered name stands in a comment and not in a tls
 * clause.
 */
void received_build(const struct received *received, struct buf *out);

#endif
