/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/reason.h"

struct reason_row {
    const char *name;
    const char *sentence;
    const char *paragraph;
};

static const struct reason_row reason_rows[] = {[REASON_NONE] = {"none", "", ""},
#define REASON_ROW(id, name, sentence, paragraph) [id] = {name, sentence, paragraph},
                                                REASON_TABLE(REASON_ROW)
#undef REASON_ROW
};

const char *reason_name(enum reason reason)
{
    return reason_rows[reason].name;
}

const char *reason_sentence(enum reason reason)
{
    return reason_rows[reason].sentence;
}

const char *reason_paragraph(enum reason reason)
{
    return reason_rows[reason].paragraph;
}
