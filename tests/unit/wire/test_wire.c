/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of wire/wire.c: what is written is read again, anything else never is. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/wire.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A copy of its exact size, so that a checker sees reading past it. */
static long read_copy(const void *bytes, size_t len, struct wire_message *message_r)
{
    void *copy = malloc(len != 0 ? len : 1);
    long taken;

    assert_non_null(copy);
    memcpy(copy, bytes, len);
    taken = wire_read(copy, len, message_r);
    free(copy);
    return taken;
}

static void test_round_trip(void **state)
{
    const struct wire_message message = {
        .kind = WIRE_LOOKUP,
        .count = 4,
        .fields = {{WIRE_LOGIN, "alice", 5},
                   {WIRE_CREATE, NULL, 0},
                   {WIRE_SECRET, "a\0b", 3},
                   {WIRE_LOGIN, "bob", 3}},
    };
    unsigned char space[64];
    struct wire_message back;
    const size_t size = wire_write(&message, space, sizeof(space));

    (void)state;
    assert_int_equal(size, 2 + 1 + 4 * 3 + 11);
    assert_int_equal(wire_read(space, size, &back), size);
    assert_int_equal(back.kind, WIRE_LOOKUP);
    assert_int_equal(back.count, 4);
    for (size_t i = 0; i < back.count; i++) {
        assert_int_equal(back.fields[i].tag, message.fields[i].tag);
        assert_int_equal(back.fields[i].len, message.fields[i].len);
        assert_memory_equal(back.fields[i].bytes,
                            message.fields[i].len != 0 ? message.fields[i].bytes : "",
                            message.fields[i].len);
    }
    assert_ptr_equal(wire_find(&back, WIRE_LOGIN), &back.fields[0]);
    assert_ptr_equal(wire_find(&back, WIRE_SECRET), &back.fields[2]);
    assert_null(wire_find(&back, WIRE_TEXT));
}

/* The bytes are fixed: programs of different versions meet on the socket. */
static void test_bytes(void **state)
{
    static const unsigned char want[] = {0, 9, 0x12, 1, 0, 2, 'a', 'b', 8, 0, 0};
    const struct wire_message message = {
        .kind = WIRE_LOOKUP,
        .count = 2,
        .fields = {{WIRE_LOGIN, "ab", 2}, {WIRE_CREATE, "", 0}},
    };
    unsigned char space[sizeof(want)];

    (void)state;
    assert_int_equal(wire_write(&message, space, sizeof(space)), sizeof(want));
    assert_memory_equal(space, want, sizeof(want));
    /* One byte less of space is too little. */
    assert_int_equal(wire_write(&message, space, sizeof(space) - 1), 0);
}

/* Each beginning of a message asks for more, and nothing behind it is touched. */
static void test_pieces(void **state)
{
    static const unsigned char bytes[] = {0,   9, 0x12, 1, 0, 2,    'a',
                                          'b', 8, 0,    0, 0, 0xff, 0xff};
    struct wire_message message;

    (void)state;
    for (size_t len = 0; len < 11; len++)
        assert_int_equal(read_copy(bytes, len, &message), 0);
    for (size_t len = 11; len <= sizeof(bytes); len++) {
        assert_int_equal(wire_read(bytes, len, &message), 11);
        assert_int_equal(message.count, 2);
    }
}

static const struct bad {
    const char *what;
    size_t len;
    const char *bytes;
} bad[] = {
    {"no content", 2, "\0\0"},
    {"too long", 2, "\x40\x01"},
    {"longest length", 2, "\xff\xff"},
    {"version 0", 3, "\0\5\x02"},
    {"version 2", 3, "\0\5\x22"},
    {"kind 0", 3, "\0\1\x10"},
    {"text", 4, "HTTP"},
    {"one byte of a field", 4, "\0\2\x11\1"},
    {"two bytes of a field", 5, "\0\3\x11\1\0"},
    {"a field without its bytes", 6, "\0\4\x11\1\0\1"},
    {"a field longer than the message", 8, "\0\6\x11\1\0\3ab"},
    {"a field of 65535", 8,
     "\0\6\x11\1\xff\xff"
     "ab"},
    {"the second field is short", 11, "\0\x9\x11\1\0\2ab\2\0\1"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct wire_message message;

        if (read_copy(bad[i].bytes, bad[i].len, &message) != -1)
            fail_msg("%s was not refused", bad[i].what);
    }
}

static void test_too_much(void **state)
{
    static char big[WIRE_MESSAGE_MAX + 2];
    static unsigned char space[WIRE_MESSAGE_MAX + 100];
    struct wire_message message = {
        .kind = WIRE_OK, .count = 1, .fields = {{WIRE_VALUE, big, 0}}};
    struct wire_message back;

    (void)state;
    message.fields[0].len = WIRE_MESSAGE_MAX - 4; /* the most there can be */
    assert_int_equal(wire_write(&message, space, sizeof(space)), WIRE_MESSAGE_MAX + 2);
    assert_int_equal(wire_read(space, sizeof(space), &back), WIRE_MESSAGE_MAX + 2);
    message.fields[0].len = WIRE_MESSAGE_MAX - 3;
    assert_int_equal(wire_write(&message, space, sizeof(space)), 0);
    message.fields[0].len = SIZE_MAX;
    assert_int_equal(wire_write(&message, space, sizeof(space)), 0);
    message.fields[0].len = 0;
    message.kind = 0;
    assert_int_equal(wire_write(&message, space, sizeof(space)), 0);
    message.kind = 16;
    assert_int_equal(wire_write(&message, space, sizeof(space)), 0);
}

static void test_field_count(void **state)
{
    unsigned char space[512];
    struct wire_message message = {.kind = WIRE_OK, .count = WIRE_FIELDS_MAX};
    struct wire_message back;
    size_t size;

    (void)state;
    for (size_t i = 0; i < WIRE_FIELDS_MAX; i++)
        message.fields[i] = (struct wire_field){WIRE_VALUE, "", 0};
    size = wire_write(&message, space, sizeof(space));
    assert_int_equal(size, 3 + 3 * WIRE_FIELDS_MAX);
    assert_int_equal(wire_read(space, size, &back), size);
    assert_int_equal(back.count, WIRE_FIELDS_MAX);
    message.count++;
    assert_int_equal(wire_write(&message, space, sizeof(space)), 0);
    /* One more by hand. */
    memcpy(space + size, "\6\0\0", 3);
    space[1] = (unsigned char)(space[1] + 3);
    assert_int_equal(wire_read(space, size + 3, &back), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_pieces),     cmocka_unit_test(test_bad),
        cmocka_unit_test(test_too_much),   cmocka_unit_test(test_field_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
