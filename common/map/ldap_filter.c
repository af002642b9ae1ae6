/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/ldap_filter.h"

#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "ldap/filter.h"
#include "map/map_lines.h"

enum { FILTER_DEPTH_MAX = 50, FILTER_SHOWN = 60, NAME_RDNS_MIN = 2 };

struct filter_parser {
    const char *at;
    enum map_template_use use;
    struct map_template_needs *needs;
    struct arena *arena;
    struct buf *error;
};

static bool filter_fail(struct filter_parser *parser, const char *at, const char *what)
{
    buf_adds(parser->error, what);
    if (*at != '\0') {
        buf_adds(parser->error, " at \"");
        escape_text(parser->error, at, strlen(at), FILTER_SHOWN);
        buf_addc(parser->error, '"');
    } else {
        buf_adds(parser->error, " at its end");
    }
    return false;
}

static struct ldap_filter *filter_new(struct filter_parser *parser,
                                      enum ldap_filter_kind kind)
{
    struct ldap_filter *filter = arena_alloc(parser->arena, sizeof(*filter));

    if (filter == NULL)
        buf_adds(parser->error, "out of memory");
    else
        filter->kind = kind;
    return filter;
}

static void filter_skip_blanks(struct filter_parser *parser)
{
    while (map_lines_blank(*parser->at))
        parser->at++;
}

/* --- values --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * The byte that the backslash at `at` stands for: two digits, or (RFC 1960) the
 * character itself. *len_r: bytes of the text. -1: neither.
 */
static int value_escape(const char *at, size_t *len_r)
{
    int high = hex_digit(at[1]);
    int low = high >= 0 ? hex_digit(at[2]) : -1;

    *len_r = 3;
    if (low >= 0)
        return high * 16 + low;
    *len_r = 2;
    return at[1] != '\0' && strchr("*()\\", at[1]) != NULL ? at[1] : -1;
}

/* One byte of a value, written so that map_template_parse() takes it for itself; an
 * expansion stays one. */
static bool value_byte(struct filter_parser *parser, struct buf *text)
{
    const char *at = parser->at;
    size_t len = 1;
    int byte = *at;

    if (*at == '(' || *at == ')')
        return filter_fail(parser, at,
                           "a parenthesis in a value has to be written \\28 or \\29");
    if (*at == '\\') {
        byte = value_escape(at, &len);
        if (byte < 0)
            return filter_fail(parser, at,
                               "expected two hexadecimal digits behind \"\\\"");
        if (byte == '%')
            buf_addc(text, '%');
    } else if (*at == '%') {
        if (at[1] == '\0' || strchr("\\()*", at[1]) != NULL)
            return filter_fail(parser, at, "expected an expansion, or \"%%\",");
        buf_addc(text, '%');
        byte = at[1];
        len = 2;
    }
    buf_addc(text, (char)byte);
    parser->at += len;
    return true;
}

/*
 * Reads on up to a "*", or to what ends the value, into a template; `bare`: nothing but
 * the end of the text does.
 */
static bool value_part(struct filter_parser *parser, bool bare,
                       struct map_template *part)
{
    struct buf text = BUF_INIT;
    bool ok = true;

    while (ok && *parser->at != '\0' && *parser->at != '*' &&
           (bare || *parser->at != ')'))
        ok = value_byte(parser, &text);
    if (ok && text.failed) {
        buf_adds(parser->error, "out of memory");
        ok = false;
    }
    ok = ok && map_template_parse(part, buf_str(&text), text.len, parser->use,
                                  parser->needs, parser->arena, parser->error);
    buf_finish(&text);
    return ok;
}

/* How many parts the value at `p` can have at most. */
static size_t value_parts_max(const char *p)
{
    size_t count = 1;

    for (; *p != '\0'; p++)
        count += *p == '*';
    return count;
}

/* The value of an assertion: its parts, with a "*" between each two. */
static bool value_read(struct filter_parser *parser, bool bare,
                       struct ldap_filter *filter)
{
    size_t most = value_parts_max(parser->at);

    filter->parts = arena_alloc(parser->arena, most * sizeof(*filter->parts));
    if (filter->parts == NULL) {
        buf_adds(parser->error, "out of memory");
        return false;
    }
    for (;;) {
        if (!value_part(parser, bare, &filter->parts[filter->part_count++]))
            return false;
        if (*parser->at != '*')
            return true;
        parser->at++;
    }
}

/* --- assertions --- */

/* Can the byte stand in the name of an attribute or a rule? */
static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._;", c) != NULL);
}

/* What stands before the value: the name of an attribute, what is compared how. */
static bool head_read(struct filter_parser *parser, struct ldap_filter *filter)
{
    const char *start = parser->at;
    const char *p = start;
    const char *sign;

    while (name_byte(*p))
        p++;
    sign = p;
    if (*p == ':') {
        while (name_byte(*p) || *p == ':')
            p++;
    } else if (*p == '~' || *p == '<' || *p == '>') {
        p++;
    }
    if (*p == '%')
        return filter_fail(parser, p, "an expansion can be part of a value only");
    if (*p != '=' || p == start)
        return filter_fail(parser, start, "expected attribute=value");
    p++;
    filter->attribute = arena_strndup(parser->arena, start, (size_t)(sign - start));
    filter->comparison = arena_strndup(parser->arena, sign, (size_t)(p - sign));
    parser->at = p;
    if (filter->attribute != NULL && filter->comparison != NULL)
        return true;
    buf_adds(parser->error, "out of memory");
    return false;
}

/* Is it a rule that says that a text equals another one? */
static bool rule_equals(const char *comparison)
{
    static const char *const rules[] = {
        ":=",
        ":caseIgnoreMatch:=",
        ":2.5.13.2:=",
        ":caseExactMatch:=",
        ":2.5.13.5:=",
        ":caseIgnoreIA5Match:=",
        ":1.3.6.1.4.1.1466.109.114.2:=",
        ":caseExactIA5Match:=",
        ":1.3.6.1.4.1.1466.109.114.1:=",
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strcasecmp(comparison, rules[i]) == 0)
            return true;
    }
    return false;
}

static bool assertion_fixed(const struct ldap_filter *filter)
{
    for (size_t i = 0; i < filter->part_count; i++) {
        if (!filter->parts[i].fixed)
            return false;
    }
    return true;
}

/* What kind of assertion it is, and whether it can be judged. */
static bool assertion_classify(struct filter_parser *parser, const char *start,
                               struct ldap_filter *filter)
{
    const char *comparison = filter->comparison;
    bool fixed = assertion_fixed(filter);
    bool equals =
        *comparison == '=' || *comparison == '~' ||
        (*comparison == ':' && *filter->attribute != '\0' && rule_equals(comparison));

    if (filter->part_count > 1 && *comparison != '=')
        return filter_fail(parser, start, "expected no \"*\" in the value");
    if (!fixed && (*comparison == '<' || *comparison == '>'))
        return filter_fail(parser, start,
                           "expected =, since the value has an expansion,");
    if (filter->part_count == 2 && filter->parts[0].count + filter->parts[1].count == 0)
        filter->kind = LDAP_FILTER_PRESENT;
    else if (filter->part_count > 1)
        filter->kind = LDAP_FILTER_SUBSTRING;
    else
        filter->kind = equals ? LDAP_FILTER_EQUAL : LDAP_FILTER_OTHER;
    filter->judged = !fixed && parser->use == MAP_TEMPLATE_QUERY &&
                     (equals || filter->part_count > 1);
    if (filter->judged && filter->kind == LDAP_FILTER_EQUAL) {
        filter->name = ldap_name_create(&filter->parts[0], parser->arena);
        if (filter->name != NULL && filter->name->rdns < NAME_RDNS_MIN)
            filter->name = NULL; /* "x=%s" is more likely no name at all */
    }
    if (!parser->arena->failed)
        return true;
    buf_adds(parser->error, "out of memory");
    return false;
}

static struct ldap_filter *assertion_parse(struct filter_parser *parser, bool bare)
{
    struct ldap_filter *filter = filter_new(parser, LDAP_FILTER_OTHER);
    const char *start = parser->at;

    if (filter == NULL || !head_read(parser, filter) ||
        !value_read(parser, bare, filter) || !assertion_classify(parser, start, filter))
        return NULL;
    return filter;
}

/* --- the tree --- */

static struct ldap_filter *filter_parse(struct filter_parser *parser, unsigned depth);

/* The children of the node, up to the closing parenthesis. */
static bool children_parse(struct filter_parser *parser, struct ldap_filter *filter,
                           unsigned depth)
{
    struct ldap_filter **end = &filter->children;

    filter_skip_blanks(parser);
    while (*parser->at == '(') {
        *end = filter_parse(parser, depth + 1);
        if (*end == NULL)
            return false;
        end = &(*end)->next;
        filter_skip_blanks(parser);
    }
    if (filter->kind == LDAP_FILTER_NOT &&
        (filter->children == NULL || filter->children->next != NULL))
        return filter_fail(parser, parser->at, "expected one filter behind \"!\"");
    return true;
}

static struct ldap_filter *node_parse(struct filter_parser *parser, unsigned depth)
{
    struct ldap_filter *filter;

    switch (*parser->at) {
    case '&':
        filter = filter_new(parser, LDAP_FILTER_AND);
        break;
    case '|':
        filter = filter_new(parser, LDAP_FILTER_OR);
        break;
    case '!':
        filter = filter_new(parser, LDAP_FILTER_NOT);
        break;
    default:
        return assertion_parse(parser, false);
    }
    parser->at++;
    return filter != NULL && children_parse(parser, filter, depth) ? filter : NULL;
}

/* One filter that begins with "(" at parser->at. */
static struct ldap_filter *filter_parse(struct filter_parser *parser, unsigned depth)
{
    struct ldap_filter *filter = NULL;
    const char *start = parser->at;

    if (depth > FILTER_DEPTH_MAX) {
        filter_fail(parser, start, "filters are nested too deeply");
        return NULL;
    }
    parser->at++;
    filter_skip_blanks(parser);
    filter = node_parse(parser, depth);
    if (filter == NULL)
        return NULL;
    if (*parser->at == ')') {
        parser->at++;
        return filter;
    }
    if (*parser->at == '\0')
        filter_fail(parser, start, "a parenthesis is not closed");
    else
        filter_fail(parser, parser->at, "expected \"(\" or \")\"");
    return NULL;
}

struct ldap_filter *ldap_filter_parse(const char *text, enum map_template_use use,
                                      struct map_template_needs *needs,
                                      struct arena *arena, struct buf *error_r)
{
    struct filter_parser parser = {text, use, needs, arena, error_r};
    struct ldap_filter *filter;

    filter_skip_blanks(&parser);
    filter =
        *parser.at == '(' ? filter_parse(&parser, 1) : assertion_parse(&parser, true);
    if (filter == NULL)
        return NULL;
    filter_skip_blanks(&parser);
    if (*parser.at == '\0')
        return filter;
    filter_fail(&parser, parser.at, "expected nothing more");
    return NULL;
}

bool ldap_filter_judged(const struct ldap_filter *filter)
{
    if (filter->judged)
        return true;
    for (const struct ldap_filter *child = filter->children; child != NULL;
         child = child->next) {
        if (ldap_filter_judged(child))
            return true;
    }
    return false;
}

/* --- for a key --- */

static void assertion_format(const struct ldap_filter *filter, const char *key,
                             const char *value, struct buf *out)
{
    struct buf text = BUF_INIT;

    buf_adds(out, filter->attribute);
    buf_adds(out, filter->comparison);
    for (size_t i = 0; i < filter->part_count; i++) {
        if (i != 0)
            buf_addc(out, '*');
        buf_clear(&text);
        if (filter->name != NULL)
            ldap_name_format(&filter->parts[i], key, &text);
        else
            map_template_expand(&filter->parts[i], key, value, NULL, &text);
        filter_escape(out, buf_str(&text), text.len);
        if (text.failed)
            out->failed = true;
    }
    buf_finish(&text);
}

void ldap_filter_format(const struct ldap_filter *filter, const char *key,
                        const char *value, struct buf *out)
{
    static const char signs[] = {
        [LDAP_FILTER_AND] = '&', [LDAP_FILTER_OR] = '|', [LDAP_FILTER_NOT] = '!'};

    buf_addc(out, '(');
    if (filter->kind > LDAP_FILTER_NOT) {
        assertion_format(filter, key, value, out);
    } else {
        buf_addc(out, signs[filter->kind]);
        for (const struct ldap_filter *child = filter->children; child != NULL;
             child = child->next)
            ldap_filter_format(child, key, value, out);
    }
    buf_addc(out, ')');
}
