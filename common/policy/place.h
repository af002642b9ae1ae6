/* SPDX-License-Identifier: BSD-2-Clause */
/* place.h - where in a message an address stands. */
#ifndef SENDAS_POLICY_PLACE_H
#define SENDAS_POLICY_PLACE_H

#include "base/names.h"

enum place {
    PLACE_MAIL_FROM,
    PLACE_FROM,
    PLACE_SENDER,
    PLACE_RESENT_FROM,
    PLACE_RESENT_SENDER,
    PLACE_REPLY_TO,
    PLACE_AUTH_PARAM,
    PLACE_COUNT
};

/* Their names in settings, logs and JSON ("mail_from") and in replies ("MAIL FROM"). */
extern const struct name_row place_names[];
extern const struct name_row place_titles[];

#endif
