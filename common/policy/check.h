/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h - one message's way through the policy; private to this room. */
#ifndef SENDAS_POLICY_CHECK_H
#define SENDAS_POLICY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "mail/mailbox_list.h"
#include "policy/facts.h"
#include "policy/owner.h"
#include "policy/verdict.h"

/* One sender field, and what was found in it. */
struct reading {
    const struct facts_field *field;
    enum place place;
    bool plain;   /* its name is exactly that of the place */
    unsigned nth; /* among the fields of that name, from 1; 0: not plain */
    bool parsed;  /* `list` is filled in */
    struct mailbox_list list;
    bool keep; /* nothing speaks against it, or it is not checked at all */
};

struct check {
    const struct conf *site;
    const struct conf_policy *conf; /* of the rule that decides */
    const struct owner_site *owners;
    const struct facts *facts;
    struct verdict *verdict;

    /* The header, once it is known. */
    struct reading *readings;
    size_t reading_count;
    size_t from_count;   /* From fields, by their exact name */
    size_t from_nobody;  /* of these, fields that name nobody */
    size_t authors;      /* mailboxes in them */
    size_t sender_count; /* Sender fields that name somebody */
    bool on_behalf;      /* it goes out in the name of somebody else */
    bool needs_sender;   /* there must be a Sender of the login's own */

    /* May the login resend what it finds? (delegate.c) */
    bool resend_asked;
    enum answer resend;

    /* What rewrite and the like put in (own_address.c). */
    bool own_found;
    bool own_unknown; /* a map could not tell */
    const char *own;  /* NULL: there is none, or nobody knows */
};

/* --- check.c: one address --- */

/* Enough is enough: a thousand foreign addresses need no thousand lookups. One more
 * than is kept is counted, which tells that there are more. */
bool check_has_enough(const struct check *check);

/* Notes a lookup that was not answered. */
void check_note_failure(struct check *check, const struct buf *error);

/* Has the login this right to use the address? An unknown answer is noted. */
enum answer check_ask(struct check *check, enum right right,
                      const struct address *address, struct owner_trace *trace_r);

/*
 * May the login use the address in this place, by the setting for it and by any right
 * that counts there? `reading`: where it stands (NULL: no header field). What was found
 * is noted in *entry. REASON_NONE also when that could not be told.
 */
enum reason check_address(struct check *check, enum place place,
                          const struct reading *reading, const struct address *address,
                          struct verdict_address *entry);

/* The envelope sender as it was read, NULL when it was empty or unreadable. */
const char *check_envelope_text(const struct check *check);

/* --- check_envelope.c, check_fields.c: a client with a login or an identity --- */

void check_envelope(struct check *check);
void check_fields(struct check *check);

/* Makes `readings` from the facts, not parsed yet. */
void readings_make(struct check *check);

/* Parses the field, unless that is done. Its reason. */
enum reason reading_parse(struct check *check, struct reading *reading);

/* Adds the violation of a field that cannot be read. */
void reading_complain(struct check *check, const struct reading *reading);

/* --- delegate.c: what counts beside send-as --- */

/* Is the field older than the topmost resent block: From, Sender, or one of an older
 * block? */
bool delegate_is_history(const struct check *check, const struct reading *reading);

/* May an address that is not the login's stand here since it sends on what others
 * wrote? */
enum answer delegate_resend(struct check *check, const struct reading *reading);

/* --- outside.c: a client that has neither --- */

void outside_check_envelope(struct check *check);
void outside_check_fields(struct check *check);

/* --- own_address.c --- */

/*
 * The address that stands for the login in fields that are added: the setting
 * own_address; else the login, if it is an address that it owns; else the envelope
 * sender, if that is owned. NULL: there is none, or (own_unknown) nobody knows.
 */
const char *check_own_address(struct check *check);

/* Is it certain that there is none? */
bool check_has_no_address(struct check *check);

/* --- rewrite.c: what mends a message; all at its end --- */

/* Adds the changes that an accepted message needs: From, Sender. */
void rewrite_complete(struct check *check);

/* Adds the changes that make the message the login's own. false: that is not possible,
 * and there may be half of them. */
bool rewrite_message(struct check *check);

/* Likewise, for on_violation = add-sender. */
bool rewrite_sender(struct check *check);

/* --- act.c: what follows --- */

/* Sets the verdict's actions, and its changes when the header is known (`at_end`). */
void act(struct check *check, bool at_end);

#endif
