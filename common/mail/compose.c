/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/compose.h"

#include <stdint.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

enum {
    WORD_MAX = 75,  /* an encoded word (RFC 2047 2) */
    ESCAPED_MAX = 3 /* bytes of a byte in the Q encoding: =XX */
};

/* --- folding --- */

struct line {
    struct buf *out;
    size_t column;
    bool first; /* no word stands in the field yet */
};

/* Adds one word, on a line of its own where it does not fit on this one. */
static void line_word(struct line *line, const char *word, size_t len)
{
    if (!line->first) {
        bool fits = line->column + 1 + len <= COMPOSE_COLUMNS;

        buf_adds(line->out, fits ? " " : "\n ");
        line->column = fits ? line->column + 1 : 1;
    }
    buf_add(line->out, word, len);
    line->column += len;
    line->first = false;
}

/* --- encoded words --- */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The bytes of the character at the start that must stay in one word. */
static size_t character_len(const char *bytes, size_t len, bool utf8)
{
    ucs4_t uc;
    int n = utf8 && (unsigned char)*bytes >= 0x80
                ? u8_mbtoucr(&uc, (const uint8_t *)bytes, len)
                : 1;

    return n > 0 ? (size_t)n : 1;
}

static void q_add(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_alnum(bytes[i]))
            buf_addc(out, bytes[i]);
        else if (bytes[i] == ' ')
            buf_addc(out, '_');
        else
            buf_addf(out, "=%02X", (unsigned char)bytes[i]);
    }
}

/* Starts a word: its head, as long as it may be on this line. */
static size_t word_room(const struct line *line, const char *head)
{
    const size_t ends = strlen(head) + strlen("?=");
    const size_t used = line->column + 1;

    /* A word that could hold next to nothing begins on the next line. */
    if (line->first && used + ends + 4 * ESCAPED_MAX <= COMPOSE_COLUMNS &&
        COMPOSE_COLUMNS - used < WORD_MAX)
        return COMPOSE_COLUMNS - used - ends;
    return WORD_MAX - ends;
}

static void encoded_add(struct line *line, const char *bytes, size_t len)
{
    const bool utf8 = u8_check((const uint8_t *)bytes, len) == NULL;
    const char *head = utf8 ? "=?utf-8?q?" : "=?unknown-8bit?q?";
    struct buf word = BUF_INIT;
    size_t i = 0;

    while (i < len) {
        const size_t room = word_room(line, head);

        buf_clear(&word);
        buf_adds(&word, head);
        while (i < len) {
            const size_t n = character_len(bytes + i, len - i, utf8);
            const size_t before = word.len;

            q_add(&word, bytes + i, n);
            if (word.len > strlen(head) + room && before > strlen(head)) {
                buf_cut(&word, before);
                break;
            }
            i += n;
        }
        buf_adds(&word, "?=");
        line->out->failed |= word.failed;
        line_word(line, buf_str(&word), word.len);
    }
    buf_finish(&word);
}

void compose_encoded(const char *bytes, size_t len, size_t column, struct buf *out)
{
    struct line line = {out, column, true};

    encoded_add(&line, bytes, len);
}

/* --- names --- */

/* Appends what may stand in a name: one blank between words, none around them. */
static void name_clean(const char *name, struct buf *out)
{
    const size_t len = strlen(name);
    bool blank = false;
    size_t i = 0;

    while (i < len) {
        ucs4_t uc = (unsigned char)name[i];
        int n = uc < 0x80 ? 1 : u8_mbtoucr(&uc, (const uint8_t *)name + i, len - i);

        if (n <= 0) {
            i++;
            continue;
        }
        if (uc == ' ' || uc == '\t' || uc == '\n')
            blank = true;
        else if (uc >= 0x20 && !uc_is_property_default_ignorable_code_point(uc) &&
                 !uc_is_general_category_withtable(
                     uc, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl |
                             UC_CATEGORY_MASK_Zp | UC_CATEGORY_MASK_Co)) {
            if (out->len + (size_t)n + 1 > COMPOSE_NAME_MAX)
                return;
            if (blank && out->len != 0)
                buf_addc(out, ' ');
            blank = false;
            buf_add(out, name + i, (size_t)n);
        }
        i += (size_t)n;
    }
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

/* Words of atext, which need no quotes. A beginning "=?" would be an encoded word. */
static bool is_phrase(const char *name)
{
    if (strstr(name, "=?") != NULL)
        return false;
    for (; *name != '\0'; name++) {
        if (*name != ' ' && !is_alnum(*name) &&
            strchr("!#$%&'*+-/=?^_`{|}~", *name) == NULL)
            return false;
    }
    return true;
}

/* The words of `text`, which may be folded between any two of them. */
static void words_add(struct line *line, const char *text)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, " ");

        line_word(line, text, len);
        text += len;
        text += *text == ' ';
    }
}

void compose_words(const char *text, size_t column, struct buf *out)
{
    struct line line = {out, column + 1, true};

    words_add(&line, text);
}

static void quoted_add(struct line *line, const char *name)
{
    struct buf quoted = BUF_INIT;

    buf_addc(&quoted, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            buf_addc(&quoted, '\\');
        buf_addc(&quoted, *name);
    }
    buf_addc(&quoted, '"');
    line->out->failed |= quoted.failed;
    line_word(line, buf_str(&quoted), quoted.len);
    buf_finish(&quoted);
}

void compose_mailbox(const char *name, const char *address, bool utf8, size_t column,
                     struct buf *out)
{
    struct line line = {out, column + 1, true};
    struct buf clean = BUF_INIT, angle = BUF_INIT;
    const char *text;

    name_clean(name, &clean);
    text = buf_str(&clean);
    if (is_phrase(text))
        words_add(&line, text);
    else if ((is_ascii(text) || utf8) && strstr(text, "=?") == NULL)
        quoted_add(&line, text);
    else
        encoded_add(&line, text, clean.len);
    buf_addf(&angle, clean.len != 0 ? "<%s>" : "%s", address);
    out->failed |= clean.failed || angle.failed;
    line_word(&line, buf_str(&angle), angle.len);
    buf_finish(&angle);
    buf_finish(&clean);
}
