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

static json_t *change_json(const struct verdict_change *change)
{
    return json_pack("{s:s, s:o, s:I, s:o}", "change",
                     names_name(change_names, (int)change->kind), "name",
                     json_text(change->name), "nth", (json_int_t)change->nth, "value",
                     json_text(change->value));
}

static json_t *changes_json(const struct verdict *verdict)
{
    json_t *list = json_array();

    for (size_t i = 0; i < verdict->change_count; i++)
        list = list_add(list, change_json(&verdict->changes[i]));
    return list;
}

/* By which right the login may use each address. */
static json_t *rights_json(const struct verdict *verdict)
{
    json_t *list = json_array();

    for (size_t i = 0; i < verdict->address_count; i++) {
        const struct verdict_address *address = &verdict->addresses[i];

        if (address->right != RIGHT_NONE)
            list =
                list_add(list, json_pack("{s:s, s:o, s:s, s:o, s:o}", "place",
                                         names_name(place_names, (int)address->place),
                                         "address", json_text(address->text), "right",
                                         names_name(right_names, (int)address->right),
                                         "key", json_text(address->key), "map",
                                         json_text(address->map)));
    }
    return list;
}

bool explain_print_json(const struct explain *explain)
{
    const struct verdict *verdict = &explain->verdict;
    const struct conf_row *mode = conf_row_find(&conf_kind_milter, NULL, "mode");
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "verdict",
                  names_name(action_names, (int)explain->action), "would",
                  names_name(action_names, (int)explain->would), "mode",
                  names_name(mode->words, verdict->policy->mode), "rule", verdict->rule,
                  "login", json_text(verdict->login), "identified", verdict->identified,
                  "reply", json_text(explain->reply), "changes", changes_json(verdict),
                  "violations", violations_json(verdict), "addresses",
                  addresses_json(verdict), "rights", rights_json(verdict));

    if (object != NULL && verdict->lookup_error != NULL &&
        json_object_set_new(object, "lookup_error", json_text(verdict->lookup_error)) !=
            0) {
        json_decref(object);
        object = NULL;
    }
    return json_print(object);
}
