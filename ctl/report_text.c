/* SPDX-License-Identifier: BSD-2-Clause */
/* report_text.c - a report for a person, who may be tired. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/names.h"
#include "ctl/output.h"
#include "ctl/report.h"
#include "ctl/table.h"
#include "policy/place.h"

enum {
    PROBLEMS_SHOWN = 20, /* of one login */
    LOGINS_SHOWN = 100,
    CLIENTS_SHOWN = 20
};

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* "From <ceo@example.com>: not-owned" */
static void problem_format(const struct problem *problem, struct buf *out)
{
    int place;

    if (problem->place != NULL)
        buf_adds(out, names_value(place_names, problem->place, &place)
                          ? names_name(place_titles, place)
                          : problem->place);
    if (problem->address != NULL)
        buf_addf(out, " <%s>", problem->address);
    buf_addf(out, "%s%s", out->len != 0 ? ": " : "", problem->reason);
    if (problem->rule != NULL && strcmp(problem->rule, "default") != 0)
        buf_addf(out, " (rule \"%s\")", problem->rule);
}

static void problem_add(struct table *table, const struct problem *problem)
{
    struct buf what = BUF_INIT, clients = BUF_INIT;
    char count[24], first[MOMENT_MAX], last[MOMENT_MAX];

    problem_format(problem, &what);
    span_clients_format(&problem->span, &clients);
    snprintf(count, sizeof count, "%8" PRIu64, problem->span.count);
    moment_format(problem->span.timed, problem->span.first, first);
    moment_format(problem->span.timed, problem->span.last, last);
    table_add(table, (const char *const[]){count, problem->decision, buf_str(&what),
                                           first, last, buf_str(&clients)});
    buf_finish(&what);
    buf_finish(&clients);
}

static void problems_print(const struct sender *sender)
{
    static const char *const heading[] = {"   COUNT", "DECISION", "WHAT",
                                          "FIRST",    "LAST",     "CLIENTS"};
    struct table table = {.columns = 6};
    size_t shown_count = 0;

    for (const struct problem *problem = sender->problems;
         problem != NULL && shown_count < PROBLEMS_SHOWN; problem = problem->next) {
        problem_add(&table, problem);
        shown_count++;
    }
    table_print(&table, heading);
    if (sender->problem_count > shown_count)
        printf("  and %zu more (--json has all)\n",
               sender->problem_count - shown_count);
    table_finish(&table);
}

static void sender_print(struct report *report, const struct sender *sender)
{
    const char *name = shown(&report->arena, sender->name, SHOWN_MAX);

    if (sender->login)
        printf("\nlogin %s", sender->name[0] != '\0' ? name : "(without a name)");
    else
        printf("\nnot logged in, client %s",
               sender->name[0] != '\0' ? name : "not known");
    printf(": %" PRIu64 " message%s, %" PRIu64 " with something wrong\n",
           sender->span.count, plural(sender->span.count), sender->remarked);
    problems_print(sender);
}

/* All who have something wrong; the logins or those who are none. */
static void senders_print(struct report *report, bool logins, size_t max)
{
    size_t wrong = 0, fine = 0;

    for (const struct sender *sender = report->senders; sender != NULL;
         sender = sender->next) {
        if (sender->login != logins)
            continue;
        if (sender->remarked == 0)
            fine++;
        else if (wrong++ < max)
            sender_print(report, sender);
    }
    if (wrong > max)
        printf("\nand %zu more with something wrong (--json has all)\n", wrong - max);
    if (fine != 0 && logins)
        printf("\n%zu login%s sent nothing that is wrong\n", fine, plural(fine));
}

/* Who sends without a login, whether anything is wrong with it or not. */
static void clients_print(const struct report *report)
{
    static const char *const heading[] = {"MESSAGES", "CLIENT", "FIRST", "LAST"};
    struct table table = {.columns = 4};
    size_t clients = 0;

    for (const struct sender *sender = report->senders; sender != NULL;
         sender = sender->next) {
        char count[24], first[MOMENT_MAX], last[MOMENT_MAX];

        if (sender->login || clients++ >= CLIENTS_SHOWN)
            continue;
        snprintf(count, sizeof count, "%8" PRIu64, sender->span.count);
        moment_format(sender->span.timed, sender->span.first, first);
        moment_format(sender->span.timed, sender->span.last, last);
        table_add(&table, (const char *const[]){
                              count, sender->name[0] != '\0' ? sender->name : "-",
                              first, last});
    }
    if (clients != 0) {
        puts("\nwithout a login, by client:");
        table_print(&table, heading);
    }
    if (clients > CLIENTS_SHOWN)
        printf("  and %zu more clients (--json has all)\n", clients - CLIENTS_SHOWN);
    table_finish(&table);
}

static void decisions_print(struct report *report)
{
    for (const struct decision_count *count = report->decisions; count != NULL;
         count = count->next)
        printf("%8" PRIu64 "  %s\n", count->count,
               shown(&report->arena, count->decision, SHOWN_MAX));
}

void report_print(struct report *report)
{
    char first[MOMENT_MAX], last[MOMENT_MAX];

    moment_format(report->span.timed, report->span.first, first);
    moment_format(report->span.timed, report->span.last, last);
    printf("%" PRIu64 " message%s", report->span.count, plural(report->span.count));
    if (report->span.timed)
        printf(", %s to %s", first, last);
    putchar('\n');
    decisions_print(report);
    senders_print(report, true, LOGINS_SHOWN);
    senders_print(report, false, CLIENTS_SHOWN);
    clients_print(report);
}
