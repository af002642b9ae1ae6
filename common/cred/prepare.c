/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cred/prepare.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/secret.h"

/* Code points of a password; the second array takes what normalisation makes of it. */
enum { POINTS_MAX = PASSWORD_MAX, NORMAL_MAX = 4 * PASSWORD_MAX };
struct work {
    uint32_t typed[POINTS_MAX];
    size_t typed_len;
    uint32_t normal[NORMAL_MAX];
    size_t normal_len;
    uint8_t bytes[PASSWORD_MAX];
};

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    }
    return false;
}

#define IN(ranges, c) in_ranges(ranges, sizeof(ranges) / sizeof(*(ranges)), c)

static bool is_unassigned(uint32_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cn);
}

/* --- OpaqueString: RFC 8265 4.2 over the FreeformClass of RFC 8264 4.3 --- */

/* RFC 8264 9.6 (exceptions), RFC 5892 2.6. */
static const struct range opaque_exceptions[] = {
    {0x00df, 0x00df}, {0x03c2, 0x03c2}, {0x06fd, 0x06fe},
    {0x0f0b, 0x0f0b}, {0x3007, 0x3007},
};

/* The exceptions that are disallowed, and the old Hangul Jamo (RFC 8264 9.9). */
static const struct range opaque_disallowed[] = {
    {0x0640, 0x0640}, {0x07fa, 0x07fa}, {0x1100, 0x11ff}, {0x302e, 0x302f},
    {0x3031, 0x3035}, {0x303b, 0x303b}, {0xa960, 0xa97c}, {0xd7b0, 0xd7fb},
};

static bool has_script(uint32_t c, const char *name)
{
    const uc_script_t *script = uc_script(c);

    return script != NULL && strcmp(script->name, name) == 0;
}

/* The joining types on both sides of a ZERO WIDTH NON-JOINER, transparent ones passed
 * over (RFC 5892 A.1). */
static bool joins_around(const uint32_t *s, size_t len, size_t at)
{
    size_t before = at, after = at + 1;
    int type;

    while (before > 0 && uc_joining_type(s[before - 1]) == UC_JOINING_TYPE_T)
        before--;
    while (after < len && uc_joining_type(s[after]) == UC_JOINING_TYPE_T)
        after++;
    if (before == 0 || after == len)
        return false;
    type = uc_joining_type(s[before - 1]);
    if (type != UC_JOINING_TYPE_L && type != UC_JOINING_TYPE_D)
        return false;
    type = uc_joining_type(s[after]);
    return type == UC_JOINING_TYPE_R || type == UC_JOINING_TYPE_D;
}

static bool has_kana_or_han(const uint32_t *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (has_script(s[i], "Hiragana") || has_script(s[i], "Katakana") ||
            has_script(s[i], "Han"))
            return true;
    }
    return false;
}

static bool has_range(const uint32_t *s, size_t len, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] >= first && s[i] <= last)
            return true;
    }
    return false;
}

/*
 * The rules of RFC 5892 appendix A. false: the code point has none; else *ok_r says
 * whether it may stand where it does.
 */
static bool by_context(const uint32_t *s, size_t len, size_t at, bool *ok_r)
{
    uint32_t before = at != 0 ? s[at - 1] : 0;
    uint32_t after = at + 1 < len ? s[at + 1] : 0;
    uint32_t c = s[at];

    if (c == 0x200c || c == 0x200d) { /* the joiners */
        *ok_r = (at != 0 && uc_combining_class(before) == UC_CCC_VR) ||
                (c == 0x200c && joins_around(s, len, at));
    } else if (c == 0x00b7) { /* the Catalan dot */
        *ok_r = before == 'l' && after == 'l';
    } else if (c == 0x0375) { /* the Greek numeral sign */
        *ok_r = after != 0 && has_script(after, "Greek");
    } else if (c == 0x05f3 || c == 0x05f4) { /* geresh, gershayim */
        *ok_r = at != 0 && has_script(before, "Hebrew");
    } else if (c == 0x30fb) { /* the Katakana dot, which is of no script */
        *ok_r = has_kana_or_han(s, len);
    } else if (c >= 0x0660 && c <= 0x0669) { /* Arabic-Indic digits, of one kind */
        *ok_r = !has_range(s, len, 0x06f0, 0x06f9);
    } else if (c >= 0x06f0 && c <= 0x06f9) {
        *ok_r = !has_range(s, len, 0x0660, 0x0669);
    } else {
        return false;
    }
    return true;
}

/* The derived property of RFC 8264 8, in its order. */
static bool opaque_allows(const uint32_t *s, size_t len, size_t at)
{
    uint32_t c = s[at];
    bool ok;

    if (IN(opaque_exceptions, c))
        return true;
    if (by_context(s, len, at, &ok))
        return ok;
    if (IN(opaque_disallowed, c) || is_unassigned(c))
        return false;
    if (uc_is_property_default_ignorable_code_point(c) ||
        uc_is_property_not_a_character(c))
        return false;
    /* What is left is letters, marks, numbers, blanks, symbols and punctuation. */
    return !uc_is_general_category_withtable(
        c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

static void opaque_map(struct work *work)
{
    for (size_t i = 0; i < work->typed_len; i++) {
        if (uc_is_general_category_withtable(work->typed[i], UC_CATEGORY_MASK_Zs))
            work->typed[i] = ' ';
    }
}

static bool opaque_check(const struct work *work)
{
    for (size_t i = 0; i < work->normal_len; i++) {
        if (!opaque_allows(work->normal, work->normal_len, i))
            return false;
    }
    return true;
}

/* --- SASLprep: RFC 4013 over the tables of RFC 3454 --- */

/* C.1.2: blanks, which become U+0020; U+200B is one here, whatever B.1 says. */
static const struct range saslprep_blanks[] = {
    {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200b},
    {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

/* B.1: commonly mapped to nothing. */
static const struct range saslprep_nothing[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x1806, 0x1806}, {0x180b, 0x180d},
    {0x200c, 0x200d}, {0x2060, 0x2060}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
};

/* C.1.2 to C.9; that C.4 ends every plane is seen to apart. */
static const struct range saslprep_forbidden[] = {
    {0x0000, 0x001f},   {0x007f, 0x00a0},     {0x0340, 0x0341},   {0x06dd, 0x06dd},
    {0x070f, 0x070f},   {0x1680, 0x1680},     {0x180e, 0x180e},   {0x2000, 0x200f},
    {0x2028, 0x202f},   {0x205f, 0x2063},     {0x206a, 0x206f},   {0x2ff0, 0x2ffb},
    {0x3000, 0x3000},   {0xd800, 0xf8ff},     {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},
    {0xfff9, 0xffff},   {0x1d173, 0x1d17a},   {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
    {0xf0000, 0xfffff}, {0x100000, 0x10ffff},
};

static void saslprep_map(struct work *work)
{
    size_t n = 0;

    for (size_t i = 0; i < work->typed_len; i++) {
        uint32_t c = work->typed[i];

        if (IN(saslprep_blanks, c))
            work->typed[n++] = ' ';
        else if (!IN(saslprep_nothing, c))
            work->typed[n++] = c;
    }
    work->typed_len = n;
}

static bool is_right_to_left(uint32_t c)
{
    int class = uc_bidi_category(c);

    return class == UC_BIDI_R || class == UC_BIDI_AL;
}

/* RFC 3454 6. */
static bool bidi_check(const struct work *work)
{
    size_t len = work->normal_len;
    bool left = false, right = false;

    for (size_t i = 0; i < len; i++) {
        if (is_right_to_left(work->normal[i]))
            right = true;
        else if (uc_bidi_category(work->normal[i]) == UC_BIDI_L)
            left = true;
    }
    return !right || (!left && is_right_to_left(work->normal[0]) &&
                      is_right_to_left(work->normal[len - 1]));
}

static bool saslprep_check(const struct work *work)
{
    for (size_t i = 0; i < work->normal_len; i++) {
        uint32_t c = work->normal[i];

        if (IN(saslprep_forbidden, c) || (c & 0xfffe) == 0xfffe || is_unassigned(c))
            return false;
    }
    return work->normal_len == 0 || bidi_check(work);
}

/* --- both --- */

static const struct {
    void (*map)(struct work *work);
    uninorm_t form;
    bool (*check)(const struct work *work);
} profiles[] = {
    [PREPARE_OPAQUE] = {opaque_map, UNINORM_NFC, opaque_check},
    [PREPARE_SASLPREP] = {saslprep_map, UNINORM_NFKC, saslprep_check},
};

/* Printable ASCII is prepared as it is, whatever the profile. */
static bool is_plain(const char *password, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (password[i] < ' ' || password[i] >= 0x7f)
            return false;
    }
    return true;
}

/* Normalises work->typed into work->normal. */
static enum prepared normalise(uninorm_t form, struct work *work)
{
    size_t len = NORMAL_MAX;
    uint32_t *made =
        u32_normalize(form, work->typed, work->typed_len, work->normal, &len);

    if (made == NULL)
        return PREPARE_OUT_OF_MEMORY;
    work->normal_len = len;
    if (made == work->normal)
        return PREPARED;
    /* Longer than the array, thus than any password. */
    secret_wipe(made, len * sizeof(*made));
    free(made);
    return PREPARE_TOO_LONG;
}

/* Writes work->normal out as UTF-8. */
static enum prepared write_out(struct work *work, struct buf *out_r)
{
    size_t len = 0;

    for (size_t i = 0; i < work->normal_len; i++) {
        int n = u8_uctomb(work->bytes + len, work->normal[i], PASSWORD_MAX - len);

        if (n <= 0)
            return PREPARE_TOO_LONG;
        len += (size_t)n;
    }
    secret_add(out_r, work->bytes, len);
    return PREPARED;
}

static enum prepared prepare(enum prepare_profile profile, const char *password,
                             size_t len, struct work *work, struct buf *out_r)
{
    const uint8_t *p = (const uint8_t *)password;
    enum prepared result;

    work->typed_len = 0;
    for (size_t at = 0; at < len;) {
        ucs4_t c;
        int n = u8_mbtoucr(&c, p + at, len - at);

        if (n <= 0)
            return PREPARE_NOT_UTF8;
        work->typed[work->typed_len++] = c;
        at += (size_t)n;
    }
    profiles[profile].map(work);
    result = normalise(profiles[profile].form, work);
    if (result != PREPARED)
        return result;
    if (!profiles[profile].check(work))
        return PREPARE_FORBIDDEN;
    return work->normal_len != 0 ? write_out(work, out_r) : PREPARE_EMPTY;
}

enum prepared prepare_password(enum prepare_profile profile, const char *password,
                               size_t len, struct buf *out_r)
{
    enum prepared result = PREPARED;
    struct work *work;

    secret_finish(out_r);
    if (len == 0)
        return PREPARE_EMPTY;
    if (len > PASSWORD_MAX)
        return PREPARE_TOO_LONG;
    if (is_plain(password, len)) {
        secret_add(out_r, password, len);
    } else {
        work = malloc(sizeof(*work));
        if (work == NULL)
            return PREPARE_OUT_OF_MEMORY;
        result = prepare(profile, password, len, work, out_r);
        secret_wipe(work, sizeof(*work));
        free(work);
    }
    return out_r->failed ? PREPARE_OUT_OF_MEMORY : result;
}

const char *prepared_sentence(enum prepared prepared)
{
    static const char *const sentences[] = {
        [PREPARED] = "is fine",
        [PREPARE_EMPTY] = "must not be empty",
        [PREPARE_TOO_LONG] = "must not be longer than 1024 bytes",
        [PREPARE_NOT_UTF8] = "must be in UTF-8",
        [PREPARE_FORBIDDEN] = "must not have control or unassigned characters",
        [PREPARE_OUT_OF_MEMORY] = "could not be prepared: out of memory",
    };

    return sentences[prepared];
}
