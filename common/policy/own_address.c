/* SPDX-License-Identifier: BSD-2-Clause */
/* own_address.c - the one address that stands for a login. */
#include "config.h"

#include <string.h>

#include "mail/address.h"
#include "policy/check.h"

/* Can it stand in a field of this message? Beyond ASCII that takes SMTPUTF8. */
static bool may_stand(const struct check *check, const char *text)
{
    if (check->facts->smtputf8)
        return true;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

/* The text as an address that may stand in a field; false: it is none. */
static bool read_address(const struct check *check, const char *text,
                         struct address *address_r)
{
    return address_parse(text, strlen(text), &check->owners->rules,
                         &check->verdict->arena, address_r, NULL) == REASON_NONE &&
           may_stand(check, address_r->text);
}

/* The envelope sender, as typed or as resolved, that the login owns. */
static const char *find_envelope(const struct check *check)
{
    const struct verdict *verdict = check->verdict;

    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *entry = &verdict->addresses[i];

        if (entry->place == PLACE_MAIL_FROM && entry->right == RIGHT_SEND_AS &&
            may_stand(check, entry->text))
            return entry->text;
    }
    return NULL;
}

static const char *find_own(struct check *check)
{
    const struct verdict *verdict = check->verdict;
    struct address address;

    if (verdict->login == NULL)
        return NULL;
    if (check->conf->own_address != NULL && check->conf->own_address[0] != '\0')
        return read_address(check, check->conf->own_address, &address) ? address.text
                                                                       : NULL;
    if (verdict->vouched != NULL)
        return may_stand(check, verdict->vouched) ? verdict->vouched : NULL;
    if (read_address(check, verdict->login, &address)) {
        switch (check_ask(check, RIGHT_SEND_AS, &address, NULL)) {
        case ANSWER_YES:
            return address.text;
        case ANSWER_UNKNOWN:
            check->own_unknown = true;
            return NULL;
        case ANSWER_NO:
            break;
        }
    }
    return find_envelope(check);
}

const char *check_own_address(struct check *check)
{
    if (!check->own_found) {
        check->own_found = true;
        check->own = find_own(check);
    }
    return check->own;
}

bool check_has_no_address(struct check *check)
{
    return check_own_address(check) == NULL && !check->own_unknown;
}
