/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "wire/wire.h"

#include <string.h>

enum { LENGTH_SIZE = 2, KIND_SIZE = 1, FIELD_HEAD = 3 };

static void put_length(unsigned char *at, size_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static size_t get_length(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* What follows the length of the message; SIZE_MAX when it is too long for one. */
static size_t content_size(const struct wire_message *message)
{
    size_t size = KIND_SIZE;

    if (message->kind == 0 || message->kind > 0x0f || message->count > WIRE_FIELDS_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].len > WIRE_MESSAGE_MAX)
            return SIZE_MAX;
        size += FIELD_HEAD + message->fields[i].len;
    }
    return size;
}

size_t wire_write(const struct wire_message *message, void *space, size_t size)
{
    const size_t content = content_size(message);
    unsigned char *at = space;

    if (content > WIRE_MESSAGE_MAX || size < LENGTH_SIZE + content)
        return 0;
    put_length(at, content);
    at += LENGTH_SIZE;
    *at++ = (unsigned char)(WIRE_VERSION << 4 | message->kind);
    for (size_t i = 0; i < message->count; i++) {
        const struct wire_field *field = &message->fields[i];

        *at++ = field->tag;
        put_length(at, field->len);
        at += 2;
        if (field->len != 0)
            memcpy(at, field->bytes, field->len);
        at += field->len;
    }
    return LENGTH_SIZE + content;
}

/* Exactly `len` bytes of fields. */
static bool read_fields(const unsigned char *at, size_t len,
                        struct wire_message *message_r)
{
    while (len != 0) {
        struct wire_field *field;
        size_t field_len;

        if (len < FIELD_HEAD || message_r->count == WIRE_FIELDS_MAX)
            return false;
        field_len = get_length(at + 1);
        if (field_len > len - FIELD_HEAD)
            return false;
        field = &message_r->fields[message_r->count++];
        field->tag = at[0];
        field->bytes = at + FIELD_HEAD;
        field->len = field_len;
        at += FIELD_HEAD + field_len;
        len -= FIELD_HEAD + field_len;
    }
    return true;
}

long wire_read(const void *bytes, size_t len, struct wire_message *message_r)
{
    const unsigned char *at = bytes;
    size_t content;

    message_r->kind = 0;
    message_r->count = 0;
    if (len < LENGTH_SIZE)
        return 0;
    content = get_length(at);
    if (content < KIND_SIZE || content > WIRE_MESSAGE_MAX)
        return -1;
    if (len < LENGTH_SIZE + KIND_SIZE)
        return 0;
    /* A stranger is told by the first byte, not by waiting for the rest. */
    if (at[LENGTH_SIZE] >> 4 != WIRE_VERSION || (at[LENGTH_SIZE] & 0x0f) == 0)
        return -1;
    if (len < LENGTH_SIZE + content)
        return 0;
    message_r->kind = at[LENGTH_SIZE] & 0x0f;
    if (!read_fields(at + LENGTH_SIZE + KIND_SIZE, content - KIND_SIZE, message_r))
        return -1;
    return (long)(LENGTH_SIZE + content);
}

const struct wire_field *wire_find(const struct wire_message *message, uint8_t tag)
{
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].tag == tag)
            return &message->fields[i];
    }
    return NULL;
}
