/* SPDX-License-Identifier: BSD-2-Clause */
/* verdict.h - what was decided about a message, and every fact behind it. */
#ifndef SENDAS_POLICY_VERDICT_H
#define SENDAS_POLICY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/names.h"
#include "conf/conf.h"
#include "mail/reason.h"
#include "policy/owner.h"
#include "policy/place.h"

/* What happens to the message, mildest first. */
enum action {
    ACTION_ACCEPT,
    ACTION_LOG,
    ACTION_TAG,
    ACTION_ADD_SENDER,
    ACTION_REWRITE,
    ACTION_QUARANTINE,
    ACTION_DISCARD,
    ACTION_DEFER,
    ACTION_REJECT
};
extern const struct name_row action_names[]; /* "accept", "log", ... "reject" */

/* One change of the message, to be carried out in order at its end. */
enum change_kind {
    CHANGE_ADD,      /* a new field at the end of the header */
    CHANGE_INSERT,   /* a new field directly below the MTA's own Received */
    CHANGE_REPLACE,  /* the value of the `nth` field of that name, from 1 */
    CHANGE_DELETE,   /* the `nth` field of that name: counted before any change */
    CHANGE_MAIL_FROM /* the envelope sender becomes `value` (no brackets); no name */
};

extern const struct name_row change_names[]; /* "add", "insert", ... "mail_from" */

struct verdict_change {
    enum change_kind kind;
    const char *name;
    unsigned nth;
    const char *value; /* as it is written: encoded, folded with LF and a blank */
};

/* One address as it was read. */
struct verdict_address {
    enum place place;
    const char *text; /* normalised */
    /* What the owner lookup said; only meaningful when `looked_up`. */
    bool looked_up;
    enum answer owned;
    const char *key;  /* the lookup key that decided, NULL if none had owners */
    const char *map;  /* the map that named the login, NULL if none did */
    enum right right; /* by which right the login may use it; RIGHT_NONE: by none */
    /* What the maps said, for the next place with the same address. */
    struct {
        enum answer send_as;
        enum answer on_behalf; /* when asked_behalf */
        bool asked_behalf;
        bool denied;
    } known;
};

/* One thing that is wrong. */
struct violation {
    enum place place;
    enum reason reason;
    const char
        *address; /* the address at fault, NULL when the field could not be read */
    /* Where reading stopped, for explain; NULL when that is not the point. */
    const char *field;
    size_t field_len;
    size_t error_at;
    const char *expected;
};

enum { VERDICT_VIOLATIONS_MAX = 16 };

/* All strings live in `arena`. A zeroed struct is a valid empty verdict. */
struct verdict {
    struct arena arena;
    enum action action; /* what to do */
    enum action
        would; /* what enforcing would do: differs from `action` in monitor mode */
    const char *rule; /* the rule that decided: "default" for the top-level settings */
    const struct conf_policy *policy; /* its settings */
    bool rule_unknown; /* a group that a rule asks for could not be asked: the top-level
                          on_lookup_failure decides */
    const char *client; /* as the facts have it */
    const char *login;  /* normalised; NULL: not authenticated */
    bool identified;    /* the login is a rule's identity: nobody has logged in */
    /* identity = "mail-from": the address that the client vouches for. NULL: none. */
    const char *vouched;
    /* The first VERDICT_VIOLATIONS_MAX of them; the count may go on. */
    struct violation *violations;
    size_t violation_count;
    struct verdict_address *addresses;
    size_t address_count;
    size_t address_cap;
    /* What is done to the message when it goes through, trace fields aside; of
     * `action`, not of `would`. */
    struct verdict_change *changes;
    size_t change_count;
    size_t change_cap;
    /* Set when a lookup could not be answered: the map's own line. `would` follows
     * on_lookup_failure then, unless a violation was found without it. */
    const char *lookup_error;
};

/* Starts a verdict on the caller's memory; makes it fresh for the next message; frees.
 */
void verdict_init(struct verdict *verdict);
void verdict_reset(struct verdict *verdict);
void verdict_finish(struct verdict *verdict);

/* How many of the violations are kept: the length of `violations`. */
size_t verdict_violations_kept(const struct verdict *verdict);

/*
 * Adds a violation at a place; its fields may then be filled in. NULL when there are
 * VERDICT_VIOLATIONS_MAX already (it is counted all the same) or memory ran out
 * (arena.failed).
 */
struct violation *verdict_add_violation(struct verdict *verdict, enum place place,
                                        enum reason reason, const char *address);

/* Adds an address that was read. NULL: out of memory (arena.failed). */
struct verdict_address *verdict_add_address(struct verdict *verdict, enum place place,
                                            const char *text);

/* Adds a change; the strings are borrowed. Memory that runs out shows in arena.failed.
 */
void verdict_add_change(struct verdict *verdict, enum change_kind kind,
                        const char *name, unsigned nth, const char *value);

/*
 * The SMTP reply for a verdict whose action is ACTION_DEFER or ACTION_REJECT: code
 * ("550"), enhanced code ("5.7.1"), and the text appended to *text_r (printable ASCII,
 * one line, at most 400 bytes).
 */
void verdict_reply(const struct verdict *verdict, const char **code_r,
                   const char **enhanced_r, struct buf *text_r);

#endif
