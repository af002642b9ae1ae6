/* SPDX-License-Identifier: BSD-2-Clause */
/* suggest_json.c - suggestions for a script. */
#include "config.h"

#include <string.h>

#include "ctl/json.h"
#include "ctl/suggest.h"

static json_t *texts_json(const struct strlist *list)
{
    json_t *array = json_array();

    for (size_t i = 0; list != NULL && i < list->count; i++)
        json_list_add(&array, json_text(list->items[i]));
    return array;
}

static json_t *places_json(unsigned places)
{
    json_t *array = json_array();

    for (int place = 0; place < PLACE_COUNT; place++) {
        if ((places & 1U << place) != 0)
            json_list_add(&array, json_string(names_name(place_names, place)));
    }
    return array;
}

static const char *kind_name(const struct wish *wish)
{
    switch (wish->kind) {
    case WISH_GRANT:
        return "grant";
    case WISH_SETTING:
    case WISH_CLIENT:
        return "rule";
    case WISH_NOTHING:
        break;
    }
    return "none";
}

static json_t *rule_json(const struct wish *wish)
{
    struct buf rule = BUF_INIT;
    json_t *text = suggest_rule(wish, &rule) && !rule.failed ? json_text(buf_str(&rule))
                                                             : json_null();

    buf_finish(&rule);
    return text;
}

static json_t *command_json(struct suggest *suggest, const struct wish *wish)
{
    const struct strlist *command = suggest_command(suggest, wish);

    return command != NULL ? texts_json(command) : json_null();
}

/* Each a list of commands that stand for this one and others. */
static json_t *alternatives_json(struct suggest *suggest, const struct wish *wish)
{
    json_t *array = json_array();
    struct alternative alternatives[2];
    size_t count = 0;

    count += suggest_domain(suggest, wish, &alternatives[count]);
    count += suggest_group(suggest, wish, &alternatives[count]);
    for (size_t i = 0; i < count; i++) {
        json_t *commands = json_array();

        for (size_t j = 0; j < 2 && alternatives[i].commands[j] != NULL; j++)
            json_list_add(&commands, texts_json(alternatives[i].commands[j]));
        json_list_add(&array, commands);
    }
    return array;
}

static json_t *wish_json(struct suggest *suggest, const struct wish *wish)
{
    json_t *object = span_json(&wish->span);
    json_t *rest =
        json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
                  "kind", kind_name(wish), "login", json_text(wish->login), "client",
                  json_text(wish->client), "address", json_text(wish->address),
                  "reason", reason_name(wish->reason), "places",
                  places_json(wish->places), "rule", json_text(wish->rule), "command",
                  command_json(suggest, wish), "text", rule_json(wish), "alternatives",
                  alternatives_json(suggest, wish), "suspicious", wish->suspicious,
                  "hint", json_text(wish->hint), "senders", texts_json(&wish->senders));

    if (object == NULL || rest == NULL || json_object_update(object, rest) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(rest);
    return object;
}

bool suggest_print_json(struct suggest *suggest)
{
    json_t *list = json_array();

    for (const struct wish *wish = suggest->wishes; wish != NULL; wish = wish->next)
        json_list_add(&list, wish_json(suggest, wish));
    return json_print(json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:o}", "messages", (json_int_t)suggest->span.count,
        "wrong", (json_int_t)suggest->wrong, "incomplete",
        (json_int_t)suggest->incomplete, "untold", (json_int_t)suggest->untold,
        "cut_lines", (json_int_t)suggest->tally.cut, "suggestions", list));
}
