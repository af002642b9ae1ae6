/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct hash_slot {
    const char *key;
    uint64_t code;
    void *value;
};

void hash_finish(struct hash *hash)
{
    free(hash->slots);
    *hash = (struct hash){0};
}

/* FNV-1a over a random start, finished by a mix that spreads the high bits down. */
static uint64_t hash_code(const struct hash *hash, const char *key)
{
    uint64_t h = hash->seed ^ UINT64_C(0xcbf29ce484222325);

    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    h *= hash->seed | 1;
    return h ^ (h >> 29);
}

static struct hash_slot *hash_probe(struct hash_slot *slots, size_t size, uint64_t code,
                                    const char *key)
{
    size_t i = code & (size - 1);

    while (slots[i].key != NULL &&
           (slots[i].code != code || strcmp(slots[i].key, key) != 0))
        i = (i + 1) & (size - 1);
    return &slots[i];
}

static bool hash_grow(struct hash *hash)
{
    size_t size = hash->size != 0 ? 2 * hash->size : 64;
    struct hash_slot *slots = calloc(size, sizeof(*slots));

    if (slots == NULL)
        return false;
    if (hash->size == 0 &&
        getrandom(&hash->seed, sizeof(hash->seed), 0) != sizeof(hash->seed)) {
        free(slots);
        return false;
    }
    for (size_t i = 0; i < hash->size; i++) {
        const struct hash_slot *old = &hash->slots[i];

        if (old->key != NULL)
            *hash_probe(slots, size, old->code, old->key) = *old;
    }
    free(hash->slots);
    hash->slots = slots;
    hash->size = size;
    return true;
}

void **hash_slot(struct hash *hash, const char *key)
{
    struct hash_slot *slot;
    uint64_t code;

    if (2 * (hash->used + 1) > hash->size && !hash_grow(hash))
        return NULL;
    code = hash_code(hash, key);
    slot = hash_probe(hash->slots, hash->size, code, key);
    if (slot->key == NULL) {
        slot->key = key;
        slot->code = code;
        hash->used++;
    }
    return &slot->value;
}

void *hash_find(const struct hash *hash, const char *key)
{
    if (hash->size == 0)
        return NULL;
    return hash_probe(hash->slots, hash->size, hash_code(hash, key), key)->value;
}
