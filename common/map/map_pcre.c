/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_pcre.c - "pcre:PATH": patterns in the form of Postfix's pcre_table(5), asked with
 * the full address alone; read anew when they change (map_reload.h).
 *
 * What a pattern matches comes from whoever writes the mail. It may say which login is
 * meant, and nothing else: a value in which it would make another one, a list, "*" or a
 * group names nobody. And it may not cost more than a few milliseconds: a match that
 * goes beyond the limits below is not answered.
 */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "map/map.h"
#include "map/map_lines.h"
#include "map/map_reload.h"

enum {
    MATCH_LIMIT = 100000,     /* steps: an address has 1024 bytes at most */
    DEPTH_LIMIT = 10000,      /* backtracking points */
    HEAP_LIMIT_KIB = 4096,    /* of one match */
    LOOKUP_NS_MAX = 50000000, /* of all patterns together */
    CLOCK_EVERY = 64,         /* patterns between two looks at the clock */
    MESSAGE_MAX = 256
};

/* One line. */
enum pcre_op { PCRE_MATCH, PCRE_IF, PCRE_ENDIF };

struct pcre_rule {
    enum pcre_op op;
    unsigned line;
    bool without; /* "!" */
    pcre2_code *code;
    size_t endif;          /* of an "if": the number of its "endif" */
    struct strlist values; /* as written: $1 and $$ stand for something */
};

struct pcre_table {
    struct arena arena;
    struct pcre_rule *rules;
    size_t count;
    size_t cap;
    size_t open; /* the number of the innermost "if" that is not closed, and one */
    uint32_t captures; /* the most that a pattern has */
    pcre2_match_context *limits;
};

/* --- reading --- */

static void table_destroy(void *content)
{
    struct pcre_table *table = content;

    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        pcre2_code_free(table->rules[i].code);
    pcre2_match_context_free(table->limits);
    free(table->rules);
    arena_finish(&table->arena);
    free(table);
}

static size_t table_count(const void *content)
{
    const struct pcre_table *table = content;

    return table->count;
}

static struct pcre_table *table_create(void)
{
    struct pcre_table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return NULL;
    table->limits = pcre2_match_context_create(NULL);
    if (table->limits == NULL) {
        table_destroy(table);
        return NULL;
    }
    pcre2_set_match_limit(table->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(table->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(table->limits, HEAP_LIMIT_KIB);
    return table;
}

/* A new rule at the end, NULL: out of memory. */
static struct pcre_rule *table_add(struct pcre_table *table)
{
    if (table->count == table->cap) {
        const size_t cap = table->cap != 0 ? 2 * table->cap : 16;
        struct pcre_rule *rules = realloc(table->rules, cap * sizeof(*rules));

        if (rules == NULL)
            return NULL;
        table->rules = rules;
        table->cap = cap;
    }
    table->rules[table->count] = (struct pcre_rule){.op = PCRE_MATCH};
    return &table->rules[table->count++];
}

static bool ascii_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char *skip_blanks(char *p)
{
    while (map_lines_blank(*p))
        p++;
    return p;
}

/* The flags behind a pattern, each of which turns something over. */
static bool flags_read(char **at, uint32_t *options, struct buf *why_r)
{
    static const struct {
        char flag;
        uint32_t option;
    } flags[] = {
        {'i', PCRE2_CASELESS},
        {'m', PCRE2_MULTILINE},
        {'s', PCRE2_DOTALL},
        {'x', PCRE2_EXTENDED},
        {'A', PCRE2_ANCHORED},
        {'E', PCRE2_DOLLAR_ENDONLY},
        {'U', PCRE2_UNGREEDY},
        {'X', 0}, /* PCRE2 is always as strict as this made PCRE */
    };

    *options = PCRE2_CASELESS | PCRE2_DOTALL;
    for (; **at != '\0' && !map_lines_blank(**at); (*at)++) {
        size_t i = 0;

        while (i < sizeof(flags) / sizeof(flags[0]) && flags[i].flag != **at)
            i++;
        if (i == sizeof(flags) / sizeof(flags[0])) {
            buf_addf(why_r, "unknown flag \"%c\", expected i, m, s, x, A, E, U or X",
                     **at >= ' ' && **at <= '~' ? **at : '?');
            return false;
        }
        *options ^= flags[i].option;
    }
    return true;
}

static bool code_compile(struct pcre_table *table, struct pcre_rule *rule,
                         const char *pattern, uint32_t options, struct buf *why_r)
{
    PCRE2_UCHAR message[MESSAGE_MAX];
    uint32_t captures = 0;
    PCRE2_SIZE at;
    int error;

    rule->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options,
                               &error, &at, NULL);
    if (rule->code == NULL) {
        if (pcre2_get_error_message(error, message, sizeof message) < 0)
            message[0] = '\0';
        buf_addf(why_r, "pattern, byte %zu: %s", (size_t)at + 1, (char *)message);
        return false;
    }
    pcre2_pattern_info(rule->code, PCRE2_INFO_CAPTURECOUNT, &captures);
    if (captures > table->captures)
        table->captures = captures;
    return true;
}

/* Reads "!/pattern/flags" and moves behind it. */
static bool pattern_read(struct pcre_table *table, struct pcre_rule *rule, char **at,
                         struct buf *why_r)
{
    char *p = *at, *pattern;
    uint32_t options;
    char delimiter;

    for (; *p == '!' || map_lines_blank(*p); p++)
        rule->without ^= *p == '!';
    delimiter = *p;
    if (delimiter == '\0' || ascii_alnum(delimiter) || delimiter == '\\') {
        buf_adds(why_r, "expected /pattern/");
        return false;
    }
    pattern = ++p;
    while (*p != '\0' && *p != delimiter)
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    if (*p == '\0') {
        buf_addf(why_r, "no second \"%c\" ends the pattern", delimiter);
        return false;
    }
    *p++ = '\0';
    *at = p;
    return flags_read(at, &options, why_r) &&
           code_compile(table, rule, pattern, options, why_r);
}

/*
 * One "$" in a value: "$$", "$1", "${1}" or "$(1)". The number in *number_r, 0 for a
 * "$" itself. Returns where it ends, NULL: it is none of these.
 */
static const char *dollar_read(const char *p, uint32_t *number_r)
{
    const char close = p[1] == '{' ? '}' : p[1] == '(' ? ')' : '\0';

    *number_r = 0;
    if (p[1] == '$')
        return p + 2;
    p += close != '\0' ? 2 : 1;
    if (*p < '0' || *p > '9')
        return NULL;
    for (; *p >= '0' && *p <= '9' && *number_r < 1000; p++)
        *number_r = *number_r * 10 + (uint32_t)(*p - '0');
    if (*number_r == 0 ||
        (close != '\0' ? *p++ != close : ascii_alnum(*p) || *p == '_'))
        return NULL;
    return p;
}

static bool value_check(const struct pcre_rule *rule, const char *value,
                        struct buf *why_r)
{
    uint32_t captures = 0, number;

    pcre2_pattern_info(rule->code, PCRE2_INFO_CAPTURECOUNT, &captures);
    for (const char *p = strchr(value, '$'); p != NULL; p = strchr(p, '$')) {
        p = dollar_read(p, &number);
        if (p == NULL) {
            buf_adds(why_r, "expected $1, ${1}, $(1) or $$ behind the pattern");
            return false;
        }
        if (number != 0 && rule->without) {
            buf_adds(why_r,
                     "a pattern with \"!\" has nothing for a \"$\" to stand for");
            return false;
        }
        if (number > captures) {
            buf_addf(why_r, "$%u, but the pattern has %u (...)", number, captures);
            return false;
        }
    }
    return true;
}

static bool match_read(struct pcre_table *table, struct pcre_rule *rule, char *text,
                       struct buf *why_r)
{
    if (!pattern_read(table, rule, &text, why_r))
        return false;
    if (!map_add_values(&rule->values, &table->arena, text)) {
        buf_adds(why_r, "out of memory");
        return false;
    }
    if (rule->values.count == 0) {
        buf_adds(why_r, "no login behind the pattern");
        return false;
    }
    for (size_t i = 0; i < rule->values.count; i++) {
        if (!value_check(rule, rule->values.items[i], why_r))
            return false;
    }
    return true;
}

static bool if_read(struct pcre_table *table, struct pcre_rule *rule, char *text,
                    struct buf *why_r)
{
    rule->op = PCRE_IF;
    if (!pattern_read(table, rule, &text, why_r))
        return false;
    if (*skip_blanks(text) != '\0') {
        buf_adds(why_r, "text behind the pattern of \"if\"");
        return false;
    }
    /* Until its end is known: the "if" around it. */
    rule->endif = table->open;
    table->open = table->count;
    return true;
}

static bool endif_read(struct pcre_table *table, struct pcre_rule *rule, char *text,
                       struct buf *why_r)
{
    struct pcre_rule *begin;

    rule->op = PCRE_ENDIF;
    if (*skip_blanks(text) != '\0') {
        buf_adds(why_r, "text behind \"endif\"");
        return false;
    }
    if (table->open == 0) {
        buf_adds(why_r, "\"endif\" without \"if\"");
        return false;
    }
    begin = &table->rules[table->open - 1];
    table->open = begin->endif;
    begin->endif = table->count - 1;
    return true;
}

static bool word_is(const char *text, const char *word)
{
    const size_t len = strlen(word);

    return strncasecmp(text, word, len) == 0 && !ascii_alnum(text[len]);
}

/* One logical line. */
static bool rule_read(struct pcre_table *table, char *text, unsigned line,
                      struct buf *why_r)
{
    struct pcre_rule *rule;

    if (map_lines_blank(*text)) {
        buf_adds(why_r, "begins with a blank, but continues no line");
        return false;
    }
    rule = table_add(table);
    if (rule == NULL) {
        buf_adds(why_r, "out of memory");
        return false;
    }
    rule->line = line;
    if (!ascii_alnum(*text))
        return match_read(table, rule, text, why_r);
    if (word_is(text, "if"))
        return if_read(table, rule, text + 2, why_r);
    if (word_is(text, "endif"))
        return endif_read(table, rule, text + 5, why_r);
    buf_adds(why_r, "expected /pattern/flags login, if /pattern/flags, or endif");
    return false;
}

static bool table_read(struct pcre_table *table, const char *path, const char *content,
                       struct buf *error_r)
{
    struct map_lines lines = {.at = content};
    struct buf text = BUF_INIT, why = BUF_INIT;
    unsigned line = 0;
    bool ok = true;

    while (ok && map_lines_next(&lines, &text, &line)) {
        if (text.failed)
            buf_adds(&why, "out of memory");
        ok = !text.failed && rule_read(table, text.data, line, &why);
    }
    if (ok && table->open != 0) {
        ok = false;
        line = table->rules[table->open - 1].line;
        buf_adds(&why, "\"if\" without \"endif\"");
    }
    if (!ok)
        buf_addf(error_r, "%s:%u: %s", path, line, buf_str(&why));
    buf_finish(&text);
    buf_finish(&why);
    return ok;
}

static void *table_load(const char *path, enum map_use use, const struct map_site *site,
                        struct stat *st_r, struct buf *error_r)
{
    struct pcre_table *table = table_create();
    struct buf bytes = BUF_INIT;
    bool ok;

    (void)use;
    (void)site;
    if (table == NULL)
        buf_addf(error_r, "%s: out of memory", path);
    ok = table != NULL && map_lines_load(path, &bytes, st_r, error_r) &&
         table_read(table, path, buf_str(&bytes), error_r);
    buf_finish(&bytes);
    if (ok)
        return table;
    table_destroy(table);
    return NULL;
}

/* --- matching --- */

/* One lookup. */
struct pcre_search {
    const struct pcre_table *table;
    const char *key;
    size_t len;
    pcre2_match_data *found;
    int64_t end; /* of this thread's time */
    const struct map_trace *trace;
    struct arena *arena;
    struct strlist *values;
    struct buf *error;
};

/* This thread's processor time in nanoseconds. */
static int64_t thread_time(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Does the rule hold for the key? */
static enum answer rule_match(struct pcre_search *search, const struct pcre_rule *rule)
{
    PCRE2_UCHAR message[MESSAGE_MAX];
    const int rc = pcre2_match(rule->code, (PCRE2_SPTR)search->key, search->len, 0, 0,
                               search->found, search->table->limits);

    if (rc > 0)
        return rule->without ? ANSWER_NO : ANSWER_YES;
    if (rc == PCRE2_ERROR_NOMATCH)
        return rule->without ? ANSWER_YES : ANSWER_NO;
    if (pcre2_get_error_message(rc, message, sizeof message) < 0)
        message[0] = '\0';
    buf_addf(search->error, "line %u: %s", rule->line, (char *)message);
    return ANSWER_UNKNOWN;
}

/* Can what was matched be a part of a login, and of nothing else? */
static bool capture_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];

        if (c <= ' ' || c == 0x7f || strchr("*,\"\\", c) != NULL)
            return false;
    }
    return true;
}

/* Puts what was matched in the place of each "$". false: it is nobody's name. */
static bool value_fill(struct pcre_search *search, const char *value, struct buf *out)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(search->found);
    const uint32_t pairs = pcre2_get_ovector_count(search->found);
    uint32_t number;

    while (*value != '\0') {
        const size_t plain = strcspn(value, "$");

        buf_add(out, value, plain);
        value += plain;
        if (*value == '\0')
            break;
        value = dollar_read(value, &number);
        if (value == NULL) /* value_check() let none in */
            return false;
        if (number == 0)
            buf_addc(out, '$');
        if (number == 0 || number >= pairs || at[2 * number] == PCRE2_UNSET)
            continue;
        if (!capture_plain(search->key + at[2 * number],
                           at[2 * number + 1] - at[2 * number]))
            return false;
        buf_add(out, search->key + at[2 * number], at[2 * number + 1] - at[2 * number]);
    }
    return true;
}

/* Is it what the admin has written, of another kind than without the "$"? */
static bool value_turned(const char *written, const char *filled)
{
    static const char group[] = "group:";
    const char *at = strchr(filled, '@');

    if (strncasecmp(filled, group, strlen(group)) == 0 &&
        strncasecmp(written, group, strlen(group)) != 0)
        return true;
    return at != NULL && strchr(at + 1, '@') != NULL;
}

static bool value_add(struct pcre_search *search, const struct pcre_rule *rule,
                      const char *value)
{
    struct buf filled = BUF_INIT;
    bool ok = true, counts;

    if (strchr(value, '$') == NULL)
        return strlist_add(search->values, search->arena, value);
    counts = value_fill(search, value, &filled) &&
             !value_turned(value, buf_str(&filled)) && filled.len != 0;
    if (filled.failed)
        ok = false;
    else if (counts)
        ok = strlist_add(search->values, search->arena, buf_str(&filled));
    if (!counts)
        map_trace_tell(search->trace, 1, "skip",
                       (const struct event_field[]){{"value", value}}, 1);
    (void)rule;
    buf_finish(&filled);
    return ok;
}

/* The rule holds: its values are the answer. */
static enum answer rule_answer(struct pcre_search *search, const struct pcre_rule *rule)
{
    if (search->trace != NULL)
        map_trace_tell(search->trace, 0, "row",
                       (const struct event_field[]){
                           {"line", arena_printf(search->arena, "%u", rule->line)}},
                       1);
    for (size_t i = 0; i < rule->values.count; i++) {
        if (!value_add(search, rule, rule->values.items[i])) {
            buf_adds(search->error, "out of memory");
            return ANSWER_UNKNOWN;
        }
    }
    return ANSWER_YES;
}

static bool search_late(struct pcre_search *search, size_t number)
{
    if (number % CLOCK_EVERY != CLOCK_EVERY - 1 || thread_time() < search->end)
        return false;
    buf_addf(search->error, "line %u: the address takes too long to match",
             search->table->rules[number].line);
    return true;
}

static enum answer search_run(struct pcre_search *search)
{
    const struct pcre_table *table = search->table;

    for (size_t i = 0; i < table->count; i++) {
        const struct pcre_rule *rule = &table->rules[i];
        enum answer answer;

        if (search_late(search, i))
            return ANSWER_UNKNOWN;
        if (rule->op == PCRE_ENDIF)
            continue;
        answer = rule_match(search, rule);
        if (answer == ANSWER_UNKNOWN)
            return answer;
        if (rule->op == PCRE_MATCH && answer == ANSWER_YES)
            return rule_answer(search, rule);
        if (rule->op == PCRE_IF && answer == ANSWER_NO)
            i = rule->endif;
    }
    return ANSWER_NO;
}

/* --- the map --- */

static const struct map_reload_class pcre_class = {
    .load = table_load,
    .destroy = table_destroy,
    .count = table_count,
    .one = "line",
    .many = "lines",
};

static void *pcre_open(const char *name, enum map_use use, const struct map_site *site,
                       struct buf *error_r)
{
    return map_reload_create(&pcre_class, name, use, site, error_r);
}

static void pcre_close(void *state)
{
    map_reload_destroy(state);
}

static enum answer pcre_lookup(void *state, const char *key,
                               const struct map_trace *trace, struct arena *arena,
                               struct strlist *values_r, struct buf *error_r)
{
    struct map_content *content = map_reload_take(state);
    const struct pcre_table *table = content->content;
    struct pcre_search search = {.table = table,
                                 .key = key,
                                 .len = strlen(key),
                                 .end = thread_time() + LOOKUP_NS_MAX,
                                 .trace = trace,
                                 .arena = arena,
                                 .values = values_r,
                                 .error = error_r};
    enum answer answer = ANSWER_UNKNOWN;

    search.found = pcre2_match_data_create(table->captures + 1, NULL);
    if (search.found == NULL)
        buf_adds(error_r, "out of memory");
    else
        answer = search_run(&search);
    pcre2_match_data_free(search.found);
    map_reload_give(state, content);
    return answer;
}

const struct map_type map_pcre = {
    .open = pcre_open,
    .lookup = pcre_lookup,
    .close = pcre_close,
    .full_key = true,
};
