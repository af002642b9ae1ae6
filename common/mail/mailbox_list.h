/* SPDX-License-Identifier: BSD-2-Clause */
/* mailbox_list.h - the value of a From, Sender or Resent-* field: its mailboxes, or why
 * it cannot be read in exactly one way. */
#ifndef SENDAS_MAIL_MAILBOX_LIST_H
#define SENDAS_MAIL_MAILBOX_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "mail/address.h"
#include "mail/reason.h"

enum {
    MAILBOX_FIELD_MAX = 65536, /* bytes of one field that are read; more is too-long */
    MAILBOX_COUNT_MAX = 1000   /* mailboxes of one field; more is too-long */
};

/* Spans are of the input, as it stands: folded, quoted and encoded. */
struct mailbox {
    struct address address;
    const char *name; /* what stands before the address: display name and comments */
    size_t name_len;
    const char *comment; /* the comments behind it */
    size_t comment_len;
    /* Not an author of its own: an address in the name or the comment of the mailbox
     * that follows in the list, where some readers take it for the sender. Either the
     * name is that address alone without quotes (user@dom <user@dom>), or it is quoted
     * or encoded and an angle, quote, comma or semicolon stands in it too. */
    bool in_name;
};

/*
 * What reading a field gave. With reason REASON_NONE the mailboxes are what every
 * reasonable reader finds, and all of them must be permitted, those in names too (with
 * address.literal_only: by a map row of exactly that address). Otherwise `error_at` is
 * the offset of the byte where reading stopped, `expected` says what could have stood
 * there (static text), and the mailboxes read so far are for display only. `empty` is
 * true for a field that holds no address but is otherwise well formed (blank, comment,
 * "<>", empty group): mailboxes is then 0 and the reason REASON_NONE.
 */
struct mailbox_list {
    struct mailbox *mailboxes;
    size_t count;
    bool empty;
    enum reason reason;
    size_t error_at;
    const char *expected;
};

/*
 * Reads the value of an address field (RFC 5322 3.4 with obsolete forms, RFC 6854
 * groups, RFC 6532), folded as it stands in the message (LF or CRLF before a blank).
 * Pure: no I/O, no state, time linear in `len`, no recursion. Strings live in the arena
 * or in the input. Returns list_r->reason. Out of memory: arena->failed is set and the
 * reason is REASON_SYNTAX.
 */
enum reason mailbox_list_parse(const char *bytes, size_t len,
                               const struct address_rules *rules, struct arena *arena,
                               struct mailbox_list *list_r);

#endif
