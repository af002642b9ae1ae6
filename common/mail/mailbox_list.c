/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/mailbox_list.h"

#include <string.h>

#include "mail/display_name.h"
#include "mail/token.h"

/* The state of reading one field. */
struct list_reader {
    struct token_reader tokens;
    struct token token; /* the one that is looked at */
    struct token last;  /* the one before it */
    const struct address_rules *rules;
    struct arena *arena;
    struct mailbox_list *list;
    size_t cap; /* mailboxes that there is room for */

    size_t elements; /* of the list so far, empty ones not counted */
    bool in_group, after_group;
    bool null_angle;   /* one of the elements is "<>" */
    bool comment_only; /* one of the elements is only a comment */
    size_t odd_at;     /* where the last of those two stands */
    unsigned hidden;   /* an at sign in comments and quotes; shaky_flags() of all */
    bool encoded_at;   /* a decoded name or comment shows an at sign */
    bool group;        /* there is a group, perhaps ended */
    bool quoted_local; /* one of the local parts is in quotes */
    bool split_word;   /* an encoded word holds a comma, colon, ... */
    bool word_end;     /* one of the addresses holds "?=", the end of an encoded word */
    size_t hidden_at,
        shaky_at; /* the first with an at sign; the first with two readings */
};

/* A part of the input. */
struct span {
    size_t at;
    size_t len;
};

/* One element of the list: what has been seen of it. */
struct element {
    struct span name;    /* before the address: words, quoted strings, comments */
    struct span address; /* an addr-spec that stands without angle brackets */
    struct span comment; /* comments behind the address */
    unsigned flags;      /* of all words, quoted strings and comments */
    bool words;          /* words or quoted strings that are not the address */
    bool comments;
    size_t word_end; /* where the last of the words ends */
    size_t mixed_at; /* where words and the address meet, when both are there */
};

enum outcome { FAILED, ENDED, GROUP_BEGUN };

static enum outcome fail(struct list_reader *r, enum reason reason, size_t at,
                         const char *expected)
{
    r->list->reason = reason;
    r->list->error_at = at;
    r->list->expected = expected;
    return FAILED;
}

/* Fails as the token layer did. */
static enum outcome fail_token(struct list_reader *r)
{
    return fail(r, r->tokens.reason, r->tokens.error_at, r->tokens.expected);
}

static char token_byte(const struct list_reader *r)
{
    return r->tokens.bytes[r->token.at];
}

static bool is_special(const struct list_reader *r, char byte)
{
    return r->token.kind == TOKEN_SPECIAL && token_byte(r) == byte;
}

/*
 * Which of a token's flags make it one that some readers end early or not at all. Alone
 * it does no harm; in a field that hides an at sign in quotes or comments, those
 * readers find that address.
 */
static unsigned shaky_flags(const struct list_reader *r)
{
    const unsigned both =
        TOKEN_NESTED | TOKEN_QUOTE | TOKEN_PAREN | TOKEN_FOLDED | TOKEN_BACKSLASH;
    unsigned flags = r->token.flags;

    switch (r->token.kind) {
    case TOKEN_WORD:
        /* With a dot in front, quotes beside it belong to a local part for some. */
        if (token_byte(r) == '.')
            return TOKEN_BROKEN;
        /* The end of an encoded word that begins in a quoted string: it may hold any
         * address, and some decode it. */
        if ((r->hidden & TOKEN_ENCODED) && r->token.len > 1 &&
            memcmp(r->tokens.bytes + r->token.at, "?=", 2) == 0)
            return TOKEN_BROKEN | TOKEN_AT;
        return flags & (TOKEN_BROKEN | TOKEN_SEPARATOR);
    case TOKEN_COMMENT:
        /* To some a fold ends it, and what follows a bracket then is part of the domain
         * in front of it. */
        if ((flags & TOKEN_FOLDED) &&
            (flags & (TOKEN_NESTED | TOKEN_ESCAPE | TOKEN_QUOTE)))
            flags |= TOKEN_AT;
        /* An escaped quote in a quoted string is known to all; in a comment, not even a
         * comma is. */
        return flags & (both | TOKEN_AT | TOKEN_ESCAPE | TOKEN_SEPARATOR);
    case TOKEN_QUOTED:
        return flags & (both | TOKEN_ENCODED);
    default:
        return 0;
    }
}

static void advance(struct list_reader *r)
{
    r->last = r->token;
    token_next(&r->tokens, &r->token);
    r->hidden |= shaky_flags(r);
    if (r->token.kind == TOKEN_WORD && (r->token.flags & TOKEN_SEPARATOR))
        r->split_word = true;
    if ((r->token.kind == TOKEN_COMMENT || r->token.kind == TOKEN_QUOTED) &&
        (r->token.flags & TOKEN_AT)) {
        if (!(r->hidden & TOKEN_AT))
            r->hidden_at = r->token.at;
        r->hidden |= TOKEN_AT;
    }
}

static void extend(struct span *span, const struct token *token)
{
    if (span->len == 0)
        span->at = token->at;
    span->len = token->at + token->len - span->at;
}

/* A comment is looked at; false when no reader should be trusted with it. */
static bool take_comment(struct list_reader *r, struct element *element,
                         struct span *span)
{
    if (r->token.flags & TOKEN_ANGLE) {
        fail(r, REASON_ANGLE_IN_COMMENT, r->token.at, "a comment without < and >");
        return false;
    }
    extend(span, &r->token);
    element->flags |= r->token.flags;
    advance(r);
    return true;
}

/* --- what an element becomes --- */

static struct mailbox *add_mailbox(struct list_reader *r)
{
    struct mailbox_list *list = r->list;

    if (list->count == MAILBOX_COUNT_MAX) {
        fail(r, REASON_TOO_LONG, r->token.at, "fewer addresses");
        return NULL;
    }
    if (list->count == r->cap) {
        size_t cap = r->cap != 0 ? 2 * r->cap : 2;
        struct mailbox *more = arena_alloc(r->arena, cap * sizeof(*more));

        if (more == NULL) {
            fail(r, REASON_SYNTAX, r->token.at, "memory");
            return NULL;
        }
        if (list->count != 0)
            memcpy(more, list->mailboxes, list->count * sizeof(*more));
        list->mailboxes = more;
        r->cap = cap;
    }
    return &list->mailboxes[list->count];
}

/* Fills in the next mailbox, whose address is set, and counts it. */
static void finish_mailbox(struct list_reader *r, const struct element *element,
                           bool in_name)
{
    struct mailbox *mailbox = &r->list->mailboxes[r->list->count++];

    mailbox->name = r->tokens.bytes + element->name.at;
    mailbox->name_len = element->name.len;
    mailbox->comment = r->tokens.bytes + element->comment.at;
    mailbox->comment_len = element->comment.len;
    mailbox->in_name = in_name;
}

/* Adds the addr-spec in `span`. */
static enum outcome add_address(struct list_reader *r, const struct span *span,
                                const struct element *element, bool in_name)
{
    struct mailbox *mailbox = add_mailbox(r);
    enum reason reason;
    size_t at = 0;

    if (mailbox == NULL)
        return FAILED;
    r->quoted_local |= r->tokens.bytes[span->at] == '"';
    r->word_end |= memmem(r->tokens.bytes + span->at, span->len, "?=", 2) != NULL;
    reason = address_parse(r->tokens.bytes + span->at, span->len, r->rules, r->arena,
                           &mailbox->address, &at);
    if (reason == REASON_NONE && in_name &&
        (mailbox->address.unownable || mailbox->address.literal_only)) {
        reason = REASON_ADDRESS_IN_PHRASE;
        at = 0;
    }
    if (reason != REASON_NONE)
        return fail(r, reason, span->at + at, "an address: user@example.org");
    finish_mailbox(r, element, in_name);
    return ENDED;
}

/*
 * What the name or the comments show once they are decoded. An address there is a
 * matter of its own (display_name.h), unless it could be taken for the sender: then it
 * must be permitted as the sender must.
 */
static enum outcome check_name(struct list_reader *r, const struct span *span,
                               const struct element *element)
{
    struct name_addresses found;
    enum reason reason;

    if (span->len == 0)
        return ENDED;
    reason = display_name_find(r->tokens.bytes + span->at, span->len, r->rules,
                               r->arena, &found);
    if (reason != REASON_NONE)
        return fail(r, reason, span->at, "a plainer name");
    r->encoded_at |= found.at;
    if (found.control && found.at)
        return fail(r, REASON_CONTROL_IN_NAME, span->at, "a name without controls");
    for (size_t i = 0; found.divided && i < found.count; i++) {
        struct mailbox *mailbox = add_mailbox(r);

        if (mailbox == NULL)
            return FAILED;
        if (!found.items[i].parsed || found.items[i].address.unownable ||
            found.items[i].address.literal_only)
            return fail(r, REASON_LIST_IN_NAME, span->at, "a name without addresses");
        mailbox->address = found.items[i].address;
        finish_mailbox(r, element, true);
    }
    return ENDED;
}

/* Adds the mailbox of an element that has been read. */
static enum outcome add_element(struct list_reader *r, const struct span *address,
                                const struct element *element)
{
    r->elements++;
    if ((element->flags & (TOKEN_AT | TOKEN_ENCODED | TOKEN_HIGH)) &&
        (check_name(r, &element->name, element) == FAILED ||
         check_name(r, &element->comment, element) == FAILED))
        return FAILED;
    return add_address(r, address, element, false);
}

/* The element ends at a comma, at the end of the group or of the field. */
static enum outcome end_element(struct list_reader *r, const struct element *element)
{
    if (element->address.len != 0) {
        if (element->words)
            return fail(r, REASON_TEXT_BESIDE_ADDRESS, element->mixed_at,
                        "a comma, or the address in <>");
        return add_element(r, &element->address, element);
    }
    if (element->words)
        return fail(r, REASON_NO_DOMAIN, r->token.at, "<address> behind the name");
    if (element->comments) {
        r->elements++;
        r->comment_only = true;
        r->odd_at = element->name.at;
    }
    return ENDED;
}

/* --- the parts of an address --- */

/* Why `token` cannot stand inside of an address. */
static enum reason reason_in_address(const struct list_reader *r,
                                     const struct token *token, enum reason otherwise)
{
    switch (token->kind) {
    case TOKEN_BLANK:
        return token->flags & TOKEN_FOLDED ? REASON_FOLD_IN_ADDRESS
                                           : REASON_BLANK_IN_ADDRESS;
    case TOKEN_COMMENT:
        return REASON_COMMENT_IN_ADDRESS;
    case TOKEN_SPECIAL:
        switch (r->tokens.bytes[token->at]) {
        case ',':
        case ';':
        case ':':
            return REASON_SEPARATOR_IN_ANGLE;
        case '\\':
            return REASON_BACKSLASH;
        case '<':
            return REASON_STRAY_ANGLE;
        default:
            return otherwise;
        }
    default:
        return otherwise;
    }
}

/* Fails for the token that is looked at, inside of an address. */
static enum outcome fail_in_address(struct list_reader *r, enum reason otherwise,
                                    const char *expected)
{
    if (r->token.kind == TOKEN_ERROR)
        return fail_token(r);
    return fail(r, reason_in_address(r, &r->token, otherwise), r->token.at, expected);
}

/*
 * The domain behind an at sign, which is looked at: extends `span` over both and looks
 * at the token behind them.
 */
static enum outcome take_domain(struct list_reader *r, struct span *span)
{
    extend(span, &r->token);
    advance(r);
    if (is_special(r, '[')) {
        const char *bytes = r->tokens.bytes;

        /* The literal is one piece; what may stand in it is checked with the address.
         */
        while (r->tokens.at < r->tokens.len && bytes[r->tokens.at] != ']' &&
               strchr("0123456789.", bytes[r->tokens.at]) != NULL &&
               bytes[r->tokens.at] != '\0')
            r->tokens.at++;
        if (r->tokens.at == r->tokens.len || bytes[r->tokens.at] != ']')
            return fail(r, REASON_BAD_DOMAIN, r->tokens.at, "a domain");
        r->tokens.at++;
        r->token.len = r->tokens.at - r->token.at;
    } else if (r->token.kind != TOKEN_WORD) {
        return fail_in_address(r, REASON_NO_DOMAIN, "a domain");
    }
    extend(span, &r->token);
    advance(r);
    if (is_special(r, '@'))
        return fail(r, REASON_SEVERAL_AT, r->token.at, "one at sign");
    if (r->token.kind == TOKEN_WORD || r->token.kind == TOKEN_QUOTED ||
        is_special(r, '[') || is_special(r, ']'))
        return fail(r, REASON_BAD_DOMAIN, r->token.at, "the end of the address");
    return ENDED;
}

/* A word or quoted string: part of the name, or the local part of an address. */
static enum outcome take_word(struct list_reader *r, struct element *element)
{
    struct token word = r->token;
    struct span address = {word.at, word.len};

    advance(r);
    if (!is_special(r, '@')) {
        if (element->address.len != 0 && !element->words)
            element->mixed_at = word.at;
        element->words = true;
        element->flags |= word.flags;
        element->word_end = word.at + word.len;
        extend(&element->name, &word);
        return ENDED;
    }
    if (element->words && element->word_end == word.at)
        return fail(r, REASON_QUOTED_LOCAL_PART, word.at, "a local part in one piece");
    if (element->address.len != 0)
        return fail(r, REASON_TWO_ADDRESSES, word.at, "a comma");
    if (element->words)
        element->mixed_at = word.at;
    if (take_domain(r, &address) == FAILED)
        return FAILED;
    element->address = address;
    return ENDED;
}

/* --- <address> --- */

/* Comments behind the closing bracket, up to the end of the element. */
static enum outcome read_tail(struct list_reader *r, struct element *element)
{
    for (;;) {
        switch (r->token.kind) {
        case TOKEN_BLANK:
            advance(r);
            continue;
        case TOKEN_COMMENT:
            if (!take_comment(r, element, &element->comment))
                return FAILED;
            continue;
        case TOKEN_ERROR:
            return fail_token(r);
        case TOKEN_END:
            return ENDED;
        case TOKEN_SPECIAL:
            switch (token_byte(r)) {
            case ',':
                return ENDED;
            case ';':
                if (r->in_group)
                    return ENDED;
                return fail(r, REASON_SEMICOLON, r->token.at, "a comma");
            case '<':
                return fail(r, REASON_TWO_ADDRESSES, r->token.at, "a comma");
            case '>':
                return fail(r, REASON_STRAY_ANGLE, r->token.at, "a comma");
            case '\\':
                return fail(r, REASON_BACKSLASH, r->token.at, "a comma");
            default:
                break;
            }
            break;
        default:
            break;
        }
        return fail(r, REASON_TEXT_AFTER_ANGLE, r->token.at, "a comma or the end");
    }
}

/* "<>": nobody. Harmless alone, odd in any company. */
static enum outcome read_null_angle(struct list_reader *r, struct element *element)
{
    if (element->words || element->address.len != 0 || element->comments)
        return fail(r, REASON_NO_DOMAIN, r->token.at, "an address inside <>");
    r->null_angle = true;
    r->odd_at = r->token.at;
    r->elements++;
    advance(r);
    return read_tail(r, element);
}

/* The opening bracket is looked at. */
static enum outcome read_angle(struct list_reader *r, struct element *element)
{
    bool named = element->address.len != 0;
    struct span address = {0, 0};

    if (named && (element->words || element->comments ||
                  r->tokens.bytes[element->address.at] == '"'))
        return fail(r, REASON_ADDRESS_IN_PHRASE,
                    element->words ? element->mixed_at : element->address.at,
                    "a name without @, or in double quotes");
    advance(r);
    if (is_special(r, '>'))
        return read_null_angle(r, element);
    if (is_special(r, '@'))
        return fail(r, REASON_ROUTE, r->token.at, "the address alone");
    if (r->token.kind != TOKEN_WORD && r->token.kind != TOKEN_QUOTED)
        return fail_in_address(r,
                               r->token.kind == TOKEN_END ? REASON_UNCLOSED_ANGLE
                                                          : REASON_NO_LOCAL_PART,
                               "an address");
    extend(&address, &r->token);
    advance(r);
    if (r->token.kind == TOKEN_WORD || r->token.kind == TOKEN_QUOTED)
        return fail(r, REASON_QUOTED_LOCAL_PART, r->token.at, "an at sign");
    if (!is_special(r, '@'))
        return fail_in_address(r, REASON_NO_DOMAIN, "an at sign");
    if (take_domain(r, &address) == FAILED)
        return FAILED;
    if (!is_special(r, '>'))
        return fail_in_address(r, REASON_UNCLOSED_ANGLE, "a closing >");
    advance(r);
    if (read_tail(r, element) == FAILED)
        return FAILED;
    if (named && add_address(r, &element->address, element, true) == FAILED)
        return FAILED;
    return add_element(r, &address, element);
}

/* --- elements, groups, the list --- */

/* A colon is looked at: the words so far are the name of a group. */
static enum outcome begin_group(struct list_reader *r, const struct element *element)
{
    struct name_addresses found;
    enum reason reason;

    if (r->in_group || element->address.len != 0 || !element->words)
        return fail(r, REASON_BAD_GROUP, r->token.at, "a comma");
    if (r->elements != 0)
        return fail(r, REASON_SPECIAL_IN_NAME, r->token.at,
                    "double quotes around the name");
    reason = display_name_find(r->tokens.bytes + element->name.at, element->name.len,
                               r->rules, r->arena, &found);
    /* Some readers take a quote that is escaped, or a backslash, for the name's end. */
    if (reason == REASON_NONE && (found.at || (element->flags & TOKEN_ESCAPE)))
        reason = REASON_BAD_GROUP;
    if (reason != REASON_NONE)
        return fail(r, reason, element->name.at, "the plain name of a group");
    r->in_group = true;
    r->group = true;
    /* Some readers take any semicolon for the group's end. */
    r->hidden |= TOKEN_SEPARATOR;
    advance(r);
    return GROUP_BEGUN;
}

/*
 * "[text]" in a name, as ticket systems and shops put it there. Some readers end the
 * name at the bracket, which does no harm as long as no address is hidden in the field;
 * what else could stand between the brackets is read in too many ways.
 */
static enum outcome take_brackets(struct list_reader *r, struct element *element)
{
    if (element->address.len != 0 && !element->words)
        element->mixed_at = r->token.at;
    element->words = true;
    r->hidden |= TOKEN_SEPARATOR;
    extend(&element->name, &r->token);
    advance(r);
    while (r->token.kind == TOKEN_WORD ||
           (r->token.kind == TOKEN_BLANK && !(r->token.flags & TOKEN_FOLDED))) {
        element->flags |= r->token.flags;
        advance(r);
    }
    if (r->token.kind == TOKEN_ERROR)
        return fail_token(r);
    if (!is_special(r, ']'))
        return fail(r, REASON_SPECIAL_IN_NAME, r->token.at, "a closing ]");
    extend(&element->name, &r->token);
    advance(r);
    element->word_end = r->token.at;
    return ENDED;
}

/* One of < > ] : ; @ , \ ) is looked at in a place where a name may stand. */
static enum outcome take_special(struct list_reader *r, struct element *element)
{
    switch (token_byte(r)) {
    case '<':
        return read_angle(r, element);
    case ',':
        return end_element(r, element);
    case ':':
        return begin_group(r, element);
    case ';':
        if (r->in_group)
            return end_element(r, element);
        return fail(r, REASON_SEMICOLON, r->token.at, "a comma");
    case '@':
        return fail(r,
                    element->words || element->comments
                        ? reason_in_address(r, &r->last, REASON_NO_LOCAL_PART)
                        : REASON_NO_LOCAL_PART,
                    r->token.at, "a local part right in front of the at sign");
    case '>':
        return fail(r, REASON_STRAY_ANGLE, r->token.at, "a < before it");
    case ')':
        return fail(r, REASON_STRAY_PARENTHESIS, r->token.at, "a ( before it");
    case '\\':
        return fail(r, REASON_BACKSLASH, r->token.at, "double quotes around the name");
    default:
        return fail(r, REASON_SPECIAL_IN_NAME, r->token.at,
                    "double quotes around the name");
    }
}

/* Reads up to the separator behind the element, which is then looked at. */
static enum outcome read_element(struct list_reader *r)
{
    struct element element = {0};

    for (;;) {
        switch (r->token.kind) {
        case TOKEN_END:
            return end_element(r, &element);
        case TOKEN_ERROR:
            return fail_token(r);
        case TOKEN_BLANK:
            advance(r);
            break;
        case TOKEN_COMMENT:
            element.comments = true;
            if (!take_comment(r, &element,
                              element.address.len != 0 ? &element.comment
                                                       : &element.name))
                return FAILED;
            break;
        case TOKEN_WORD:
        case TOKEN_QUOTED:
            if (take_word(r, &element) == FAILED)
                return FAILED;
            break;
        case TOKEN_SPECIAL:
            if (!is_special(r, '['))
                return take_special(r, &element);
            if (take_brackets(r, &element) == FAILED)
                return FAILED;
            break;
        }
    }
}

/* Nothing but blanks may follow the end of a group, which is looked at. */
static enum outcome end_group(struct list_reader *r)
{
    r->in_group = false;
    advance(r);
    if (r->token.kind == TOKEN_BLANK)
        advance(r);
    if (r->token.kind == TOKEN_ERROR)
        return fail_token(r);
    if (r->token.kind != TOKEN_END)
        return fail(r, REASON_BAD_GROUP, r->token.at, "the end of the field");
    return ENDED;
}

static enum outcome read_list(struct list_reader *r)
{
    advance(r);
    for (;;) {
        switch (read_element(r)) {
        case FAILED:
            return FAILED;
        case GROUP_BEGUN:
            continue;
        case ENDED:
            break;
        }
        if (is_special(r, ';'))
            return end_group(r);
        if (r->token.kind == TOKEN_END && r->in_group)
            return fail(r, REASON_BAD_GROUP, r->token.at, "a semicolon");
        if (r->token.kind == TOKEN_END)
            return ENDED;
        advance(r);
    }
}

/* An at sign in encoded words, of which one is so broken that some readers decode on
 * from there, or split in it. */
static bool has_encoded_at(const struct list_reader *r)
{
    if (r->encoded_at && (r->hidden & (TOKEN_BROKEN | TOKEN_SEPARATOR)))
        return true;
    /* One that is no encoded word to us may be decoded by others all the same. */
    if (r->split_word && (r->hidden & TOKEN_BROKEN))
        return true;
    return (r->hidden & TOKEN_BROKEN) &&
           memmem(r->tokens.bytes, r->tokens.len, "=40", 3) != NULL;
}

/* What can only be judged when the whole field has been seen. */
static enum outcome check_whole(struct list_reader *r)
{
    bool at = (r->hidden & TOKEN_AT) || has_encoded_at(r);

    if ((r->comment_only || r->null_angle) && r->elements != 1)
        return fail(r, REASON_NO_ADDRESS, r->odd_at, "an address");
    if ((r->comment_only || r->null_angle) && (r->hidden & TOKEN_AT))
        return fail(r, REASON_NO_ADDRESS, r->odd_at,
                    "an address outside of the comment");
    if (at && (r->hidden & ~(unsigned)TOKEN_AT))
        return fail(r, REASON_UNSAFE_COMMENT, r->hidden_at,
                    "no address in quotes or comments");
    if (r->group && (r->hidden & ~(unsigned)(TOKEN_AT | TOKEN_SEPARATOR)))
        return fail(r, REASON_BAD_GROUP, 0, "a group of plain names");
    if (r->word_end && (r->hidden & TOKEN_BROKEN))
        return fail(r, REASON_ENCODED_WORD_IN_ADDRESS, 0,
                    "no encoded word that ends in an address");
    /* Some join the local part of one address with the domain of the next. */
    if (r->quoted_local && r->list->count > 1)
        return fail(r, REASON_QUOTED_LOCAL_PART, 0, "no quotes in a list of addresses");
    if ((r->hidden & TOKEN_ESCAPE) && r->list->count > 1)
        return fail(r, REASON_UNSAFE_COMMENT, 0, "comments without a backslash");
    r->list->empty = r->list->count == 0;
    return ENDED;
}

enum reason mailbox_list_parse(const char *bytes, size_t len,
                               const struct address_rules *rules, struct arena *arena,
                               struct mailbox_list *list_r)
{
    struct list_reader r;

    memset(&r, 0, sizeof(r));
    r.rules = rules;
    r.arena = arena;
    r.list = list_r;
    *list_r = (struct mailbox_list){0};
    token_reader_init(&r.tokens, bytes, len);
    if (len > MAILBOX_FIELD_MAX)
        fail(&r, REASON_TOO_LONG, MAILBOX_FIELD_MAX, "a shorter field");
    else if (read_list(&r) == ENDED)
        check_whole(&r);
    return list_r->reason;
}
