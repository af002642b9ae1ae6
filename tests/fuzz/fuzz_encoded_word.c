/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoding ends, stays in its bounds, leaves text without encoded words as it is, and
 * what is found in a name is printable. */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "fuzz.h"
#include "mail/display_name.h"
#include "mail/encoded_word.h"

static const struct address_rules rules = {.delimiters = "+"};

static void check_decode(const char *text, size_t size, enum encoded_word_join join)
{
    struct charset_set charsets = {0};
    struct buf out = BUF_INIT;

    encoded_words_decode(text, size, join, &charsets, &out);
    MUST(!out.failed);
    /* No charset that iconv knows makes more of a byte. */
    MUST(out.len <= 8 * size + 64);
    if (memmem(text, size, "=?", 2) == NULL)
        MUST(out.len == size && memcmp(buf_str(&out), text, size) == 0);
    buf_finish(&out);
    charset_set_finish(&charsets);
}

static void check_find(const char *text, size_t size)
{
    struct arena arena = {0};
    struct name_addresses found;
    enum reason reason = display_name_find(text, size, &rules, &arena, &found);

    MUST(reason == REASON_NONE || reason == REASON_TOO_LONG);
    MUST(found.count <= NAME_ADDRESSES_MAX && !arena.failed);
    for (size_t i = 0; i < found.count; i++) {
        for (const char *p = found.items[i].text; *p != '\0'; p++)
            MUST((unsigned char)*p >= ' ' && *p != 0x7f);
        MUST(found.at);
    }
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decode((const char *)data, size, ENCODED_WORDS_APART);
    check_decode((const char *)data, size, ENCODED_WORDS_TOGETHER);
    check_find((const char *)data, size);
    return 0;
}
