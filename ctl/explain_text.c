/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/caret.h"
#include "ctl/explain.h"
#include "ctl/output.h"
#include "ctl/owners.h"
#include "ctl/table.h"

enum { VALUE_SHOWN = 1000 };

static const char *action_name(enum action action)
{
    return names_name(action_names, (int)action);
}

static const char *place_title(enum place place)
{
    return names_name(place_titles, (int)place);
}

/* --- the verdict --- */

/* A value is shown on one line, its folds as blanks. */
static const char *value_shown(struct arena *arena, const char *value)
{
    char *line = arena_strdup(arena, value != NULL ? value : "");

    for (char *p = line; p != NULL && (p = strchr(p, '\n')) != NULL;)
        memmove(p, p + 1, strlen(p));
    return line != NULL ? shown(arena, line, VALUE_SHOWN) : "?";
}

static void change_print(struct arena *arena, const struct verdict_change *change)
{
    const char *name =
        change->name != NULL ? shown(arena, change->name, SHOWN_MAX) : "";
    const char *value = value_shown(arena, change->value);

    switch (change->kind) {
    case CHANGE_ADD:
    case CHANGE_INSERT:
        printf("adds:    %s: %s\n", name, value);
        break;
    case CHANGE_REPLACE:
        printf("changes: %s %u: %s\n", name, change->nth, value);
        break;
    case CHANGE_DELETE:
        printf("deletes: %s %u\n", name, change->nth);
        break;
    case CHANGE_MAIL_FROM:
        printf("changes: MAIL FROM: %s\n", value);
        break;
    }
}

static void verdict_print(struct explain *explain)
{
    struct arena *arena = &explain->site.arena;
    const struct verdict *verdict = &explain->verdict;

    printf("verdict: %s", action_name(explain->action));
    if (verdict->policy->mode == MODE_MONITOR)
        printf(" (mode = monitor; enforced it were: %s)", action_name(explain->would));
    printf("\nrule:    %s\n", shown(arena, verdict->rule, SHOWN_MAX));
    if (verdict->login != NULL)
        printf("login:   %s%s\n", shown(arena, verdict->login, SHOWN_MAX),
               verdict->identified ? " (by the rule: nobody has logged in)" : "");
    else
        printf("login:   %s\n", explain->facts.login == NULL
                                    ? "none: the client is not authenticated"
                                    : "one that cannot be used");
    if (explain->reply != NULL)
        printf("reply:   %s%s\n", shown(arena, explain->reply, SHOWN_MAX),
               explain->at_mail ? "\n         (at MAIL: the message is never sent)"
                                : "");
    for (size_t i = 0; i < verdict->change_count && !explain->at_mail; i++)
        change_print(arena, &verdict->changes[i]);
    if (verdict->lookup_error != NULL)
        printf("lookup failed: %s\n", shown(arena, verdict->lookup_error, SHOWN_MAX));
}

/* --- the addresses --- */

/* May the login use it? */
static const char *owned_shown(const struct verdict_address *address)
{
    if (!address->looked_up)
        return "-";
    switch (address->owned) {
    case ANSWER_YES:
        return address->right == RIGHT_ON_BEHALF || address->right == RIGHT_RESEND
                   ? names_name(right_names, (int)address->right)
                   : "yes";
    case ANSWER_NO:
        return "no";
    case ANSWER_UNKNOWN:
        break;
    }
    return "?";
}

/* Who may use it, as the maps say. */
static const char *owners_text(struct explain *explain, const char *text)
{
    struct arena *arena = &explain->site.arena;
    struct buf ignored = BUF_INIT;
    struct owners owners = {0};
    struct address address;
    const char *shown_owners = "?";

    if (address_parse(text, strlen(text), &explain->site.rules, arena, &address,
                      NULL) == REASON_NONE &&
        owners_find(&explain->site, RIGHT_SEND_AS, &address, arena, &owners,
                    &ignored) != ANSWER_UNKNOWN)
        shown_owners = owners_shown(&owners, arena);
    if (owners.key != NULL && strcmp(owners.key, text) != 0)
        shown_owners = arena_printf(arena, "%s (by %s)", shown_owners,
                                    shown(arena, owners.key, SHOWN_MAX));
    buf_finish(&ignored);
    return shown_owners != NULL ? shown_owners : "?";
}

/* What stands for a place in which no address was read. */
static const char *nothing_shown(const struct explain *explain, enum place place)
{
    const struct verdict *verdict = &explain->verdict;

    if (place == PLACE_MAIL_FROM && strcmp(explain->facts.mail_from, "<>") == 0)
        return "<>";
    for (size_t i = 0; i < verdict_violations_kept(verdict); i++) {
        const struct violation *violation = &verdict->violations[i];

        if (violation->place == place &&
            (violation->field != NULL ||
             (place == PLACE_MAIL_FROM && violation->address != NULL)))
            return "(could not be read)";
    }
    return "-";
}

static void addresses_print(struct explain *explain)
{
    static const char *const heading[] = {"PLACE", "ADDRESS", "ALLOWED", "OWNERS"};
    const struct verdict *verdict = &explain->verdict;
    struct table table = {.columns = 4};

    for (int i = 0; i < PLACE_COUNT; i++) {
        enum place place = (enum place)i;
        bool any = false;

        for (size_t j = 0; j < verdict->address_count; j++) {
            const struct verdict_address *address = &verdict->addresses[j];

            if (address->place != place)
                continue;
            any = true;
            table_add(&table,
                      (const char *const[]){place_title(place), address->text,
                                            owned_shown(address),
                                            owners_text(explain, address->text)});
        }
        if (!any && i <= PLACE_RESENT_SENDER)
            table_add(&table,
                      (const char *const[]){place_title(place),
                                            nothing_shown(explain, place), "", ""});
    }
    putchar('\n');
    table_print(&table, heading);
    table_finish(&table);
}

/* --- the violations --- */

static void violation_print(struct explain *explain, const struct violation *violation)
{
    enum { INDENT = 4 };
    struct arena *arena = &explain->site.arena;
    struct buf caret = BUF_INIT;

    printf("  %s%s%s: %s (%s)\n", place_title(violation->place),
           violation->address != NULL ? " " : "",
           violation->address != NULL ? shown(arena, violation->address, SHOWN_MAX)
                                      : "",
           reason_sentence(violation->reason), reason_name(violation->reason));
    if (violation->field == NULL)
        return;
    caret_format(&caret, INDENT, violation->field, violation->field_len,
                 violation->error_at, violation->expected);
    fputs(buf_str(&caret), stdout);
    buf_finish(&caret);
}

static void violations_print(struct explain *explain)
{
    const struct verdict *verdict = &explain->verdict;
    size_t kept = verdict_violations_kept(verdict);

    if (kept == 0)
        return;
    puts("\nviolations:");
    for (size_t i = 0; i < kept; i++)
        violation_print(explain, &verdict->violations[i]);
    if (verdict->violation_count > kept)
        puts("  and more");
}

/* --- what a person should know of the header --- */

static void notes_print(const struct message *message)
{
    if (message->ended_at != 0)
        printf("\nnote: line %zu is no header field: the header ends there, as in an "
               "MTA\n",
               message->ended_at);
    if (message->cut_at != 0)
        printf("\nnote: line %zu: a NUL byte ends the field\n", message->cut_at);
    if (message->header.senders.dropped)
        puts("\nnote: more sender fields, or larger ones, than are kept");
}

void explain_print(struct explain *explain)
{
    verdict_print(explain);
    addresses_print(explain);
    violations_print(explain);
    notes_print(&explain->message);
}
