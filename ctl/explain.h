/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.h - what `sendasctl explain' found out, and its two ways to say it. */
#ifndef SENDAS_CTL_EXPLAIN_H
#define SENDAS_CTL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/message.h"
#include "ctl/site.h"
#include "policy/facts.h"
#include "policy/verdict.h"

struct explain {
    struct site site; /* its maps are open, to tell who owns an address */
    struct message message;
    struct facts facts;
    struct verdict verdict; /* all that was found, in envelope and header */
    /*
     * What the milter does. When it refuses the envelope sender at MAIL it never sees
     * the header, so that what was found there changes nothing any more.
     */
    bool at_mail;
    enum action action;
    enum action would;
    bool violated;
    bool lookup_failed;
    const char *reply; /* "550 5.7.1 text", NULL when it lets the message pass */
};

/* For a person. */
void explain_print(struct explain *explain);

/* One JSON object. false after a complaint. */
bool explain_print_json(const struct explain *explain);

#endif
