/* SPDX-License-Identifier: BSD-2-Clause */
/* report_json.c - a report for a script. */
#include "config.h"

#include "ctl/json.h"
#include "ctl/report.h"

static json_t *time_json(bool timed, int64_t seconds)
{
    return timed ? json_integer((json_int_t)seconds) : json_null();
}

json_t *span_json(const struct span *span)
{
    json_t *clients = json_array();

    for (size_t i = 0; i < span->client_count; i++)
        json_list_add(&clients, json_text(span->clients[i]));
    return json_pack("{s:I, s:o, s:o, s:o, s:b}", "count", (json_int_t)span->count,
                     "first", time_json(span->timed, span->first), "last",
                     time_json(span->timed, span->last), "clients", clients,
                     "more_clients", span->more_clients);
}

static json_t *problem_json(const struct problem *problem)
{
    json_t *object = span_json(&problem->span);
    json_t *rest = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "decision", json_text(problem->decision),
        "place", json_text(problem->place), "reason", json_text(problem->reason),
        "address", json_text(problem->address), "rule", json_text(problem->rule), "id",
        json_text(problem->id));

    if (object == NULL || rest == NULL || json_object_update(object, rest) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(rest);
    return object;
}

static json_t *sender_json(const struct sender *sender)
{
    json_t *problems = json_array();

    for (const struct problem *problem = sender->problems; problem != NULL;
         problem = problem->next)
        json_list_add(&problems, problem_json(problem));
    return json_pack(
        "{s:o, s:I, s:I, s:o, s:o, s:o}", sender->login ? "login" : "client",
        json_text(sender->name[0] != '\0' || sender->login ? sender->name : NULL),
        "messages", (json_int_t)sender->span.count, "wrong",
        (json_int_t)sender->remarked, "first",
        time_json(sender->span.timed, sender->span.first), "last",
        time_json(sender->span.timed, sender->span.last), "problems", problems);
}

static json_t *senders_json(const struct report *report, bool logins)
{
    json_t *list = json_array();

    for (const struct sender *sender = report->senders; sender != NULL;
         sender = sender->next) {
        if (sender->login == logins)
            json_list_add(&list, sender_json(sender));
    }
    return list;
}

static json_t *decisions_json(const struct report *report)
{
    json_t *object = json_object();

    for (const struct decision_count *count = report->decisions;
         count != NULL && object != NULL; count = count->next) {
        if (json_object_set_new(object, count->decision,
                                json_integer((json_int_t)count->count)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

bool report_print_json(const struct report *report)
{
    const struct log_tally *tally = &report->tally;

    return json_print(
        json_pack("{s:I, s:o, s:o, s:o, s:I, s:o, s:o}", "messages",
                  (json_int_t)report->span.count, "first",
                  time_json(report->span.timed, report->span.first), "last",
                  time_json(report->span.timed, report->span.last), "decisions",
                  decisions_json(report), "cut_lines", (json_int_t)tally->cut, "logins",
                  senders_json(report, true), "clients", senders_json(report, false)));
}
