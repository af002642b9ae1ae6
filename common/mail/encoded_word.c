/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/encoded_word.h"

#include <string.h>
#include <strings.h>

/* Longer than the name of any charset with a language behind it. */
enum { CHARSET_MAX = 64 };

/* What may stand in the name of a charset: more than RFC 2047 allows, as programs do.
 */
static bool is_charset_byte(char c)
{
    switch (c) {
    case '?':
    case '=':
    case '<':
    case '>':
    case '@':
    case ',':
    case ';':
    case '(':
    case ')':
    case '[':
    case ']':
    case '"':
    case '\\':
        return false;
    default:
        return c > ' ' && c < 0x7f;
    }
}

size_t encoded_word_head(const char *bytes, size_t len, struct encoded_word *word_r)
{
    const char *language;
    size_t i = 2;

    if (len < 6 || bytes[0] != '=' || bytes[1] != '?')
        return 0;
    while (i < len && i < 2 + CHARSET_MAX && is_charset_byte(bytes[i]))
        i++;
    if (i + 2 >= len || bytes[i] != '?' || bytes[i + 2] != '?')
        return 0;
    word_r->charset = bytes + 2;
    word_r->charset_len = i - 2;
    language = memchr(word_r->charset, '*', word_r->charset_len);
    if (language != NULL)
        word_r->charset_len = (size_t)(language - word_r->charset);
    switch (bytes[i + 1]) {
    case 'b':
    case 'B':
        word_r->encoding = 'b';
        break;
    case 'q':
    case 'Q':
        word_r->encoding = 'q';
        break;
    default:
        return 0;
    }
    return i + 3;
}

/* --- decoding --- */

/* Decoded bytes that wait for the rest of their run. */
struct decoder {
    enum encoded_word_join join;
    struct charset_set *charsets;
    struct buf *out;
    struct buf bytes;         /* decoded, in the charset of `word` */
    struct encoded_word word; /* the last one */
    unsigned bits;            /* of base64: the last `bit_count` of them wait */
    unsigned bit_count;
};

/* Converts what has been gathered. */
static void flush(struct decoder *decoder)
{
    if (decoder->bytes.failed)
        decoder->out->failed = true;
    else if (decoder->bytes.len != 0)
        charset_convert(decoder->charsets, decoder->word.charset,
                        decoder->word.charset_len, decoder->bytes.data,
                        decoder->bytes.len, decoder->out);
    buf_clear(&decoder->bytes);
    decoder->bit_count = 0;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void decode_base64(struct decoder *decoder, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int value = base64_value(text[i]);

        if (text[i] == '=')
            decoder->bit_count = 0;
        if (value < 0)
            continue;
        decoder->bits = (decoder->bits << 6 | (unsigned)value) & 0xffffff;
        decoder->bit_count += 6;
        if (decoder->bit_count >= 8) {
            decoder->bit_count -= 8;
            buf_addc(&decoder->bytes,
                     (char)(decoder->bits >> decoder->bit_count & 0xff));
        }
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode_q(struct decoder *decoder, const char *text, size_t len)
{
    size_t i = 0;

    while (i < len) {
        size_t run = i;

        while (i < len && text[i] != '=' && text[i] != '_')
            i++;
        buf_add(&decoder->bytes, text + run, i - run);
        if (i == len)
            break;
        if (text[i] == '_') {
            buf_addc(&decoder->bytes, ' ');
            i++;
        } else if (i + 2 < len && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            buf_addc(&decoder->bytes,
                     (char)(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2])));
            i += 3;
        } else {
            buf_addc(&decoder->bytes, '=');
            i++;
        }
    }
}

static void add_word(struct decoder *decoder, const struct encoded_word *word)
{
    const struct encoded_word *last = &decoder->word;

    if (decoder->join == ENCODED_WORDS_APART ||
        last->charset_len != word->charset_len || last->charset == NULL ||
        strncasecmp(last->charset, word->charset, word->charset_len) != 0)
        flush(decoder);
    if (last->encoding != word->encoding)
        decoder->bit_count = 0;
    decoder->word = *word;
    if (word->encoding == 'b')
        decode_base64(decoder, word->text, word->text_len);
    else
        decode_q(decoder, word->text, word->text_len);
}

/* The end of an encoded word's text: where "?=" stands; `len` when it does not. */
static size_t find_end(const char *text, size_t at, size_t len)
{
    while (at + 1 < len) {
        const char *mark = memchr(text + at, '?', len - 1 - at);

        if (mark == NULL)
            break;
        if (mark[1] == '=')
            return (size_t)(mark - text);
        at = (size_t)(mark - text) + 1;
    }
    return len;
}

static size_t skip_blanks(const char *text, size_t at, size_t len)
{
    while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' ||
                        text[at] == '\n'))
        at++;
    return at;
}

/* Reads the encoded word at text[at]; where it ends, or 0. */
static size_t read_word(const char *text, size_t at, size_t len,
                        struct encoded_word *word_r)
{
    size_t head = at < len ? encoded_word_head(text + at, len - at, word_r) : 0;
    size_t end;

    if (head == 0)
        return 0;
    end = find_end(text, at + head, len);
    if (end == len)
        return 0;
    word_r->text = text + at + head;
    word_r->text_len = end - at - head;
    return end + 2;
}

bool encoded_words_decode(const char *text, size_t len, enum encoded_word_join join,
                          struct charset_set *charsets, struct buf *out)
{
    struct decoder decoder = {.join = join, .charsets = charsets, .out = out};
    bool adjacent = false;
    size_t plain = 0, at = 0;
    /* Behind the last "?=" nothing need be looked for. */
    size_t stop = len;

    while (stop >= 2 && (text[stop - 2] != '?' || text[stop - 1] != '='))
        stop--;
    while (at + 1 < stop) {
        struct encoded_word word;
        bool behind = decoder.word.charset != NULL && plain == at;
        size_t begin = behind ? skip_blanks(text, at, stop) : at;
        size_t end = read_word(text, begin, stop, &word);

        if (end == 0) {
            const char *next = memchr(text + at + 1, '=', stop - at - 1);

            /* Blanks that were skipped are looked at once more. */
            at = next != NULL ? (size_t)(next - text) : stop;
            continue;
        }
        adjacent |= behind;
        if (!behind) {
            flush(&decoder);
            buf_add(out, text + plain, at - plain);
        }
        add_word(&decoder, &word);
        plain = at = end;
    }
    flush(&decoder);
    buf_add(out, text + plain, len - plain);
    buf_finish(&decoder.bytes);
    return adjacent;
}
