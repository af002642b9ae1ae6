/* SPDX-License-Identifier: BSD-2-Clause */
/* What is read from the socket lies within what was received, and is written the same.
 */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char space[WIRE_MESSAGE_MAX + 2];
    struct wire_message message;
    const long taken = wire_read(data, size, &message);
    const uint8_t *at = data + 3;

    MUST(taken >= -1 && (taken <= 0 || (size_t)taken <= size));
    if (taken <= 0)
        return 0;
    MUST(message.count <= WIRE_FIELDS_MAX);
    for (size_t i = 0; i < message.count; i++) {
        at += 3;
        MUST(message.fields[i].bytes == at);
        at += message.fields[i].len;
        MUST(wire_find(&message, message.fields[i].tag) <= &message.fields[i]);
    }
    MUST(at == data + taken);
    MUST(wire_write(&message, space, sizeof(space)) == (size_t)taken);
    MUST(memcmp(space, data, (size_t)taken) == 0);
    /* No beginning of a message is one. */
    for (long len = 0; len < taken; len += 1 + taken / 16) {
        struct wire_message part;

        MUST(wire_read(data, (size_t)len, &part) == 0);
    }
    return 0;
}
