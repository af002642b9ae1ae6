/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/ldap_judge.h"

#include <string.h>
#include <strings.h>

#include "mail/alike.h"
#include "map/ldap_attribute.h"

/* What an assertion, or the filter as a whole, can be. */
enum truth { FALSE, MAYBE, TRUE };

struct judge {
    const struct ldap_question *question;
    const struct directory_entry *entry;
    struct arena *arena;
    bool
        unread_may_hold; /* an assertion on an attribute that the entry seems to lack */
    const struct ldap_filter *failed; /* the first assertion that does not hold */
    const struct ldap_filter *unread; /* the first on an attribute that is not there */
    bool explained; /* a value is like what was asked for, as a directory compares */
};

/* --- texts --- */

struct text {
    const char *at;
    size_t len;
};

static struct text text_trim(struct text text)
{
    while (text.len != 0 && text.at[0] == ' ') {
        text.at++;
        text.len--;
    }
    while (text.len != 0 && text.at[text.len - 1] == ' ')
        text.len--;
    return text;
}

static bool text_same(struct text a, struct text b, bool exact)
{
    return a.len == b.len &&
           (exact ? memcmp(a.at, b.at, a.len) == 0
                  : strncasecmp(a.at, b.at, a.len) == 0) &&
           memchr(b.at, '\0', b.len) == NULL;
}

/* The one form of an address or of a part of it; NULL if it is none. */
static const char *text_normalise(const struct judge *judge, struct text text)
{
    enum reason reason;
    const char *copy;

    if (text.len > ADDRESS_MAX || memchr(text.at, '\0', text.len) != NULL)
        return NULL;
    copy = arena_strndup(judge->arena, text.at, text.len);
    return copy != NULL ? address_normalise_key(copy, judge->question->rules,
                                                judge->arena, &reason)
                        : NULL;
}

/* The same once both are normalised? */
static bool text_same_address(const struct judge *judge, struct text wanted,
                              struct text value)
{
    const char *a = text_normalise(judge, wanted);
    const char *b = a != NULL ? text_normalise(judge, value) : NULL;

    return b != NULL && strcmp(a, b) == 0;
}

/*
 * Is the value what was asked for? Its first `prefix` bytes are the table's own words
 * ("smtp:"), whose case does not count and behind which an address may stand.
 */
static bool text_is(const struct judge *judge, struct text wanted, size_t prefix,
                    struct text value)
{
    bool exact = judge->question->rules->case_sensitive_local_part;
    struct text rest = {wanted.at + prefix, wanted.len - prefix};

    if (text_same_address(judge, wanted, value))
        return true;
    if (value.len < prefix || strncasecmp(wanted.at, value.at, prefix) != 0)
        return false;
    value.at += prefix;
    value.len -= prefix;
    return text_same(rest, value, exact) ||
           (prefix != 0 && text_same_address(judge, rest, value));
}

/* The same with the blanks around a value, which are its owner's, or without. */
static bool text_is_value(const struct judge *judge, struct text wanted, size_t prefix,
                          const struct directory_value *value)
{
    struct text text = {value->bytes, value->len};

    return text_is(judge, wanted, prefix, text) ||
           text_is(judge, wanted, prefix, text_trim(text));
}

/* --- values --- */

/* The text of a part for the key, in the arena; a part has no NUL. */
static struct text part_text(const struct judge *judge, const struct map_template *part)
{
    struct buf out = BUF_INIT;
    struct text text = {"", 0};

    map_template_expand(part, judge->question->key, NULL, NULL, &out);
    if (out.failed)
        judge->arena->failed = true;
    else
        text =
            (struct text){arena_strndup(judge->arena, buf_str(&out), out.len), out.len};
    if (text.at == NULL)
        text = (struct text){"", 0};
    buf_finish(&out);
    return text;
}

/* How much of it is the table's own words at its beginning. */
static size_t part_prefix(const struct map_template *part)
{
    return part->count != 0 && part->pieces[0].kind == '\0' ? part->pieces[0].len : 0;
}

/* The first place of `part` in the text, or one only at its beginning or at its end;
 * the text behind it in *text. */
static bool part_find(struct text part, struct text *text, bool first, bool last,
                      bool exact)
{
    for (size_t i = 0; i + part.len <= text->len; i++) {
        size_t at = last ? text->len - part.len : i;

        if (text_same(part, (struct text){text->at + at, part.len}, exact)) {
            text->at += at + part.len;
            text->len -= at + part.len;
            return true;
        }
        if (first || last)
            return false;
    }
    return false;
}

static bool substring_is(const struct judge *judge, const struct ldap_filter *filter,
                         struct text value)
{
    bool exact = judge->question->rules->case_sensitive_local_part;

    for (size_t i = 0; i < filter->part_count; i++) {
        struct text part = part_text(judge, &filter->parts[i]);

        if (part.len != 0 &&
            !part_find(part, &value, i == 0, i + 1 == filter->part_count, exact))
            return false;
    }
    return true;
}

static bool substring_is_value(const struct judge *judge,
                               const struct ldap_filter *filter,
                               const struct directory_value *value)
{
    struct text text = {value->bytes, value->len};
    const char *address;

    if (substring_is(judge, filter, text) ||
        substring_is(judge, filter, text_trim(text)))
        return true;
    address = text_normalise(judge, text_trim(text));
    return address != NULL &&
           substring_is(judge, filter, (struct text){address, strlen(address)});
}

static bool name_same(const char *wanted, const char *value, size_t len, void *arg)
{
    const struct directory_value found = {value, len};

    return text_is_value(arg, (struct text){wanted, strlen(wanted)}, 0, &found);
}

static bool equal_is_value(struct judge *judge, const struct ldap_filter *filter,
                           struct text wanted, const struct directory_value *value)
{
    if (filter->name == NULL)
        return text_is_value(judge, wanted, part_prefix(&filter->parts[0]), value);
    return memchr(value->bytes, '\0', value->len) == NULL &&
           ldap_name_matches(filter->name, judge->question->key, value->bytes, false,
                             name_same, judge, judge->arena);
}

/* --- assertions --- */

static bool attribute_asked(const struct judge *judge, const char *name)
{
    for (const char *const *asked = judge->question->attributes; *asked != NULL;
         asked++) {
        enum ldap_relation relation = ldap_attribute_relation(*asked, name);

        if (relation == LDAP_SAME || relation == LDAP_SUBTYPE)
            return true;
    }
    return false;
}

/* Does an attribute of the entry belong to the name? `renamed`: one that nobody asked
 * for comes from another name for an attribute, or from one that it is derived from. */
static bool attribute_fits(const struct judge *judge, const char *name,
                           const char *found, bool renamed)
{
    enum ldap_relation relation = ldap_attribute_relation(name, found);

    return renamed ? !attribute_asked(judge, found)
                   : relation == LDAP_SAME || relation == LDAP_SUBTYPE;
}

/* Looks through the values of the attributes that fit. *there_r: there are some. */
static bool values_hold(struct judge *judge, const struct ldap_filter *filter,
                        bool renamed, bool *there_r)
{
    bool equal = filter->kind == LDAP_FILTER_EQUAL;
    struct text wanted = part_text(judge, &filter->parts[0]);

    for (size_t i = 0; i < judge->entry->count; i++) {
        const struct directory_attribute *attribute = &judge->entry->attributes[i];

        if (!attribute_fits(judge, filter->attribute, attribute->name, renamed))
            continue;
        for (size_t j = 0; j < attribute->count; j++) {
            const struct directory_value *value = &attribute->values[j];

            *there_r = true;
            if (equal ? equal_is_value(judge, filter, wanted, value)
                      : substring_is_value(judge, filter, value))
                return true;
            judge->explained |= !equal || filter->name != NULL ||
                                alike(wanted.at, wanted.len, value->bytes, value->len);
        }
    }
    return false;
}

static enum truth assertion_judge(struct judge *judge, const struct ldap_filter *filter)
{
    bool there = false;

    if (!filter->judged)
        return MAYBE;
    if (values_hold(judge, filter, false, &there) ||
        (!there && values_hold(judge, filter, true, &there)))
        return TRUE;
    if (there && judge->failed == NULL)
        judge->failed = filter;
    if (!there && judge->unread == NULL)
        judge->unread = filter;
    return !there && judge->unread_may_hold ? MAYBE : FALSE;
}

static enum truth filter_judge(struct judge *judge, const struct ldap_filter *filter)
{
    enum truth truth = filter->kind == LDAP_FILTER_OR ? FALSE : TRUE;

    if (filter->kind > LDAP_FILTER_NOT)
        return assertion_judge(judge, filter);
    for (const struct ldap_filter *child = filter->children; child != NULL;
         child = child->next) {
        enum truth one = filter_judge(judge, child);

        if (filter->kind == LDAP_FILTER_NOT)
            truth = one == MAYBE ? MAYBE : one == TRUE ? FALSE : TRUE;
        else if (filter->kind == LDAP_FILTER_OR ? one > truth : one < truth)
            truth = one;
    }
    return truth;
}

/* --- the whole --- */

static enum answer judge_say(struct judge *judge, enum answer answer, const char *why,
                             const char **why_r)
{
    *why_r = why;
    if (!judge->arena->failed)
        return answer;
    *why_r = "out of memory";
    return ANSWER_UNKNOWN;
}

static enum answer filter_answer(struct judge *judge, const char **why_r)
{
    const struct ldap_filter *filter = judge->question->filter;
    const char *why;

    if (filter_judge(judge, filter) != FALSE)
        return judge_say(judge, ANSWER_YES, "", why_r);
    judge->unread_may_hold = true;
    if (judge->unread != NULL && !judge->explained &&
        filter_judge(judge, filter) != FALSE) {
        why = arena_printf(judge->arena,
                           "the attribute %s is searched, but cannot be read",
                           judge->unread->attribute);
        return judge_say(judge, ANSWER_UNKNOWN, why, why_r);
    }
    why = arena_printf(judge->arena, "no value of %s is the one asked for",
                       judge->failed != NULL   ? judge->failed->attribute
                       : judge->unread != NULL ? judge->unread->attribute
                                               : "it");
    return judge_say(judge, ANSWER_NO, why, why_r);
}

enum answer ldap_judge(const struct ldap_question *question,
                       const struct directory_entry *entry, struct arena *arena,
                       const char **why_r)
{
    struct judge judge = {.question = question, .entry = entry, .arena = arena};

    if (question->base != NULL &&
        !ldap_name_matches(question->base, question->key, entry->dn, true, name_same,
                           &judge, arena))
        return judge_say(&judge, ANSWER_NO, "its name is not below the one asked for",
                         why_r);
    return filter_answer(&judge, why_r);
}
