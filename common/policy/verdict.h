/* SPDX-License-Identifier: BSD-2-Clause */
/* verdict.h - what was decided about a message, and every fact behind it. */
#ifndef SENDAS_POLICY_VERDICT_H
#define SENDAS_POLICY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/names.h"
#include "mail/reason.h"

/* Where an address stands. */
enum place {
    PLACE_MAIL_FROM,
    PLACE_FROM,
    PLACE_SENDER,
    PLACE_RESENT_FROM,
    PLACE_RESENT_SENDER,
    PLACE_COUNT
};

/* Their names in settings, logs and JSON ("mail_from") and in replies ("MAIL FROM"). */
extern const struct name_row place_names[];
extern const struct name_row place_titles[];

/* What happens to the message, mildest first. */
enum action { ACTION_ACCEPT, ACTION_LOG, ACTION_DEFER, ACTION_REJECT };
extern const struct name_row action_names[]; /* "accept", "log", "defer", "reject" */

/* One address as it was read; `text` is normalised. */
struct verdict_address {
    enum place place;
    const char *text;
};

/* One thing that is wrong. */
struct violation {
    enum place place;
    enum reason reason;
    const char *address; /* the address at fault, NULL when the field could not be read */
    /* Where reading stopped, for explain; NULL when that is not the point. */
    const char *field;
    size_t field_len;
    size_t error_at;
    const char *expected;
};

/* All strings live in `arena`. A zeroed struct is a valid empty verdict. */
struct verdict {
    struct arena arena;
    enum action action; /* what to do */
    enum action would;  /* what enforcing would do: differs from `action` in monitor mode */
    const char *rule;   /* the rule that decided: "default" for the top-level settings */
    const char *login;  /* normalised; NULL: not authenticated */
    struct violation *violations;
    size_t violation_count;
    struct verdict_address *addresses;
    size_t address_count;
    /* Set when a lookup could not be answered: the map's own line. `would` follows
     * on_lookup_failure then, unless a violation was found without it. */
    const char *lookup_error;
};

void verdict_init(struct verdict *verdict);
void verdict_reset(struct verdict *verdict);
void verdict_finish(struct verdict *verdict);

/*
 * The SMTP reply for a verdict whose action is ACTION_DEFER or ACTION_REJECT: code
 * ("550"), enhanced code ("5.7.1"), and the text appended to *text_r (printable ASCII, one
 * line, at most 400 bytes).
 */
void verdict_reply(const struct verdict *verdict, const char **code_r,
                   const char **enhanced_r, struct buf *text_r);

#endif
