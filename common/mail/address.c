/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <idn2.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum { LABEL_MAX = 63, DOMAIN_MAX = 253 };

/* What a byte may be part of. */
enum { ATEXT = 1, DOT = 2, HIGH = 4, HOST = 8 };

static unsigned byte_uses(char c)
{
    enum { A = ATEXT, H = ATEXT | HOST };
    static const unsigned char uses[128] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0, /* NUL - SI */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0, /* DLE - US */
        0, A, 0, A, A, A, A, A, 0, 0, A, A, 0, H, DOT, A, /*  !"#$%&'()*+,-./ */
        H, H, H, H, H, H, H, H, H, H, 0, 0, 0, A, 0,   A, /* 0-9 :;<=>? */
        0, H, H, H, H, H, H, H, H, H, H, H, H, H, H,   H, /* @ A-O */
        H, H, H, H, H, H, H, H, H, H, H, 0, 0, 0, A,   H, /* P-Z [\]^_ */
        A, H, H, H, H, H, H, H, H, H, H, H, H, H, H,   H, /* ` a-o */
        H, H, H, H, H, H, H, H, H, H, H, A, A, A, A,   0, /* p-z {|}~ DEL */
    };

    return (unsigned char)c < 0x80 ? uses[(unsigned char)c] : HIGH;
}

/* What is wrong with a byte that cannot stand in an unquoted address. */
static enum reason byte_reason(char c)
{
    if ((unsigned char)c < 0x20 || c == 0x7f)
        return c == '\t' ? REASON_BLANK_IN_ADDRESS : REASON_CONTROL_BYTE;
    switch (c) {
    case ' ':
        return REASON_BLANK_IN_ADDRESS;
    case '"':
        return REASON_QUOTED_LOCAL_PART;
    case '(':
    case ')':
        return REASON_COMMENT_IN_ADDRESS;
    case '<':
    case '>':
        return REASON_STRAY_ANGLE;
    case '\\':
        return REASON_BACKSLASH;
    case ',':
    case ';':
    case ':':
        return REASON_SEPARATOR_IN_ANGLE;
    case '@':
        return REASON_SEVERAL_AT;
    default:
        return REASON_SYNTAX;
    }
}

static char fold_byte(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* --- the domain --- */

/* A character that is not seen, or not seen for what it is. */
static bool is_odd_character(ucs4_t uc)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int tag, n;

    if (uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_C) ||
        uc_is_property_default_ignorable_code_point(uc))
        return true;
    if (uc == 0x3002 || uc == 0xff61) /* ideographic full stops, dots to some readers */
        return true;
    n = uc_decomposition(uc, &tag, parts);
    /* A canonical pair of a letter and its accent is honest; what stands for ASCII
     * alone (KELVIN SIGN) or by compatibility (FULLWIDTH COMMERCIAL AT) is not. */
    if (n == 1 && parts[0] < 0x80)
        return true;
    for (int i = 0; i < n && tag != UC_DECOMP_CANONICAL; i++) {
        if (parts[i] < 0x80)
            return true;
    }
    return false;
}

/* Checks 8-bit text; joiners are for IDNA to judge where they are allowed to it. */
static enum reason check_unicode(const char *bytes, size_t len, bool joiners,
                                 size_t *at_r)
{
    size_t i = 0;

    while (i < len) {
        ucs4_t uc;
        int n = u8_mbtoucr(&uc, (const uint8_t *)bytes + i, len - i);

        *at_r = i;
        if (n <= 0)
            return REASON_BAD_UTF8;
        if (uc >= 0x80 && !(joiners && (uc == 0x200c || uc == 0x200d)) &&
            is_odd_character(uc))
            return REASON_ODD_CHARACTER;
        i += (size_t)n;
    }
    return REASON_NONE;
}

/* "[192.0.2.1]": digits and dots only, since a colon separates for some readers. */
static enum reason check_literal(const char *bytes, size_t len, size_t *at_r)
{
    for (size_t i = 1; i + 1 < len; i++) {
        *at_r = i;
        if ((bytes[i] < '0' || bytes[i] > '9') && bytes[i] != '.')
            return REASON_BAD_DOMAIN;
    }
    *at_r = len;
    return len > 2 && bytes[len - 1] == ']' ? REASON_NONE : REASON_BAD_DOMAIN;
}

/* What is wrong with a byte that cannot stand in a domain. */
static enum reason domain_byte_reason(char c)
{
    enum reason reason = byte_reason(c);

    return reason == REASON_SYNTAX || reason == REASON_QUOTED_LOCAL_PART
               ? REASON_BAD_DOMAIN
               : reason;
}

/*
 * Checks labels and dots; *at_r is where that ended. The length of a label with 8-bit
 * bytes is not that of its A-label: IDNA checks it.
 */
static enum reason check_labels(const char *bytes, size_t len, bool *high_r,
                                size_t *at_r)
{
    bool high = false;
    size_t label = 0, i;

    for (i = 0; i < len; i++) {
        unsigned uses = byte_uses(bytes[i]);

        if (uses & HOST)
            continue;
        *at_r = i;
        if (uses & HIGH) {
            high = true;
        } else if (!(uses & DOT)) {
            return domain_byte_reason(bytes[i]);
        } else {
            if (i == label || (!high && i - label > LABEL_MAX))
                return REASON_BAD_DOMAIN;
            label = i + 1;
        }
    }
    *at_r = len;
    *high_r = high;
    if (len == 0)
        return REASON_NO_DOMAIN;
    if (i == label || (!high && (i - label > LABEL_MAX || len > DOMAIN_MAX)))
        return REASON_BAD_DOMAIN;
    return REASON_NONE;
}

/* Checks the form of a domain; *high_r: it has 8-bit bytes and must be converted. */
static enum reason check_domain(const char *bytes, size_t len, bool *high_r,
                                size_t *at_r)
{
    enum reason reason;

    *high_r = false;
    *at_r = 0;
    if (len != 0 && bytes[0] == '[')
        return check_literal(bytes, len, at_r);
    reason = check_labels(bytes, len, high_r, at_r);
    if (reason != REASON_NONE || !*high_r)
        return reason;
    return check_unicode(bytes, len, true, at_r);
}

/*
 * The A-labels of a domain with 8-bit bytes; NULL when it does not convert as it stands
 * (no mapping: what is not its own canonical form is not the same domain) or memory ran
 * out.
 */
static const char *domain_to_alabels(const char *bytes, size_t len, struct arena *arena)
{
    char *folded = arena_strndup(arena, bytes, len);
    char *alabels = NULL;
    const char *copy = NULL;
    uint8_t *out = NULL;

    if (folded == NULL)
        return NULL;
    for (char *p = folded; *p != '\0'; p++)
        *p = fold_byte(*p);
    if (idn2_lookup_u8((const uint8_t *)folded, &out, IDN2_NO_TR46) == IDN2_OK) {
        alabels = (char *)out;
        copy = arena_strdup(arena, alabels);
    }
    idn2_free(out);
    return copy;
}

/* --- the local part --- */

/* A local part without its quotes. */
struct local {
    const char *bytes;
    size_t len;
    bool needs_quotes;
};

/* Notes whether `local` is a dot-atom. */
static void local_measure(struct local *local)
{
    bool after_dot = true;

    local->needs_quotes = false;
    for (size_t i = 0; i < local->len; i++) {
        unsigned uses = byte_uses(local->bytes[i]);

        if (uses == 0 || ((uses & DOT) && after_dot))
            local->needs_quotes = true;
        after_dot = uses & DOT;
    }
    if (after_dot)
        local->needs_quotes = true;
}

/* NFC, in the arena. */
static enum reason local_compose(struct local *local, struct arena *arena, size_t *at_r)
{
    enum reason reason = check_unicode(local->bytes, local->len, false, at_r);
    uint8_t *composed;
    size_t len = 0;

    if (reason != REASON_NONE)
        return reason;
    composed = u8_normalize(UNINORM_NFC, (const uint8_t *)local->bytes, local->len,
                            NULL, &len);
    if (composed == NULL) {
        arena->failed = true;
        return REASON_SYNTAX;
    }
    local->bytes = arena_strndup(arena, (const char *)composed, len);
    local->len = len;
    free(composed);
    return local->bytes != NULL ? REASON_NONE : REASON_SYNTAX;
}

/* Takes the bytes in front of the at sign, which has been found to stand unquoted. */
static enum reason local_read_plain(const char *bytes, size_t len, struct arena *arena,
                                    struct local *local_r, size_t *at_r)
{
    unsigned all = 0, last = DOT;
    bool odd_dots = false;

    *local_r = (struct local){bytes, len, false};
    *at_r = 0;
    if (len == 0)
        return REASON_NO_LOCAL_PART;
    for (size_t i = 0; i < len; i++) {
        unsigned uses = byte_uses(bytes[i]);

        if (uses == 0) {
            *at_r = i;
            return byte_reason(bytes[i]);
        }
        if (bytes[i] == '=' && i + 1 < len && bytes[i + 1] == '?') {
            *at_r = i;
            return REASON_ENCODED_WORD_IN_ADDRESS;
        }
        odd_dots |= (uses & last & DOT) != 0;
        all |= uses;
        last = uses;
    }
    local_r->needs_quotes = odd_dots || (last & DOT) != 0;
    return all & HIGH ? local_compose(local_r, arena, at_r) : REASON_NONE;
}

/*
 * Reads a quoted local part at the start of `bytes`. *used_r is how much of them it is,
 * both quotes included.
 */
static enum reason local_read_quoted(const char *bytes, size_t len, struct arena *arena,
                                     struct local *local_r, size_t *used_r,
                                     size_t *at_r)
{
    char *out = arena_alloc(arena, len);
    bool high = false;
    size_t n = 0, i;

    if (out == NULL)
        return REASON_SYNTAX;
    for (i = 1; i < len && bytes[i] != '"'; i++) {
        *at_r = i;
        if (bytes[i] == '\\') {
            if (i + 1 >= len || (bytes[i + 1] != '"' && bytes[i + 1] != '\\'))
                return REASON_QUOTED_LOCAL_PART;
            i++;
        } else if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f) {
            return REASON_CONTROL_BYTE;
        } else if (bytes[i] == '=' && i + 1 < len && bytes[i + 1] == '?') {
            return REASON_ENCODED_WORD_IN_ADDRESS;
        }
        high |= (unsigned char)bytes[i] >= 0x80;
        out[n++] = bytes[i];
    }
    *at_r = 0;
    if (i == len)
        return REASON_UNCLOSED_QUOTE;
    *used_r = i + 1;
    *local_r = (struct local){out, n, false};
    if (high) {
        enum reason reason = local_compose(local_r, arena, at_r);

        if (reason != REASON_NONE)
            return reason;
    }
    local_measure(local_r);
    return REASON_NONE;
}

/* --- the whole --- */

/* Copies, in lower case if wanted; where the copy ends. */
static char *write_folded(const char *bytes, size_t len, bool fold, char *out)
{
    for (size_t i = 0; i < len; i++)
        out[i] = fold ? fold_byte(bytes[i]) : bytes[i];
    return out + len;
}

/* Writes the local part with quotes if it needs them; where the text ends. */
static char *local_write(const struct local *local, bool fold, char *out)
{
    if (!local->needs_quotes)
        return write_folded(local->bytes, local->len, fold, out);
    *out++ = '"';
    for (size_t i = 0; i < local->len; i++) {
        if (local->bytes[i] == '"' || local->bytes[i] == '\\')
            *out++ = '\\';
        out = write_folded(local->bytes + i, 1, fold, out);
    }
    *out++ = '"';
    return out;
}

/* Room for what local_write() writes. */
static size_t local_room(const struct local *local)
{
    return local->needs_quotes ? 2 * local->len + 2 : local->len;
}

/* Puts the address together in one piece of memory. */
static enum reason build(const struct local *local, const char *domain,
                         size_t domain_len, const struct address_rules *rules,
                         struct arena *arena, struct address *address_r)
{
    bool fold = !rules->case_sensitive_local_part;
    char *text = arena_alloc(arena, local_room(local) + domain_len + local->len + 3);
    char *p;

    if (text == NULL)
        return REASON_SYNTAX;
    address_r->text = text;
    p = local_write(local, fold, text);
    *p++ = '@';
    address_r->domain = p;
    p = write_folded(domain, domain_len, true, p); /* a literal has nothing to fold */
    *p++ = '\0';
    address_r->local = p;
    if (local->needs_quotes)
        write_folded(local->bytes, local->len, fold, p);
    else
        memcpy(p, text, local->len);
    p[local->len] = '\0';
    address_r->literal_only = local->needs_quotes;
    return REASON_NONE;
}

/* Reads what stands behind the at sign and builds the address. */
static enum reason read_domain(const struct local *local, const char *bytes, size_t len,
                               const struct address_rules *rules, struct arena *arena,
                               struct address *address_r, size_t *at_r)
{
    bool high;
    enum reason reason = check_domain(bytes, len, &high, at_r);

    if (reason != REASON_NONE)
        return reason;
    if (high) {
        const char *alabels = domain_to_alabels(bytes, len, arena);

        if (arena->failed)
            return REASON_SYNTAX;
        if (alabels != NULL) {
            bytes = alabels;
            len = strlen(alabels);
        } else {
            address_r->unownable = true;
        }
    }
    return build(local, bytes, len, rules, arena, address_r);
}

enum reason address_parse(const char *bytes, size_t len,
                          const struct address_rules *rules, struct arena *arena,
                          struct address *address_r, size_t *error_at_r)
{
    enum reason reason;
    struct local local;
    size_t at = 0, used;

    *address_r = (struct address){0};
    if (error_at_r == NULL)
        error_at_r = &at;
    *error_at_r = 0;
    if (len > ADDRESS_MAX)
        return REASON_TOO_LONG;
    if (len != 0 && bytes[0] == '"') {
        reason = local_read_quoted(bytes, len, arena, &local, &used, error_at_r);
        if (reason == REASON_NONE && used < len && bytes[used] != '@') {
            *error_at_r = used;
            reason = REASON_QUOTED_LOCAL_PART;
        }
    } else {
        const char *sign = len != 0 ? memchr(bytes, '@', len) : NULL;

        used = sign != NULL ? (size_t)(sign - bytes) : len;
        reason = local_read_plain(bytes, used, arena, &local, error_at_r);
    }
    if (reason != REASON_NONE)
        return reason;
    *error_at_r = used;
    if (used == len)
        return REASON_NO_DOMAIN;
    used++;
    reason =
        read_domain(&local, bytes + used, len - used, rules, arena, address_r, &at);
    *error_at_r = used + at;
    /* Quotes and A-labels can make it longer than it was. */
    if (reason == REASON_NONE && strlen(address_r->text) > ADDRESS_MAX)
        reason = REASON_TOO_LONG;
    return reason;
}

/* Cuts one dot at the end of a domain, as MTAs do. */
static size_t cut_dot(const char *bytes, size_t len)
{
    return len > 1 && bytes[len - 1] == '.' && bytes[len - 2] != '.' ? len - 1 : len;
}

/* The length of the source route "@a,@b:" at the start of a path; 0: it has no end. */
static size_t route_len(const char *path, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (path[i] == ':')
            return i + 1;
        if (!(byte_uses(path[i]) & (HOST | DOT)) && path[i] != '@' && path[i] != ',')
            return 0;
    }
    return 0;
}

enum reason address_parse_path(const char *path, const struct address_rules *rules,
                               struct arena *arena, struct address *address_r,
                               bool *null_r)
{
    size_t len;

    *null_r = false;
    *address_r = (struct address){0};
    path += strspn(path, " \t");
    len = strlen(path);
    while (len != 0 && (path[len - 1] == ' ' || path[len - 1] == '\t'))
        len--;
    if (len != 0 && path[0] == '<') {
        if (path[len - 1] != '>' || len < 2)
            return REASON_UNCLOSED_ANGLE;
        path++;
        len -= 2;
    }
    if (len == 0) {
        *null_r = true;
        return REASON_NONE;
    }
    if (path[0] == '@') {
        size_t n = route_len(path, len);

        if (n == 0)
            return REASON_ROUTE;
        path += n;
        len -= n;
    }
    return address_parse(path, cut_dot(path, len), rules, arena, address_r, NULL);
}

/* --- lookup keys --- */

/* Has the local part no extension, whatever it looks like? (As Postfix decides.) */
static bool is_never_split(const char *local, const char *delimiters)
{
    size_t len = strlen(local);

    if (strcasecmp(local, "postmaster") == 0 ||
        strcasecmp(local, "mailer-daemon") == 0 ||
        strcasecmp(local, "double-bounce") == 0)
        return true;
    return strchr(delimiters, '-') != NULL &&
           (strncasecmp(local, "owner-", 6) == 0 ||
            (len >= 8 && strcasecmp(local + len - 8, "-request") == 0));
}

/* The length of the local part without its extension; its whole length if it has none.
 */
static size_t extension_at(const char *local, const char *delimiters)
{
    size_t len = strlen(local), at = strcspn(local, delimiters);

    if (at == 0 || at == len || is_never_split(local, delimiters))
        return len;
    return at;
}

size_t address_keys(const struct address *address, const struct address_rules *rules,
                    struct arena *arena, const char *keys[ADDRESS_KEYS_MAX])
{
    struct local base = {address->local,
                         extension_at(address->local, rules->delimiters), false};
    size_t count = 0;

    if (address->unownable)
        return 0;
    keys[count++] = address->text;
    if (address->literal_only)
        return count;
    if (address->local[base.len] != '\0') {
        struct address without;

        local_measure(&base);
        if (build(&base, address->domain, strlen(address->domain), rules, arena,
                  &without) != REASON_NONE)
            return 0;
        keys[count++] = without.text;
    }
    /* The text ends in "@domain". */
    keys[count++] = address->domain - 1;
    return count;
}

const char *address_normalise_domain(const char *domain, size_t len,
                                     struct arena *arena)
{
    bool high;
    size_t at;
    char *out;

    len = cut_dot(domain, len);
    if (len > ADDRESS_MAX || check_domain(domain, len, &high, &at) != REASON_NONE)
        return NULL;
    if (high)
        return domain_to_alabels(domain, len, arena);
    out = arena_strndup(arena, domain, len);
    for (char *p = out; p != NULL && *p != '\0' && *out != '['; p++)
        *p = fold_byte(*p);
    return out;
}

/* The key of a bare local part. */
static const char *normalise_local_key(const char *key,
                                       const struct address_rules *rules,
                                       struct arena *arena, enum reason *reason_r)
{
    size_t len = strlen(key), at, used;
    struct local local;
    char *out;

    if (key[0] == '"') {
        *reason_r = local_read_quoted(key, len, arena, &local, &used, &at);
        if (*reason_r == REASON_NONE && used != len)
            *reason_r = REASON_QUOTED_LOCAL_PART;
    } else {
        *reason_r = local_read_plain(key, len, arena, &local, &at);
    }
    if (*reason_r != REASON_NONE)
        return NULL;
    out = arena_alloc(arena, local_room(&local) + 1);
    if (out == NULL)
        *reason_r = REASON_SYNTAX;
    else
        local_write(&local, !rules->case_sensitive_local_part, out);
    return out;
}

const char *address_normalise_key(const char *key, const struct address_rules *rules,
                                  struct arena *arena, enum reason *reason_r)
{
    size_t len = strlen(key);
    struct address address;

    *reason_r = len > ADDRESS_MAX ? REASON_TOO_LONG : REASON_NONE;
    if (*reason_r != REASON_NONE)
        return NULL;
    if (key[0] == '@') {
        const size_t skip = key[1] == '.' ? 2 : 1;
        const char *domain = address_normalise_domain(key + skip, len - skip, arena);

        *reason_r = domain != NULL && (skip == 1 || *domain != '[') ? REASON_NONE
                                                                    : REASON_BAD_DOMAIN;
        return *reason_r == REASON_NONE
                   ? arena_printf(arena, "%.*s%s", (int)skip, key, domain)
                   : NULL;
    }
    if (strrchr(key, '@') == NULL) {
        const char *local = normalise_local_key(key, rules, arena, reason_r);

        /* Quotes can make it longer than it was. */
        if (local == NULL || strlen(local) <= ADDRESS_MAX)
            return local;
        *reason_r = REASON_TOO_LONG;
        return NULL;
    }
    *reason_r = address_parse(key, cut_dot(key, len), rules, arena, &address, NULL);
    if (*reason_r == REASON_NONE && address.unownable)
        *reason_r = REASON_BAD_DOMAIN;
    return *reason_r == REASON_NONE ? address.text : NULL;
}
