/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "mail/address.h"
#include "policy/check.h"

/* A path that cannot be read, as it is told of: without the brackets around it, which
 * the MTA adds and a reply has of its own. */
static const char *path_shown(const char *path, struct arena *arena)
{
    size_t len = strlen(path);

    if (len >= 2 && path[0] == '<' && path[len - 1] == '>')
        return arena_strndup(arena, path + 1, len - 2);
    return arena_strdup(arena, path);
}

static void check_path(struct check *check, const char *path)
{
    struct verdict *verdict = check->verdict;
    struct verdict_address *entry;
    struct address address;
    enum reason reason;
    bool null;

    reason = address_parse_path(path, &check->owners->rules, &verdict->arena, &address,
                                &null);
    if (reason != REASON_NONE) {
        verdict_add_violation(verdict, PLACE_MAIL_FROM, reason,
                              path_shown(path, &verdict->arena));
        return;
    }
    if (null) {
        if (check->conf->null_sender == NULL_SENDER_REJECT &&
            verdict->violation_count == 0)
            verdict_add_violation(verdict, PLACE_MAIL_FROM, REASON_NULL_SENDER, "");
        return;
    }
    if (verdict->address_count != 0 &&
        strcmp(verdict->addresses[0].text, address.text) == 0)
        return; /* typed and resolved are the same address */
    entry = verdict_add_address(verdict, PLACE_MAIL_FROM, address.text);
    if (entry == NULL || check->conf->mail_from == MAIL_FROM_ANY)
        return; /* act() sees memory that ran out */
    reason = check_address(check, PLACE_MAIL_FROM, NULL, &address, entry);
    if (reason != REASON_NONE)
        verdict_add_violation(verdict, PLACE_MAIL_FROM, reason, address.text);
}

/* AUTH= of MAIL (RFC 4954 5): who the client says has written the message. It proves
 * nothing about who logged in. */
static void check_auth_param(struct check *check)
{
    struct verdict *verdict = check->verdict;
    const char *text = check->facts->auth_param;
    struct verdict_address *entry;
    struct address address;
    enum reason reason;

    if (check->conf->auth_param == AUTH_PARAM_IGNORE || text == NULL ||
        strcmp(text, "<>") == 0)
        return;
    reason = address_parse(text, strlen(text), &check->owners->rules, &verdict->arena,
                           &address, NULL);
    if (reason != REASON_NONE) {
        verdict_add_violation(verdict, PLACE_AUTH_PARAM, reason, text);
        return;
    }
    entry = verdict_add_address(verdict, PLACE_AUTH_PARAM, address.text);
    if (entry == NULL)
        return;
    reason = check_address(check, PLACE_AUTH_PARAM, NULL, &address, entry);
    if (reason != REASON_NONE)
        verdict_add_violation(verdict, PLACE_AUTH_PARAM, reason, address.text);
}

/* The address as the MTA resolved it. sendmail leaves out the domain where it is one of
 * its own: then it is the one that was typed. */
static const char *resolved_path(struct check *check)
{
    const struct verdict *verdict = check->verdict;
    const char *resolved = check->facts->mail_addr;
    const char *completed;

    if (strchr(resolved, '@') != NULL || verdict->address_count == 0)
        return resolved;
    completed = arena_printf(&check->verdict->arena, "%s%s", resolved,
                             strrchr(verdict->addresses[0].text, '@'));
    return completed != NULL ? completed : resolved;
}

void check_envelope(struct check *check)
{
    const struct facts *facts = check->facts;

    check_path(check, facts->mail_from != NULL ? facts->mail_from : "");
    if (facts->mail_addr != NULL && facts->mail_addr[0] != '\0')
        check_path(check, resolved_path(check));
    check_auth_param(check);
}
