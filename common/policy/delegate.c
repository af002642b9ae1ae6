/* SPDX-License-Identifier: BSD-2-Clause */
/* delegate.c - sending on what others wrote (RFC 5322 3.6.6). */
#include "config.h"

#include "policy/check.h"

/* The first Resent-From of the header from `i` on; reading_count: there is none. */
static size_t find_resent_from(const struct check *check, size_t i)
{
    while (i < check->reading_count && check->readings[i].place != PLACE_RESENT_FROM)
        i++;
    return i;
}

/* Is everybody whom the field names the login's own, and may it resend as them? */
static enum answer ask_field(struct check *check, struct reading *reading)
{
    static const enum right rights[] = {RIGHT_SEND_AS, RIGHT_RESEND};
    enum answer answer = ANSWER_YES;

    if (!reading->plain || reading_parse(check, reading) != REASON_NONE ||
        reading->list.count == 0)
        return ANSWER_NO;
    for (size_t i = 0; i < reading->list.count; i++) {
        for (size_t j = 0; j < sizeof(rights) / sizeof(rights[0]); j++) {
            switch (check_ask(check, rights[j], &reading->list.mailboxes[i].address,
                              NULL)) {
            case ANSWER_NO:
                return ANSWER_NO;
            case ANSWER_UNKNOWN:
                answer = ANSWER_UNKNOWN;
                break;
            case ANSWER_YES:
                break;
            }
        }
    }
    return answer;
}

bool delegate_is_history(const struct check *check, const struct reading *reading)
{
    const size_t second = find_resent_from(check, find_resent_from(check, 0) + 1);

    switch (reading->place) {
    case PLACE_FROM:
    case PLACE_SENDER:
        return true;
    case PLACE_RESENT_FROM:
    case PLACE_RESENT_SENDER:
        return (size_t)(reading - check->readings) >= second;
    default:
        return false;
    }
}

enum answer delegate_resend(struct check *check, const struct reading *reading)
{
    size_t first;

    if (reading == NULL || !delegate_is_history(check, reading))
        return ANSWER_NO;
    if (!check->resend_asked) {
        check->resend_asked = true;
        first = find_resent_from(check, 0);
        check->resend = first < check->reading_count
                            ? ask_field(check, &check->readings[first])
                            : ANSWER_NO;
    }
    return check->resend;
}
