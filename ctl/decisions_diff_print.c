/* SPDX-License-Identifier: BSD-2-Clause */
/* decisions_diff_print.c - what is decided differently, for a person or a script. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/decisions_diff.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/table.h"

enum { DIFFERENCES_SHOWN = 50 };

/* --- text --- */

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void difference_add(struct table *table, const struct decision_diff *one)
{
    struct buf who = BUF_INIT, what = BUF_INIT, change = BUF_INIT;
    char count[24], last[MOMENT_MAX];
    int place;

    snprintf(count, sizeof count, "%8" PRIu64, one->span.count);
    buf_addf(&change, "%s -> %s", one->before, one->after);
    if (one->login != NULL)
        buf_adds(&who, one->login);
    else
        span_clients_format(&one->span, &who);
    if (one->place != NULL && names_value(place_names, one->place, &place))
        buf_adds(&what, names_name(place_titles, place));
    if (one->address != NULL)
        buf_addf(&what, " <%s>", one->address);
    if (one->reason != NULL)
        buf_addf(&what, ": %s", one->reason);
    if (one->rule != NULL && strcmp(one->rule, "default") != 0)
        buf_addf(&what, "%s(rule \"%s\")", what.len != 0 ? " " : "", one->rule);
    moment_format(one->span.timed, one->span.last, last);
    table_add(table, (const char *const[]){count, buf_str(&change), buf_str(&who),
                                           buf_str(&what), last,
                                           one->id != NULL ? one->id : "-"});
    buf_finish(&who);
    buf_finish(&what);
    buf_finish(&change);
}

static void differences_print(const struct decisions_diff *decisions)
{
    static const char *const heading[] = {"   COUNT", "DECISION", "LOGIN OR CLIENT",
                                          "WHAT",     "LAST",     "EXAMPLE"};
    struct table table = {.columns = 6};
    size_t shown_count = 0;

    for (const struct decision_diff *one = decisions->first;
         one != NULL && shown_count < DIFFERENCES_SHOWN; one = one->next) {
        difference_add(&table, one);
        shown_count++;
    }
    if (shown_count != 0)
        table_print(&table, heading);
    if (decisions->count > shown_count)
        printf("  and %zu more (--json has all)\n", decisions->count - shown_count);
    table_finish(&table);
}

void decisions_print(const struct decisions_diff *decisions)
{
    printf("%" PRIu64 " message%s decided anew: %" PRIu64 " the same, %" PRIu64
           " differently",
           decisions->messages, plural(decisions->messages), decisions->same,
           decisions->different);
    if (decisions->incomplete != 0)
        printf(", %" PRIu64 " cannot be told by what was logged",
               decisions->incomplete);
    putchar('\n');
    if (decisions->not_as_logged != 0)
        printf("(%" PRIu64 " of them the old configuration decides otherwise now than "
               "was logged: grants, maps or settings have changed since)\n",
               decisions->not_as_logged);
    differences_print(decisions);
}

/* --- JSON --- */

static json_t *difference_json(const struct decision_diff *one)
{
    json_t *object = span_json(&one->span);
    json_t *rest =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "old",
                  json_text(one->before), "new", json_text(one->after), "login",
                  json_text(one->login), "place", json_text(one->place), "reason",
                  json_text(one->reason), "address", json_text(one->address), "rule",
                  json_text(one->rule), "id", json_text(one->id));

    if (object == NULL || rest == NULL || json_object_update(object, rest) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(rest);
    return object;
}

json_t *decisions_json(const struct decisions_diff *decisions)
{
    json_t *list = json_array();

    for (const struct decision_diff *one = decisions->first; one != NULL;
         one = one->next)
        json_list_add(&list, difference_json(one));
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "messages",
        (json_int_t)decisions->messages, "same", (json_int_t)decisions->same,
        "different", (json_int_t)decisions->different, "incomplete",
        (json_int_t)decisions->incomplete, "untold", (json_int_t)decisions->untold,
        "not_as_logged", (json_int_t)decisions->not_as_logged, "cut_lines",
        (json_int_t)decisions->tally.cut, "differences", list);
}
