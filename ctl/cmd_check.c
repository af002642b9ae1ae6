/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/owners.h"
#include "ctl/site.h"
#include "policy/owner.h"

static const struct name_row answer_names[] = {
    {"unknown", ANSWER_UNKNOWN},
    {"no", ANSWER_NO},
    {"yes", ANSWER_YES},
    {NULL, 0},
};

static const struct name_row right_verbs[] = {
    {"use", RIGHT_SEND_AS},
    {"send on behalf of", RIGHT_ON_BEHALF},
    {"resend as", RIGHT_RESEND},
    {NULL, 0},
};

/* One question, its answer and what led to it. */
struct check {
    enum right right;
    const char *login;
    struct address address;
    enum answer answer;
    struct owner_trace trace;
    struct owners owners;
    struct buf error;
};

/* The right that is asked about. false after a complaint. */
static bool right_read(const struct options *options, enum right *right_r)
{
    const char *word = options->value[OPTION_RIGHT];
    struct buf names = BUF_INIT;
    int value = RIGHT_SEND_AS;
    bool known =
        !options_has(options, OPTION_RIGHT) || names_value(right_names, word, &value);

    *right_r = (enum right)value;
    if (!known) {
        names_list(right_names, &names);
        complain("unknown right %.200s; expected %s", word, buf_str(&names));
        buf_finish(&names);
    }
    return known;
}

static bool check_read(struct site *site, const struct options *options, char **words,
                       struct check *check_r)
{
    enum reason reason;

    if (!right_read(options, &check_r->right))
        return false;
    check_r->login = site_login(site, words[0]);
    if (check_r->login == NULL)
        return false;
    reason = address_parse(words[1], strlen(words[1]), &site->rules, &site->arena,
                           &check_r->address, NULL);
    if (reason == REASON_NONE)
        return true;
    complain("no address: \"%.200s\": %s", words[1], reason_sentence(reason));
    return false;
}

static void check_ask(struct site *site, struct check *check)
{
    struct buf ignored = BUF_INIT;

    check->answer =
        owner_check(&site->owners->site, check->right, check->login, &check->address,
                    &site->arena, &check->trace, &check->error);
    owners_find(site, check->right, &check->address, &site->arena, &check->owners,
                &ignored);
    buf_finish(&ignored);
}

static json_t *owners_json(const struct owners *owners)
{
    json_t *list = json_array();

    for (size_t i = 0; i < owners->logins.count; i++) {
        if (json_array_append_new(list, json_text(owners->logins.items[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static bool check_print_json(const struct check *check)
{
    bool unknown = check->answer == ANSWER_UNKNOWN;

    return json_print(json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "answer",
        names_name(answer_names, check->answer), "right",
        names_name(right_names, (int)check->right), "login", json_text(check->login),
        "address", json_text(check->address.text), "key", json_text(check->trace.key),
        "owners", owners_json(&check->owners), "map", json_text(check->trace.map),
        "value", json_text(check->trace.value), "denied", (int)check->trace.denied,
        "error", json_text(unknown ? buf_str(&check->error) : NULL)));
}

/* What decided: the row, or who owns the address instead. */
static void reason_print(const struct check *check, struct arena *arena)
{
    const struct owner_trace *trace = &check->trace;

    if (check->answer == ANSWER_YES || trace->denied)
        printf("  %s %s: %s %s\n", trace->denied ? "denied by" : "by",
               shown(arena, trace->map, SHOWN_MAX), shown(arena, trace->key, SHOWN_MAX),
               shown(arena, trace->value, SHOWN_MAX));
    else if (check->address.unownable)
        puts("  its domain is none that IDNA 2008 allows: nobody owns it");
    else if (check->owners.key == NULL)
        puts("  no map names an owner of it");
    else
        printf("  %s belongs to %s\n", shown(arena, check->owners.key, SHOWN_MAX),
               owners_shown(&check->owners, arena));
}

static void check_print(struct site *site, const struct check *check)
{
    printf("%s: %s %s %s %s\n", names_name(answer_names, check->answer),
           shown(&site->arena, check->login, SHOWN_MAX),
           check->answer == ANSWER_YES ? "may" : "may not",
           names_name(right_verbs, (int)check->right),
           shown(&site->arena, check->address.text, SHOWN_MAX));
    reason_print(check, &site->arena);
}

static int check_answer(struct site *site, struct check *check, bool json)
{
    check_ask(site, check);
    if (json && !check_print_json(check))
        return EXIT_FAILED;
    if (check->answer == ANSWER_UNKNOWN) {
        complain("could not tell: %s", buf_str(&check->error));
        return EXIT_FAILED;
    }
    if (!json)
        check_print(site, check);
    return check->answer == ANSWER_YES ? EXIT_DONE : EXIT_NO;
}

int cmd_check(const struct options *options, int count, char **words)
{
    struct site site;
    struct check check = {.error = BUF_INIT};
    int status = EXIT_WRONG;

    (void)count;
    if (site_init(&site, options) && site_maps_open(&site) &&
        check_read(&site, options, words, &check))
        status = check_answer(&site, &check, options_has(options, OPTION_JSON));
    buf_finish(&check.error);
    site_finish(&site);
    return status;
}
