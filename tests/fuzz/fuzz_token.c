/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens cover the input without a gap, and reading them comes to an end. */
#include "config.h"

#include "fuzz.h"
#include "mail/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct token_reader reader;
    struct token token;
    size_t at = 0;

    token_reader_init(&reader, (const char *)data, size);
    for (;;) {
        token_next(&reader, &token);
        if (token.kind == TOKEN_END || token.kind == TOKEN_ERROR)
            break;
        MUST(token.at == at && token.len != 0);
        at += token.len;
        MUST(at <= size);
    }
    if (token.kind == TOKEN_END) {
        MUST(at == size && reader.reason == REASON_NONE);
    } else {
        MUST(reader.reason != REASON_NONE && reader.expected != NULL);
        MUST(reader.error_at <= size);
    }
    token_next(&reader, &token);
    MUST((token.kind == TOKEN_ERROR) == (reader.reason != REASON_NONE));
    return 0;
}
