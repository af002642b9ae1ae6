/* SPDX-License-Identifier: BSD-2-Clause */
/* reason.h - the one table of reasons for which an address or a field is refused. */
#ifndef SENDAS_MAIL_REASON_H
#define SENDAS_MAIL_REASON_H

/*
 * Each row: constant, stable short name (logs, JSON), sentence for the SMTP reply (ASCII,
 * follows the name of the place as in "From: ..."), paragraph for the manual.
 * The manual's list of reasons is checked against this table.
 */
#define REASON_TABLE(ROW)                                                                \
    /* What the decision finds. */                                                       \
    ROW(REASON_NOT_OWNED, "not-owned", "this address is not yours to use",               \
        "The address was read without doubt, and no map lets the login use it.")         \
    ROW(REASON_NOT_MAIL_FROM, "not-mail-from",                                           \
        "this address differs from the envelope sender",                                 \
        "With from = mail-from, every address in From must be the envelope sender.")     \
    ROW(REASON_NULL_SENDER, "null-sender", "the empty envelope sender is not allowed",   \
        "With null_sender = reject, a login may not send with MAIL FROM:<>.")            \
    ROW(REASON_MISSING_FROM, "missing-from", "the message has no From field",            \
        "The header has no From field, or one without any address.")                     \
    ROW(REASON_SEVERAL_FROM, "several-from", "the message has more than one From field", \
        "RFC 5322 allows one From field; programs differ in which of several they show.")\
    ROW(REASON_ODD_FIELD_NAME, "odd-field-name",                                         \
        "the name of a sender field holds blanks or odd bytes",                          \
        "A field name such as 'From ' or one with control or 8-bit bytes: some programs "\
        "read it as a sender field, others do not.")                                     \
    ROW(REASON_BAD_LOGIN, "bad-login", "your login name cannot be used to send mail",    \
        "The MTA reports a login that is empty, too long or holds control bytes; such a "\
        "login owns nothing.")                                                           \
    /* What the reader finds: the rows of mailbox_list.c and address.c. */               \
    ROW(REASON_SYNTAX, "syntax", "the field cannot be read in exactly one way",          \
        "The field does not follow RFC 5322, so that programs may read different "       \
        "addresses in it.")                                                              \
    ROW(REASON_TOO_LONG, "too-long", "the field is too long",                            \
        "The field, the number of its mailboxes or the number of sender fields is over " \
        "the limit. Nothing is judged by a part of it.")

enum reason {
    REASON_NONE = 0, /* nothing to object to */
#define REASON_ENUM(id, name, sentence, paragraph) id,
    REASON_TABLE(REASON_ENUM)
#undef REASON_ENUM
    REASON_COUNT
};

/* The three texts of a reason, static; "none" and empty texts for REASON_NONE. */
const char *reason_name(enum reason reason);
const char *reason_sentence(enum reason reason);
const char *reason_paragraph(enum reason reason);

#endif
