/* SPDX-License-Identifier: BSD-2-Clause */
/* record.h - the facts of a message as they stand in a log line: written there, and
 * read back so that a decision can be made anew. */
#ifndef SENDAS_POLICY_RECORD_H
#define SENDAS_POLICY_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/event.h"
#include "policy/facts.h"
#include "policy/verdict.h"

/*
 * A sender place is one value: its fields in the order of the message, parted by ";".
 * A field is the mailboxes that it names, parted by ","; "<>" when it names nobody;
 * "<REASON>" when it could not be read. What a display name shows stands before its
 * mailbox: "(address)", or "(<address>)" where some readers take it for a sender. The
 * local parts are as they were typed, the domains as the filter compares them.
 */

/* The line's last field; a line without it was cut on its way. */
#define RECORD_VERSION "1"

enum { RECORD_FIELDS_MAX = 20, RECORD_DECISION_MAX = 32 };

/* The word for what happens; in monitor mode, "would-" and what would have. */
void record_decision(enum action action, enum action would,
                     char out[RECORD_DECISION_MAX]);

/* What a line says of the facts. */
struct record_texts {
    const char *mail_from; /* "<>" for the null sender; NULL before MAIL */
    const char *from;      /* NULL: there is no such field */
    /* All others; a value of NULL is a fact that is not there. The last is "v". */
    struct event_field fields[RECORD_FIELDS_MAX];
    size_t count;
};

/*
 * Makes the texts in the arena, or borrows them from the facts. `at_mail`: the message
 * was stopped at MAIL, so that its header was never seen. What is longer than a line
 * holds (EVENT_VALUE_MAX), or cannot be written there exactly, is named in the field
 * "cut". When memory runs out, arena->failed is set.
 */
void record_write(const struct facts *facts, const struct verdict *verdict,
                  bool at_mail, struct arena *arena, struct record_texts *texts_r);

/* Facts that were read back, and how much of them there is. */
struct record {
    struct facts facts;
    bool at_mail; /* the header is not known */
    /* Keys of what is not complete, by commas, as written; NULL: all of it is there. */
    const char *cut;
};

/*
 * Reads the fields of a line, whose values have been unescaped; they are borrowed, the
 * rest is made in the arena. A field that is not known is passed over, so that a later
 * version may say more. false: this is no line that record_write() made, or memory ran
 * out (arena->failed).
 */
bool record_read(const struct event_field *fields, size_t count, struct arena *arena,
                 struct record *record_r);

#endif
