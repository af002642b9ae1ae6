/* SPDX-License-Identifier: BSD-2-Clause */
/* wire.h - the messages between sendas-authd and who asks it: bytes <-> structs (pure).
 */
#ifndef SENDAS_WIRE_WIRE_H
#define SENDAS_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A message is a 16 bit length (big endian, of what follows), a byte that says what it
 * is (WIRE_VERSION in its upper four bits) and fields: a tag byte, a 16 bit length,
 * bytes. Each request has one reply, in order, on a connection that stays open. This
 * room is linked into the SASL plugin and uses nothing but libc: no allocation, no
 * state.
 */
enum { WIRE_VERSION = 1, WIRE_MESSAGE_MAX = 16384, WIRE_FIELDS_MAX = 64 };

enum wire_op {                 /* requests */
               WIRE_CANON = 1, /* LOGIN [REALM] -> LOGIN, the canonical one */
               WIRE_LOOKUP, /* LOGIN [CLIENT] [SERVICE] NAME... -> (NAME VALUE...)...;
                               no NAME: is the daemon well, and who is the client of
                               this process */
               WIRE_STORE,  /* LOGIN [SECRET] [CREATE]: set the password; none: take it
                               away */
               WIRE_UNLOCK, /* LOGIN or CLIENT: forget its failures -> VALUE, how many
                               were locked */
               WIRE_LOCKS   /* -> (NAME, VALUE)...: what is locked, until when */
};

enum wire_status { /* replies */
                   WIRE_OK = 1,
                   WIRE_NONE,    /* no such login */
                   WIRE_REFUSED, /* can never be, such as a malformed login; TEXT */
                   WIRE_DENIED,  /* this peer may not; TEXT */
                   WIRE_UNAVAIL  /* could not tell; TEXT */
};

enum wire_tag {
    WIRE_LOGIN = 1,
    WIRE_REALM,
    WIRE_CLIENT, /* an address in text */
    WIRE_SERVICE,
    WIRE_NAME,
    WIRE_VALUE,
    WIRE_SECRET,
    WIRE_CREATE, /* empty */
    WIRE_TEXT
};

struct wire_field {
    uint8_t tag; /* enum wire_tag; unknown ones are skipped by readers */
    const void *bytes;
    size_t len;
};

struct wire_message {
    uint8_t kind; /* enum wire_op or enum wire_status */
    size_t count;
    struct wire_field fields[WIRE_FIELDS_MAX];
};

/*
 * Writes the message into `space`. Returns its size, 0 when it does not fit (into
 * `size` or into WIRE_MESSAGE_MAX).
 */
size_t wire_write(const struct wire_message *message, void *space, size_t size);

/*
 * Reads a message from the first `len` bytes received. Returns how many bytes it took,
 * 0 when more are needed, -1 when this can never become a message. The fields point
 * into `bytes`.
 */
long wire_read(const void *bytes, size_t len, struct wire_message *message_r);

/* The first field of this tag, NULL if there is none. */
const struct wire_field *wire_find(const struct wire_message *message, uint8_t tag);

#endif
