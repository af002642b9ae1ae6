/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the key, a filter keeps the shape of its template. */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "map/ldap_filter.h"
#include "map/ldap_judge.h"

/* The same tree, but for the values? */
static void check_same_shape(const struct ldap_filter *a, const struct ldap_filter *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        MUST(a->kind == b->kind);
        MUST(a->part_count == b->part_count);
        if (a->attribute != NULL) {
            MUST(strcmp(a->attribute, b->attribute) == 0);
            MUST(strcmp(a->comparison, b->comparison) == 0);
        }
        check_same_shape(a->children, b->children);
    }
    MUST(a == NULL && b == NULL);
}

/* The text with each % doubled: a template that means the text. */
static const char *literally(const char *text, struct arena *arena)
{
    char *out = arena_alloc(arena, 2 * strlen(text) + 1);
    char *p = out;

    MUST(out != NULL);
    for (; *text != '\0'; text++) {
        *p++ = *text;
        if (*text == '%')
            *p++ = '%';
    }
    return out;
}

/* What is asked for a key is a filter, of the same shape, and itself when parsed. */
static void check_key(const struct ldap_filter *filter, const char *key,
                      struct arena *arena)
{
    struct map_template_needs needs = {0};
    struct buf text = BUF_INIT, again = BUF_INIT, error = BUF_INIT;
    const struct ldap_filter *parsed;

    ldap_filter_format(filter, key, NULL, &text);
    for (const char *p = buf_str(&text); *p != '\0'; p++)
        MUST(*p >= ' ' && *p <= '~');
    parsed = ldap_filter_parse(literally(buf_str(&text), arena), MAP_TEMPLATE_QUERY,
                               &needs, arena, &error);
    MUST(parsed != NULL);
    check_same_shape(filter, parsed);
    ldap_filter_format(parsed, "x", NULL, &again);
    MUST(strcmp(buf_str(&text), buf_str(&again)) == 0);
    buf_finish(&text);
    buf_finish(&again);
    buf_finish(&error);
}

/* Judges an entry whose values are the key itself. */
static void check_judge(const struct ldap_filter *filter, const char *key,
                        struct arena *arena)
{
    static const char *const asked[] = {"mail", NULL};
    const struct address_rules rules = {.delimiters = "+"};
    const struct ldap_question question = {
        .filter = filter, .attributes = asked, .rules = &rules, .key = key};
    struct directory_value value = {key, strlen(key)};
    struct directory_attribute attribute = {"mail", &value, 1};
    const struct directory_entry entry = {"uid=a,dc=x", &attribute, 1};
    const char *why;
    enum answer answer = ldap_judge(&question, &entry, arena, &why);

    MUST(why != NULL);
    MUST(ldap_judge(&question, &entry, arena, &why) == answer);
}

/* A template, and behind a line end the key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct map_template_needs needs = {0};
    struct arena arena = {0};
    struct buf error = BUF_INIT;
    char *text = arena_strndup(&arena, (const char *)data, size);
    char *key;
    struct ldap_filter *filter;

    MUST(text != NULL);
    key = strchr(text, '\n');
    if (key != NULL)
        *key++ = '\0';
    filter = ldap_filter_parse(text, MAP_TEMPLATE_QUERY, &needs, &arena, &error);
    MUST((filter == NULL) == (error.len != 0));
    if (filter != NULL && key != NULL && map_template_takes_key(&needs, key)) {
        check_key(filter, key, &arena);
        check_judge(filter, key, &arena);
    }
    MUST(!arena.failed);
    buf_finish(&error);
    arena_finish(&arena);
    return 0;
}
