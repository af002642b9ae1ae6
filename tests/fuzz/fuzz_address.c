/* SPDX-License-Identifier: BSD-2-Clause */
/* A normal form is its own normal form, in addresses, paths, keys and domains. */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "mail/address.h"

static const struct address_rules all_rules[] = {
    {.delimiters = "+"},
    {.delimiters = "-+", .case_sensitive_local_part = true},
};

/* Printable, and the parts make the whole. */
static void check_address(const struct address *address,
                          const struct address_rules *rules, struct arena *arena)
{
    const char *keys[ADDRESS_KEYS_MAX];
    struct address again;
    size_t count;

    for (const char *p = address->text; *p != '\0'; p++)
        MUST((unsigned char)*p >= ' ' && *p != 0x7f);
    MUST(strlen(address->domain) != 0);
    MUST(strcmp(strrchr(address->text, '@') + 1, address->domain) == 0);
    MUST(address_parse(address->text, strlen(address->text), rules, arena, &again,
                       NULL) == REASON_NONE);
    MUST(strcmp(again.text, address->text) == 0);
    MUST(strcmp(again.local, address->local) == 0);
    MUST(again.unownable == address->unownable);
    MUST(again.literal_only == address->literal_only);
    count = address_keys(address, rules, arena, keys);
    MUST(count <= ADDRESS_KEYS_MAX && (count == 0) == address->unownable);
    for (size_t i = 0; i < count; i++) {
        enum reason reason;
        const char *key = address_normalise_key(keys[i], rules, arena, &reason);

        MUST(key != NULL && strcmp(key, keys[i]) == 0);
    }
}

static void check_text(const char *text, size_t len, const struct address_rules *rules,
                       struct arena *arena)
{
    struct address address;
    enum reason reason;
    const char *key;
    bool null;
    size_t at;

    if (address_parse(text, len, rules, arena, &address, &at) == REASON_NONE)
        check_address(&address, rules, arena);
    else
        MUST(at <= len);
    /* The rest take strings. */
    text = arena_strndup(arena, text, len);
    MUST(text != NULL);
    if (address_parse_path(text, rules, arena, &address, &null) == REASON_NONE && !null)
        check_address(&address, rules, arena);
    key = address_normalise_key(text, rules, arena, &reason);
    MUST((key != NULL) == (reason == REASON_NONE));
    if (key != NULL) {
        const char *again = address_normalise_key(key, rules, arena, &reason);

        MUST(again != NULL && strcmp(again, key) == 0);
    }
    key = address_normalise_domain(text, strlen(text), arena);
    if (key != NULL) {
        const char *again = address_normalise_domain(key, strlen(key), arena);

        MUST(again != NULL && strcmp(again, key) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof(all_rules) / sizeof(all_rules[0]); i++) {
        struct arena arena = {0};

        check_text((const char *)data, size, &all_rules[i], &arena);
        MUST(!arena.failed);
        arena_finish(&arena);
    }
    return 0;
}
