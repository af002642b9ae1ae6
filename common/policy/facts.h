/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.h - all that a decision may look at: plain data, no libmilter type. */
#ifndef SENDAS_POLICY_FACTS_H
#define SENDAS_POLICY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf_policy_checks.h"
#include "mail/reason.h"
#include "policy/place.h"

/* One header field as the MTA handed it over: the value may be folded; no NUL inside.
 */
struct facts_field {
    const char *name;
    const char *value;
    size_t value_len;
    /* A reading that is known already, of a message that is only remembered (a line of
     * the log): why the field could not be read. REASON_NONE: read it. */
    enum reason known;
};

/* What is kept of one message at most; the milter and explain must see the same. */
enum {
    FACTS_FIELDS_MAX = 100,       /* sender fields */
    FACTS_BYTES_MAX = 256 * 1024, /* bytes of their values together */
    FACTS_TRACES_MAX = 200,       /* trace fields */
    FACTS_TRACE_MAX = 1024        /* bytes of the value of one; the rest is cut off */
};

/* The client of a message that a local program gave to the MTA (sendmail(1)). */
#define FACTS_CLIENT_LOCAL CLIENT_LOCAL

/* Borrowed pointers all; NULL means not known or not there. */
struct facts {
    /* {auth_authen}; NULL: the client is not authenticated. "" is a login that owns
     * nothing: the MTA says that somebody logged in, but not who. */
    const char *login;
    const char *client; /* client address, or FACTS_CLIENT_LOCAL; NULL: not known */
    const char *client_name; /* its host name as far as the MTA could verify it */
    const char *daemon;      /* {daemon_name}: which service of the MTA took the mail */
    const char *mechanism;   /* {auth_type} */
    const char *tls_version; /* {tls_version}; NULL: no TLS */
    const char *cert_subject; /* {cert_subject}, of a certificate that was verified */
    const char *cert_issuer;  /* {cert_issuer} */
    /* AUTH= of MAIL, decoded (xtext), or as typed where it is no xtext; NULL: none. */
    const char *auth_param;
    const char *host; /* the MTA's own name */
    bool smtputf8;    /* SMTPUTF8 was given on MAIL: raw UTF-8 may stand in fields */
    const char *mail_from; /* the argument of MAIL as typed; NULL before MAIL */
    const char
        *mail_addr; /* the same as the MTA resolved it; NULL: the MTA did not say */

    /* The sender fields (facts_kind()), in order. */
    const struct facts_field *fields;
    size_t field_count;
    bool fields_dropped; /* there were more, or larger ones, than the limits allow */
    /* Likewise the trace fields. */
    const struct facts_field *traces;
    size_t trace_count;
    bool traces_dropped;
};

/* What this site wants to know of a header beside the sender fields. */
struct facts_wanted {
    bool results;          /* Authentication-Results */
    const char *tag_field; /* fields of this name; NULL: none */
};

enum facts_kind { FACTS_NONE, FACTS_SENDER, FACTS_TRACE };

/*
 * What a field is to the decision. FACTS_SENDER: From, Sender, Resent-From,
 * Resent-Sender and Reply-To in any case, and every name that some reader could take
 * for one of them: with blanks, controls or 8-bit bytes around or inside; and
 * Full-Name, which sendmail puts before the address where it adds a From or
 * Resent-From, after us. FACTS_TRACE: what `wanted` says, likewise.
 */
enum facts_kind facts_kind(const struct facts_wanted *wanted, const char *name);

/* Is the name this word (in any case), as facts_kind() compares them? */
bool facts_name_resembles(const char *name, const char *word);

/*
 * Is there anything to be judged in a sender field with this value (`len` bytes)? Not
 * in a Full-Name that is a plain name.
 */
bool facts_field_counts(const char *name, const char *value, size_t len);

/*
 * The place a field name stands for; *plain_r is false when it is not exactly that name
 * (case aside), so that readers may disagree about it. false: no sender field.
 */
bool facts_field_place(const char *name, enum place *place_r, bool *plain_r);

#endif
