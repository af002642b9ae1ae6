/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/display_name.h"

#include <stdint.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

#include "base/buf.h"
#include "mail/charset.h"
#include "mail/encoded_word.h"
#include "mail/token.h"

/* --- a name as it stands into the text of it --- */

/* Appends the inside of a quoted string or comment: no pairs, no folds. */
static void add_inside(struct buf *out, const char *bytes, size_t len)
{
    size_t run = 0, i;

    for (i = 0; i < len; i++) {
        if (bytes[i] != '\\' && bytes[i] != '\r' && bytes[i] != '\n')
            continue;
        buf_add(out, bytes + run, i - run);
        run = i + 1;
        if (bytes[i] == '\\')
            i++; /* what it escapes is the start of the next run */
    }
    if (run < len)
        buf_add(out, bytes + run, len - run);
}

static void add_blank(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == ' ' || bytes[i] == '\t')
            buf_addc(out, bytes[i]);
    }
}

/* Are there quotes, comments or folds? */
static bool has_structure(const char *raw, size_t len)
{
    return memchr(raw, '"', len) != NULL || memchr(raw, '(', len) != NULL ||
           memchr(raw, '\n', len) != NULL;
}

/*
 * Appends the text of a name without its quotes and folds. A comment keeps its
 * parentheses, so that words inside and outside stay apart. What is no RFC 5322 text
 * from some point on is taken as it stands.
 */
static void add_unquoted(struct buf *out, const char *raw, size_t len)
{
    struct token_reader reader;
    struct token token;

    token_reader_init(&reader, raw, len);
    for (;;) {
        token_next(&reader, &token);
        switch (token.kind) {
        case TOKEN_END:
            return;
        case TOKEN_ERROR:
            buf_add(out, raw + token.at, len - token.at);
            return;
        case TOKEN_BLANK:
            add_blank(out, raw + token.at, token.len);
            break;
        case TOKEN_QUOTED:
            add_inside(out, raw + token.at + 1, token.len - 2);
            break;
        case TOKEN_COMMENT:
            add_inside(out, raw + token.at, token.len);
            break;
        case TOKEN_WORD:
        case TOKEN_SPECIAL:
            buf_add(out, raw + token.at, token.len);
            break;
        }
    }
}

/* The ASCII character that a reader sees in `uc`, or `uc`. */
static ucs4_t fold_look_alike(ucs4_t uc)
{
    switch (uc) {
    case 0xff20: /* FULLWIDTH COMMERCIAL AT */
    case 0xfe6b: /* SMALL COMMERCIAL AT */
        return '@';
    case 0xff0e: /* FULLWIDTH FULL STOP */
    case 0xfe52: /* SMALL FULL STOP */
    case 0x2024: /* ONE DOT LEADER */
    case 0x3002: /* IDEOGRAPHIC FULL STOP */
    case 0xff61: /* HALFWIDTH IDEOGRAPHIC FULL STOP */
        return '.';
    default:
        return uc;
    }
}

/* Can there be an at sign, or what looks like one? (Those begin with the byte 0xef.) */
static bool may_hold_at(const char *text, size_t len)
{
    return memchr(text, '@', len) != NULL || memchr(text, 0xef, len) != NULL;
}

/* Copies what a person sees of `text`; notes controls, dividers and at signs. */
static void add_visible(struct buf *out, const char *text, size_t len,
                        struct name_addresses *found)
{
    size_t i = 0;

    while (i < len) {
        ucs4_t uc = (unsigned char)text[i];
        int n = uc < 0x80 ? 1 : u8_mbtoucr(&uc, (const uint8_t *)text + i, len - i);

        if (n <= 0) {
            i++;
            continue;
        }
        uc = fold_look_alike(uc);
        if (uc < 0x20 || uc == 0x7f) {
            found->control |= uc != '\t';
            if (uc == '\t' || uc == '\r' || uc == '\n')
                buf_addc(out, ' ');
        } else if (uc < 0x80) {
            found->divided |= strchr("<>\",;", (int)uc) != NULL;
            found->at |= uc == '@';
            buf_addc(out, (char)uc);
        } else if (!uc_is_property_default_ignorable_code_point(uc)) {
            buf_add(out, text + i, (size_t)n);
        }
        i += (size_t)n;
    }
}

/* --- addresses in the text --- */

/* Letters, marks and digits beyond ASCII, by the first byte of the character at `p`. */
static size_t wide_len(const char *p, size_t len)
{
    ucs4_t uc;
    int n = u8_mbtoucr(&uc, (const uint8_t *)p, len);

    if (n <= 0 || uc < 0x80 ||
        !uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
                                                  UC_CATEGORY_MASK_N))
        return 0;
    return (size_t)n;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Where the local part in front of text[at] begins; `at` when there is none. */
static size_t local_begin(const char *text, size_t at)
{
    size_t i = at;

    if (at > 1 && text[at - 1] == '"') {
        for (i = at - 1; i > 0 && text[i - 1] != '"'; i--)
            ;
        return i > 0 ? i - 1 : at;
    }
    while (i > 0) {
        size_t begin = i - 1;

        while (begin > 0 && ((unsigned char)text[begin] & 0xc0) == 0x80)
            begin--;
        if (!is_alnum(text[begin]) &&
            (text[begin] == '\0' ||
             strchr("!#$%&'*+-/=?^_`{|}~.", text[begin]) == NULL) &&
            wide_len(text + begin, i - begin) == 0)
            break;
        i = begin;
    }
    /* What stands around a word, as in 'a@example.org'. */
    while (i < at && strchr("'`*.", text[i]) != NULL)
        i++;
    return i;
}

/* Where the domain at text[at] ends; *dotted_r: it has a dot and a name behind it. */
static size_t domain_end(const char *text, size_t at, size_t len, bool *dotted_r)
{
    size_t i = at, dot = 0;

    while (i < len) {
        size_t n = is_alnum(text[i]) || strchr("-_.", text[i]) != NULL
                       ? 1
                       : wide_len(text + i, len - i);

        if (n == 0)
            break;
        i += n;
    }
    while (i > at && strchr("-_.", text[i - 1]) != NULL)
        i--;
    for (size_t j = at + 1; j < i; j++) {
        if (text[j] == '.')
            dot = j;
    }
    *dotted_r = false;
    for (size_t j = dot + 1; dot != 0 && j < i; j++)
        *dotted_r |= text[j] < '0' || text[j] > '9';
    return i;
}

/* Adds the word as an address. */
static enum reason add_word(const char *word, size_t len,
                            const struct address_rules *rules, struct arena *arena,
                            struct name_addresses *found)
{
    struct name_address item;

    item.parsed =
        address_parse(word, len, rules, arena, &item.address, NULL) == REASON_NONE;
    item.text = item.parsed ? item.address.text : arena_strndup(arena, word, len);
    if (found->items == NULL)
        found->items = arena_alloc(arena, NAME_ADDRESSES_MAX * sizeof(item));
    if (arena->failed)
        return REASON_SYNTAX;
    for (size_t i = 0; i < found->count; i++) {
        if (strcmp(found->items[i].text, item.text) == 0)
            return REASON_NONE;
    }
    if (found->count == NAME_ADDRESSES_MAX)
        return REASON_TOO_LONG;
    found->items[found->count++] = item;
    return REASON_NONE;
}

/*
 * Finds the words with an at sign. Each byte is looked at a few times at most: a local
 * part reaches back to the last at sign or quote, a domain forward to the next.
 */
static enum reason find_words(const char *text, size_t len,
                              const struct address_rules *rules, struct arena *arena,
                              struct name_addresses *found)
{
    for (size_t at = 0; at < len; at++) {
        size_t begin, end;
        bool dotted;
        enum reason reason;

        if (text[at] != '@')
            continue;
        begin = local_begin(text, at);
        end = domain_end(text, at + 1, len, &dotted);
        if (begin == at || end == at + 1 ||
            (!dotted && (begin == 0 || text[begin - 1] != '<')))
            continue;
        reason = add_word(text + begin, end - begin, rules, arena, found);
        if (reason != REASON_NONE)
            return reason;
    }
    return REASON_NONE;
}

/* --- the whole --- */

static enum reason find_joined(const char *plain, size_t len,
                               enum encoded_word_join join,
                               struct charset_set *charsets,
                               const struct address_rules *rules, struct arena *arena,
                               struct name_addresses *found, bool *adjacent_r)
{
    struct buf text = BUF_INIT, visible = BUF_INIT;
    enum reason reason = REASON_NONE;

    *adjacent_r = encoded_words_decode(plain, len, join, charsets, &text);
    if (may_hold_at(buf_str(&text), text.len)) {
        add_visible(&visible, buf_str(&text), text.len, found);
        if (!visible.failed)
            reason = find_words(buf_str(&visible), visible.len, rules, arena, found);
    }
    if (text.failed || visible.failed) {
        arena->failed = true;
        reason = REASON_SYNTAX;
    }
    buf_finish(&visible);
    buf_finish(&text);
    return reason;
}

/* Finds the addresses in a name that has no quotes, comments and folds any more. */
static enum reason find_plain(const char *plain, size_t len,
                              const struct address_rules *rules, struct arena *arena,
                              struct name_addresses *found)
{
    struct charset_set charsets;
    bool adjacent = false, control;
    enum reason reason;

    charsets.count = 0;
    charsets.full = false;
    reason = find_joined(plain, len, ENCODED_WORDS_APART, &charsets, rules, arena,
                         found, &adjacent);
    if (reason == REASON_NONE && adjacent) {
        /* Words that are broken turn into noise when they are joined. */
        control = found->control;
        reason = find_joined(plain, len, ENCODED_WORDS_TOGETHER, &charsets, rules,
                             arena, found, &adjacent);
        found->control = control;
    }
    if (reason == REASON_NONE && charsets.full)
        reason = REASON_TOO_LONG;
    charset_set_finish(&charsets);
    return reason;
}

enum reason display_name_find(const char *raw, size_t len,
                              const struct address_rules *rules, struct arena *arena,
                              struct name_addresses *addresses_r)
{
    struct buf plain = BUF_INIT;
    enum reason reason = REASON_SYNTAX;

    *addresses_r = (struct name_addresses){0};
    if (len == 0 || (memmem(raw, len, "=?", 2) == NULL && !may_hold_at(raw, len)))
        return REASON_NONE;
    if (!has_structure(raw, len))
        return find_plain(raw, len, rules, arena, addresses_r);
    add_unquoted(&plain, raw, len);
    if (plain.failed)
        arena->failed = true;
    else
        reason = find_plain(buf_str(&plain), plain.len, rules, arena, addresses_r);
    buf_finish(&plain);
    return reason;
}

bool display_name_text(const char *raw, size_t len, struct buf *out)
{
    struct name_addresses found = {0};
    struct charset_set charsets;
    struct buf plain = BUF_INIT, text = BUF_INIT;

    charsets.count = 0;
    charsets.full = false;
    add_unquoted(&plain, raw, len);
    encoded_words_decode(buf_str(&plain), plain.len, ENCODED_WORDS_TOGETHER, &charsets,
                         &text);
    add_visible(out, buf_str(&text), text.len, &found);
    out->failed |= plain.failed || text.failed;
    charset_set_finish(&charsets);
    buf_finish(&text);
    buf_finish(&plain);
    return !found.at && !found.control && !charsets.full;
}
