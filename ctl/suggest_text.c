/* SPDX-License-Identifier: BSD-2-Clause */
/* suggest_text.c - suggestions as a shell script that a person reads first. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "ctl/output.h"
#include "ctl/shell.h"
#include "ctl/suggest.h"

enum { SUSPICIOUS_SHOWN = 20 /* of one login */ };

/* Prints a comment. Whatever it holds, it stays one line that the shell passes over. */
static void comment_print(const char *text)
{
    struct buf line = BUF_INIT;

    harmless_add(&line, text);
    printf("# %s\n", line.failed ? "?" : buf_str(&line));
    buf_finish(&line);
}

static void places_format(unsigned places, struct buf *out)
{
    bool any = false;

    for (int place = 0; place < PLACE_COUNT; place++) {
        if ((places & 1U << place) == 0)
            continue;
        buf_addf(out, "%s%s", any ? ", " : "", names_name(place_titles, place));
        any = true;
    }
}

/* How often, when, from where, why. */
static void evidence_print(struct suggest *suggest, const struct wish *wish)
{
    const struct span *span = &wish->span;
    char first[MOMENT_MAX], last[MOMENT_MAX];
    struct buf text = BUF_INIT;

    moment_format(span->timed, span->first, first);
    moment_format(span->timed, span->last, last);
    buf_addf(&text, "%" PRIu64 " message%s", span->count, span->count == 1 ? "" : "s");
    if (span->timed)
        buf_addf(&text, ", %s to %s", first, last);
    if (span->client_count != 0) {
        buf_adds(&text, ", from ");
        span_clients_format(span, &text);
    }
    buf_adds(&text, ": ");
    places_format(wish->places, &text);
    buf_addf(&text, " %s", reason_name(wish->reason));
    comment_print(shown(&suggest->arena, buf_str(&text), SHOWN_MAX));
    buf_finish(&text);
}

/* Prints a command, as a comment if it is not to be run as it stands. */
static void command_print(const struct strlist *command, bool comment)
{
    struct buf line = BUF_INIT;
    bool readable = command != NULL;

    buf_addf(&line, "%ssendasctl", comment ? "#" : "");
    for (size_t i = 0; readable && i < command->count; i++) {
        buf_addc(&line, ' ');
        readable = shell_word_add(&line, command->items[i]);
    }
    if (readable && !line.failed)
        puts(buf_str(&line));
    else
        comment_print("(its name holds what cannot be written here)");
    buf_finish(&line);
}

static void alternative_print(const struct alternative *alternative)
{
    comment_print(alternative->why);
    for (size_t i = 0; i < 2 && alternative->commands[i] != NULL; i++)
        command_print(alternative->commands[i], true);
}

static void grant_print(struct suggest *suggest, const struct wish *wish)
{
    struct alternative alternative;

    putchar('\n');
    evidence_print(suggest, wish);
    if (wish->hint != NULL)
        comment_print(shown(&suggest->arena, wish->hint, SHOWN_MAX));
    command_print(suggest_command(suggest, wish), wish->suspicious);
    if (suggest_domain(suggest, wish, &alternative))
        alternative_print(&alternative);
    if (suggest_group(suggest, wish, &alternative))
        alternative_print(&alternative);
}

static void login_print(struct suggest *suggest, const char *login)
{
    struct buf text = BUF_INIT;

    buf_addf(&text, "--- login %s ---", shown(&suggest->arena, login, SHOWN_MAX));
    putchar('\n');
    comment_print(buf_str(&text));
    buf_finish(&text);
}

static void grants_print(struct suggest *suggest)
{
    const char *login = NULL;
    size_t suspicious = 0;

    for (const struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next) {
        if (wish->kind != WISH_GRANT)
            continue;
        if (login == NULL || strcmp(login, wish->login) != 0) {
            login_print(suggest, wish->login);
            suspicious = 0;
        }
        login = wish->login;
        suspicious += wish->suspicious;
        if (suspicious <= SUSPICIOUS_SHOWN)
            grant_print(suggest, wish);
        else if (suspicious == SUSPICIOUS_SHOWN + 1)
            comment_print("and more of these (--json has all)");
    }
}

/* The rule, each line as a comment unless it is to be taken as it stands. */
static void lines_print(const char *text, bool comment)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, "\n");

        printf("%s%.*s\n", comment ? "#" : "", (int)len, text);
        text += len;
        text += *text == '\n';
    }
}

/* What is in the way of a rule, or what to think of first. */
static void rule_hints_print(struct suggest *suggest, const struct wish *wish)
{
    struct buf text = BUF_INIT;

    if (wish->hint != NULL)
        comment_print(wish->hint);
    if (wish->reason == REASON_ADDRESS_IN_NAME && wish->address != NULL) {
        buf_addf(&text, "a name shows %s to the reader: a grant of it is the other way",
                 shown(&suggest->arena, wish->address, SHOWN_MAX));
        comment_print(buf_str(&text));
    }
    if (wish->rule != NULL && strcmp(wish->rule, "default") != 0) {
        buf_clear(&text);
        buf_addf(&text,
                 "rule \"%s\" decides about it now: set it there, or put this "
                 "one before it",
                 shown(&suggest->arena, wish->rule, SHOWN_MAX));
        comment_print(buf_str(&text));
    }
    buf_finish(&text);
}

static void senders_print(struct suggest *suggest, const struct wish *wish)
{
    struct buf text = BUF_INIT;

    if (wish->kind == WISH_CLIENT && wish->senders.count != 0) {
        buf_adds(&text, "it sends as ");
        for (size_t i = 0; i < wish->senders.count; i++)
            buf_addf(&text, "%s%s", i != 0 ? ", " : "", wish->senders.items[i]);
        buf_adds(&text, wish->more_senders ? " and more" : "");
        comment_print(shown(&suggest->arena, buf_str(&text), SHOWN_MAX));
    }
    buf_finish(&text);
}

static void rules_print(struct suggest *suggest, bool comment)
{
    bool any = false;

    for (const struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next) {
        struct buf rule = BUF_INIT;

        if (wish->kind != WISH_SETTING && wish->kind != WISH_CLIENT)
            continue;
        if (!any && comment)
            puts("\n# --- rules for sendas.conf (--rules prints them alone) ---");
        any = true;
        putchar('\n');
        evidence_print(suggest, wish);
        senders_print(suggest, wish);
        rule_hints_print(suggest, wish);
        if (suggest_rule(wish, &rule) && !rule.failed)
            lines_print(buf_str(&rule), comment || wish->suspicious);
        else
            comment_print("(a rule for it cannot be written here)");
        buf_finish(&rule);
    }
}

/* What no grant and no rule should make pass. */
static void others_print(struct suggest *suggest)
{
    bool any = false;

    for (const struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next) {
        struct buf text = BUF_INIT;

        if (wish->kind != WISH_NOTHING)
            continue;
        if (!any)
            puts("\n# --- nothing to grant: the program that sends it must change ---");
        any = true;
        putchar('\n');
        buf_addf(
            &text, "login %s",
            shown(&suggest->arena, wish->login != NULL ? wish->login : "-", SHOWN_MAX));
        comment_print(buf_str(&text));
        evidence_print(suggest, wish);
        comment_print(reason_paragraph(wish->reason));
        buf_finish(&text);
    }
}

static void head_print(struct suggest *suggest)
{
    char first[MOMENT_MAX], last[MOMENT_MAX];

    moment_format(suggest->span.timed, suggest->span.first, first);
    moment_format(suggest->span.timed, suggest->span.last, last);
    printf("# %" PRIu64 " logged message%s", suggest->span.count,
           suggest->span.count == 1 ? "" : "s");
    if (suggest->span.timed)
        printf(", %s to %s", first, last);
    printf(".\n# By the configuration and the grants of now, something is wrong with "
           "%" PRIu64 " of them.\n",
           suggest->wrong);
    puts(
        "# Read what follows and take out what must not be, then run it with sh(1). A\n"
        "# line that begins with #sendasctl is not suggested, but a choice.");
}

void suggest_print(struct suggest *suggest, bool rules)
{
    if (rules) {
        rules_print(suggest, false);
        return;
    }
    head_print(suggest);
    grants_print(suggest);
    rules_print(suggest, true);
    others_print(suggest);
}
