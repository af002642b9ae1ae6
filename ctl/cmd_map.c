/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_map.c - "map query" and "map test": one table, asked by itself. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/site.h"

enum { FIELD_SHOWN = 1000 };

/* A table that is open, and what was found in it. */
struct inquiry {
    struct site site;
    enum map_use use;
    struct map *map;
    bool json;
    bool found;
    bool failed;
};

/* What a map says beside its answers, such as that one of its servers is away. */
static void notice_print(void *arg, enum event_level level, const char *line)
{
    (void)arg;
    (void)level;
    complain("%s", line);
}

/* The setting that the map is to serve. false after a complaint. */
static bool use_read(const struct options *options, enum map_use *use_r)
{
    const char *word = options->value[OPTION_USE];
    struct buf names = BUF_INIT;

    *use_r = MAP_SEND_AS;
    if (!options_has(options, OPTION_USE))
        return true;
    for (const struct owner_maps_row *row = owner_maps_rows; row->setting != NULL;
         row++) {
        if (strcmp(row->setting, word) == 0) {
            *use_r = row->use;
            buf_finish(&names);
            return true;
        }
        buf_addf(&names, "%s%s", names.len != 0 ? ", " : "", row->setting);
    }
    complain("unknown use %.200s; expected %s", word, buf_str(&names));
    buf_finish(&names);
    return false;
}

static bool inquiry_open(struct inquiry *inquiry, const struct options *options,
                         const char *spec)
{
    struct buf error = BUF_INIT;

    *inquiry = (struct inquiry){.json = options_has(options, OPTION_JSON)};
    if (!site_init(&inquiry->site, options) || !use_read(options, &inquiry->use))
        return false;
    inquiry->site.map_site.notice = notice_print;
    inquiry->map = map_open(spec, inquiry->use, &inquiry->site.map_site, &error);
    if (inquiry->map == NULL)
        complain_lines(buf_str(&error));
    buf_finish(&error);
    return inquiry->map != NULL;
}

static void inquiry_close(struct inquiry *inquiry)
{
    map_close(inquiry->map);
    site_finish(&inquiry->site);
}

static int inquiry_status(const struct inquiry *inquiry)
{
    if (inquiry->failed)
        return EXIT_FAILED;
    return inquiry->found ? EXIT_DONE : EXIT_NO;
}

static void inquiry_count(struct inquiry *inquiry, enum answer answer)
{
    inquiry->found |= answer == ANSWER_YES;
    inquiry->failed |= answer == ANSWER_UNKNOWN;
}

static const char *answer_word(enum answer answer)
{
    static const char *const words[] = {"unknown", "no", "yes"};

    return words[answer + 1];
}

static json_t *values_json(const struct strlist *values)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < values->count; i++) {
        if (json_array_append_new(list, json_text(values->items[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static void values_print(struct inquiry *inquiry, const struct strlist *values)
{
    for (size_t i = 0; i < values->count; i++)
        printf("%s%s", i == 0 ? "" : ",",
               shown(&inquiry->site.arena, values->items[i], FIELD_SHOWN));
    putchar('\n');
}

/* --- map query --- */

/* Asks for one key and prints what it has, as postmap -q does; `many`: behind the key.
 */
static void query_key(struct inquiry *inquiry, const char *key, bool many)
{
    struct buf error = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};
    enum answer answer = map_lookup(inquiry->map, key, &arena, &values, &error);
    bool unknown = answer == ANSWER_UNKNOWN;

    inquiry_count(inquiry, answer);
    if (unknown)
        complain("could not tell: %s", buf_str(&error));
    if (inquiry->json) {
        inquiry->failed |= !json_print(
            json_pack("{s:s, s:o, s:o, s:o}", "answer", answer_word(answer), "key",
                      json_text(key), "values", values_json(&values), "error",
                      json_text(unknown ? buf_str(&error) : NULL)));
    } else if (answer == ANSWER_YES) {
        if (many)
            printf("%s\t", shown(&inquiry->site.arena, key, FIELD_SHOWN));
        values_print(inquiry, &values);
    }
    buf_finish(&error);
    arena_finish(&arena);
    arena_reset(&inquiry->site.arena);
}

/* All keys on standard input, a line each. */
static void query_input(struct inquiry *inquiry)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*line != '\0')
            query_key(inquiry, line, true);
    }
    free(line);
}

int cmd_map_query(const struct options *options, int count, char **words)
{
    struct inquiry inquiry;
    int status = EXIT_WRONG;

    if (inquiry_open(&inquiry, options, words[0])) {
        for (int i = 1; i < count; i++) {
            if (strcmp(words[i], "-") == 0)
                query_input(&inquiry);
            else
                query_key(&inquiry, words[i], count > 2);
        }
        status = inquiry_status(&inquiry);
    }
    inquiry_close(&inquiry);
    return status;
}

/* --- map test --- */

/* The steps of one key's lookup. */
struct trace {
    struct inquiry *inquiry;
    json_t *steps; /* NULL where they are printed, and when memory ran out */
};

static json_t *step_json(unsigned depth, const char *step,
                         const struct event_field *fields, size_t count)
{
    json_t *object = json_pack("{s:s, s:i}", "step", step, "depth", (int)depth);

    for (size_t i = 0; object != NULL && i < count; i++) {
        if (json_object_set_new(object, fields[i].key, json_text(fields[i].value)) !=
            0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

static void step_print(unsigned depth, const char *step,
                       const struct event_field *fields, size_t count)
{
    struct buf line = BUF_INIT;

    buf_addf(&line, "%*s%s", (int)(2 * depth + 2), "", step);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].value == NULL)
            continue;
        buf_addf(&line, " %s=", fields[i].key);
        escape_token(&line, fields[i].value, strlen(fields[i].value), FIELD_SHOWN);
    }
    puts(buf_str(&line));
    buf_finish(&line);
}

static void trace_step(void *arg, unsigned depth, const char *step,
                       const struct event_field *fields, size_t count)
{
    struct trace *trace = arg;

    if (trace->inquiry->json)
        json_array_append_new(trace->steps, step_json(depth, step, fields, count));
    else
        step_print(depth, step, fields, count);
}

static void key_print(struct inquiry *inquiry, enum answer answer,
                      const struct strlist *values, const char *error)
{
    if (answer == ANSWER_UNKNOWN) {
        printf("  could not tell: %s\n",
               shown(&inquiry->site.arena, error, FIELD_SHOWN));
    } else if (answer == ANSWER_NO) {
        puts("  no owners");
    } else {
        fputs("  owners: ", stdout);
        values_print(inquiry, values);
    }
}

/* One key, with its steps. *keys gets an object for it. */
static enum answer test_key(struct inquiry *inquiry, const char *key, json_t *keys)
{
    struct trace trace = {inquiry, inquiry->json ? json_array() : NULL};
    const struct map_trace hook = {trace_step, &trace};
    struct buf error = BUF_INIT;
    struct strlist values = {0};
    struct arena arena = {0};
    enum answer answer;

    if (!inquiry->json)
        puts(shown(&inquiry->site.arena, key, FIELD_SHOWN));
    answer = map_lookup_traced(inquiry->map, key, &hook, &arena, &values, &error);
    inquiry_count(inquiry, answer);
    if (inquiry->json)
        json_array_append_new(
            keys, json_pack("{s:s, s:o, s:o, s:o, s:o}", "answer", answer_word(answer),
                            "key", json_text(key), "steps", trace.steps, "values",
                            values_json(&values), "error",
                            json_text(error.len != 0 ? buf_str(&error) : NULL)));
    else
        key_print(inquiry, answer, &values, buf_str(&error));
    buf_finish(&error);
    arena_finish(&arena);
    return answer;
}

/* The keys under which the milter looks the word up. false after a complaint. */
static bool test_find_keys(struct inquiry *inquiry, const char *word,
                           struct address *address_r, struct owner_keys *keys_r)
{
    struct site *site = &inquiry->site;
    const struct owner_site nowhere = {.rules = site->rules};
    struct buf ignored = BUF_INIT;
    enum reason reason;

    *keys_r = (struct owner_keys){0};
    *address_r = (struct address){.text = word};
    if (inquiry->use == MAP_GROUPS)
        keys_r->items[0] = site_group(site, word);
    else if (inquiry->use == MAP_ALIAS_DOMAINS)
        keys_r->items[0] = site_domain(site, word);
    if (inquiry->use == MAP_GROUPS || inquiry->use == MAP_ALIAS_DOMAINS) {
        keys_r->count = keys_r->items[0] != NULL;
        return keys_r->count != 0;
    }
    reason =
        address_parse(word, strlen(word), &site->rules, &site->arena, address_r, NULL);
    if (reason != REASON_NONE) {
        complain("no address: \"%.200s\": %s", word, reason_sentence(reason));
        return false;
    }
    owner_find_keys(&nowhere, address_r, &site->arena, keys_r, &ignored);
    buf_finish(&ignored);
    if (address_r->literal_only && inquiry->use != MAP_DENY)
        keys_r->count = keys_r->exact;
    if (map_wants_full_key(inquiry->map) && keys_r->count != 0)
        keys_r->count = 1;
    return true;
}

static int test_address(struct inquiry *inquiry, const char *word)
{
    json_t *list = inquiry->json ? json_array() : NULL;
    struct address address;
    struct owner_keys keys;

    if (!test_find_keys(inquiry, word, &address, &keys)) {
        json_decref(list);
        return EXIT_WRONG;
    }
    for (size_t i = 0; i < keys.count; i++) {
        if (test_key(inquiry, keys.items[i], list) != ANSWER_NO)
            break;
    }
    if (address.unownable && !inquiry->json)
        puts("its domain is none that IDNA 2008 allows: nobody owns it");
    if (inquiry->json &&
        !json_print(json_pack("{s:o, s:o, s:o}", "address", json_text(address.text),
                              "map", json_text(map_spec(inquiry->map)), "keys", list)))
        return EXIT_FAILED;
    return inquiry_status(inquiry);
}

int cmd_map_test(const struct options *options, int count, char **words)
{
    struct inquiry inquiry;
    int status = EXIT_WRONG;

    (void)count;
    if (inquiry_open(&inquiry, options, words[0]))
        status = test_address(&inquiry, words[1]);
    inquiry_close(&inquiry);
    return status;
}
