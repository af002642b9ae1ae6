/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/reply_text.h"

#include <string.h>

#include "base/escape.h"

const struct name_row reply_words[] = {
    {"login", REPLY_LOGIN},   {"address", REPLY_ADDRESS},   {"place", REPLY_PLACE},
    {"reason", REPLY_REASON}, {"sentence", REPLY_SENTENCE}, {"rule", REPLY_RULE},
    {"client", REPLY_CLIENT}, {"help_url", REPLY_HELP_URL}, {NULL, 0},
};

enum { WORD_SHOWN = 40 };

static void expect_words(struct buf *why)
{
    buf_adds(why, "expected one of");
    for (const struct name_row *row = reply_words; row->name != NULL; row++)
        buf_addf(why, " {%s}", row->name);
}

/* Behind an opening brace. */
static bool word_take(const char **text_io, struct reply_part *part_r,
                      struct buf *why_r)
{
    const char *name = *text_io;
    const size_t len = strcspn(name, "{}");

    if (name[len] != '}') {
        buf_adds(why_r, "expected } behind a { and the name of a placeholder, or {{ "
                        "for a brace");
        return false;
    }
    for (const struct name_row *row = reply_words; row->name != NULL; row++) {
        if (strlen(row->name) != len || memcmp(row->name, name, len) != 0)
            continue;
        *part_r = (struct reply_part){NULL, 0, (enum reply_word)row->value};
        *text_io = name + len + 1;
        return true;
    }
    expect_words(why_r);
    buf_adds(why_r, ", found {");
    escape_text(why_r, name, len, WORD_SHOWN);
    buf_addc(why_r, '}');
    return false;
}

bool reply_part_next(const char **text_io, struct reply_part *part_r, struct buf *why_r)
{
    const char *text = *text_io;

    if (text[0] == '\0')
        return false;
    if (text[0] != '{' && text[0] != '}') {
        *part_r = (struct reply_part){text, strcspn(text, "{}"), REPLY_LOGIN};
        *text_io = text + part_r->len;
        return true;
    }
    if (text[1] == text[0]) {
        *part_r = (struct reply_part){text, 1, REPLY_LOGIN};
        *text_io = text + 2;
        return true;
    }
    if (text[0] == '}') {
        buf_adds(why_r, "expected }} for a brace, found a } without {");
        return false;
    }
    ++*text_io;
    return word_take(text_io, part_r, why_r);
}

/* Does it begin with a code, as replies do on the wire? */
static bool begins_with_code(const char *text)
{
    return strchr("245", text[0]) != NULL && text[0] != '\0' &&
           strspn(text, "0123456789") == 3 && (text[3] == ' ' || text[3] == '-');
}

bool reply_text_check(const char *text, struct buf *why_r)
{
    struct reply_part part;

    if (begins_with_code(text)) {
        buf_adds(why_r, "expected the text alone, as the codes are put before it");
        return false;
    }
    if (strlen(text) > REPLY_TEXT_MAX) {
        buf_addf(why_r, "expected at most %d bytes", REPLY_TEXT_MAX);
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~') {
            buf_adds(why_r, "expected printable ASCII, which is all that a reply "
                            "can be sure to carry");
            return false;
        }
    }
    while (reply_part_next(&text, &part, why_r))
        continue;
    return why_r->len == 0;
}
