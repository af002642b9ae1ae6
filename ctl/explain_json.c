/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_table.h"
#include "ctl/explain.h"
#include "ctl/json.h"

/* Gives `value` to the list, which is freed when that fails. Returns the list or NULL.
 */
static json_t *list_add(json_t *list, json_t *value)
{
    if (list != NULL && json_array_append_new(list, value) != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *violation_json(const struct violation *violation)
{
    const char *place = names_name(place_names, (int)violation->place);

    if (violation->field == NULL)
        return json_pack("{s:s, s:o, s:s}", "place", place, "address",
                         json_text(violation->address), "reason",
                         reason_name(violation->reason));
    return json_pack("{s:s, s:o, s:s, s:I, s:o}", "place", place, "address",
                     json_text(violation->address), "reason",
                     reason_name(violation->reason), "error_at",
                     (json_int_t)violation->error_at, "expected",
                     json_text(violation->expected));
}

static json_t *violations_json(const struct verdict *verdict)
{
    json_t *list = json_array();

    for (size_t i = 0; i < verdict_violations_kept(verdict); i++)
        list = list_add(list, violation_json(&verdict->violations[i]));
    return list;
}

static json_t *place_json(const struct verdict *verdict, enum place place)
{
    json_t *list = json_array();

    for (size_t i = 0; i < verdict->address_count; i++) {
        if (verdict->addresses[i].place == place)
            list = list_add(list, json_text(verdict->addresses[i].text));
    }
    return list;
}

static json_t *addresses_json(const struct verdict *verdict)
{
    json_t *object = json_object();

    for (int place = 0; place < PLACE_COUNT; place++) {
        if (json_object_set_new(object, names_name(place_names, place),
                                place_json(verdict, (enum place)place)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

bool explain_print_json(const struct explain *explain)
{
    const struct verdict *verdict = &explain->verdict;
    const struct conf_row *mode = conf_row_find(&conf_kind_milter, NULL, "mode");
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "verdict",
        names_name(action_names, (int)explain->action), "would",
        names_name(action_names, (int)explain->would), "mode",
        names_name(mode->words, explain->site.conf->policy.mode), "rule", verdict->rule,
        "login", json_text(verdict->login), "reply", json_text(explain->reply),
        "add_sender", json_text(verdict->add_sender), "violations",
        violations_json(verdict), "addresses", addresses_json(verdict));

    if (object != NULL && verdict->lookup_error != NULL &&
        json_object_set_new(object, "lookup_error", json_text(verdict->lookup_error)) !=
            0) {
        json_decref(object);
        object = NULL;
    }
    return json_print(object);
}
