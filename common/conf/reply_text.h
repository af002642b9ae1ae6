/* SPDX-License-Identifier: BSD-2-Clause */
/* reply_text.h - the text of a reply with {placeholders}: what may stand in it. */
#ifndef SENDAS_CONF_REPLY_TEXT_H
#define SENDAS_CONF_REPLY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/names.h"

/* What a placeholder stands for. */
enum reply_word {
    REPLY_LOGIN,    /* who logged in, normalised */
    REPLY_ADDRESS,  /* the address at fault */
    REPLY_PLACE,    /* where it stands: "MAIL FROM", "From" */
    REPLY_REASON,   /* the word for what is wrong: "not-owned" */
    REPLY_SENTENCE, /* the usual text, without the address of help */
    REPLY_RULE,     /* the name of the rule that decided */
    REPLY_CLIENT,   /* the client's address */
    REPLY_HELP_URL  /* the setting help_url */
};
extern const struct name_row reply_words[]; /* "login", "address", ... */

enum { REPLY_TEXT_MAX = 300 }; /* bytes of a text as it is written */

/* A part of a text: bytes that stand for themselves, or a placeholder. */
struct reply_part {
    const char *bytes; /* NULL: a placeholder */
    size_t len;
    enum reply_word word;
};

/*
 * Takes the next part off the front of *text_io. "{{" and "}}" are braces that stand
 * for themselves. false: the text is at its end, or (why_r->len != 0) has a mistake:
 * what was expected is in *why_r.
 */
bool reply_part_next(const char **text_io, struct reply_part *part_r,
                     struct buf *why_r);

/* A row's `check`: printable ASCII of at most REPLY_TEXT_MAX bytes, all parts known. */
bool reply_text_check(const char *text, struct buf *why_r);

#endif
