/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/message.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

/* Longer lines are cut: a name that long is none, a value that long is not kept. */
enum { LINE_MAX_KEPT = FACTS_BYTES_MAX + 1024 };

/* The reading of one header. */
struct reader {
    FILE *file;
    const struct facts_wanted *wanted;
    struct arena *arena;
    struct message *message;
    size_t line_number;
    struct buf line;  /* without its line end */
    struct buf name;  /* of the field that is being read; empty when it is not wanted */
    struct buf value; /* cut likewise */
};

/* Reads a line; false at the end of the file. */
static bool line_read(struct reader *reader)
{
    struct buf *line = &reader->line;
    bool any = false;
    int c;

    buf_clear(line);
    while ((c = getc_unlocked(reader->file)) != EOF && c != '\n') {
        any = true;
        if (line->len < LINE_MAX_KEPT)
            buf_addc(line, (char)c);
    }
    if (line->len != 0 && line->data[line->len - 1] == '\r' && c == '\n')
        buf_cut(line, line->len - 1);
    reader->line_number++;
    return any || c == '\n';
}

/* The length of the field name that the line begins with, blanks before the colon
 * included; 0 when it is no field. */
static size_t name_len(const struct buf *line)
{
    size_t i = 0;
    size_t printable;

    while (i < line->len && line->data[i] > ' ' && line->data[i] < 0x7f &&
           line->data[i] != ':')
        i++;
    printable = i;
    while (i < line->len && (line->data[i] == ' ' || line->data[i] == '\t'))
        i++;
    return printable != 0 && i < line->len && line->data[i] == ':' ? i : 0;
}

static bool is_mailbox_line(const struct buf *line)
{
    const char *text = buf_str(line);

    while (*text == '>')
        text++;
    return strncmp(text, "From ", 5) == 0;
}

static void value_add(struct reader *reader, const char *bytes, size_t len)
{
    if (reader->value.len <= FACTS_BYTES_MAX)
        buf_add(&reader->value, bytes, len);
}

/* Keeps the field that was read, if it is wanted. */
static void field_close(struct reader *reader)
{
    struct message *message = reader->message;
    const char *value = buf_str(&reader->value);
    size_t len = strlen(value); /* up to a NUL byte */

    if (reader->name.len == 0)
        return;
    if (len != reader->value.len)
        message->cut_at = reader->line_number - 1;
    header_add(&message->header, reader->wanted, buf_str(&reader->name), value, len,
               reader->arena);
}

/* Begins a field: `len` bytes of the line are its name. */
static void field_open(struct reader *reader, size_t len)
{
    const char *value = reader->line.data + len + 1;
    const char *end = reader->line.data + reader->line.len;

    buf_clear(&reader->value);
    buf_clear(&reader->name);
    buf_add(&reader->name, reader->line.data, len);
    if (facts_kind(reader->wanted, buf_str(&reader->name)) == FACTS_NONE) {
        buf_clear(&reader->name);
        return;
    }
    if (value < end && (*value == ' ' || *value == '\t'))
        value++;
    value_add(reader, value, (size_t)(end - value));
}

/* Takes one line; false when it ends the header. */
static bool line_take(struct reader *reader, bool *open)
{
    const struct buf *line = &reader->line;
    size_t len = name_len(line);

    if (line->len == 0)
        return false;
    if (*open && (line->data[0] == ' ' || line->data[0] == '\t')) {
        if (reader->name.len != 0) {
            value_add(reader, "\n", 1);
            value_add(reader, line->data, line->len);
        }
        return true;
    }
    if (len == 0 && reader->line_number == 1 && is_mailbox_line(line))
        return true;
    if (len == 0) {
        reader->message->ended_at = reader->line_number;
        return false;
    }
    field_close(reader);
    field_open(reader, len);
    *open = true;
    return true;
}

static bool header_read(struct reader *reader)
{
    bool open = false;

    while (line_read(reader)) {
        if (!line_take(reader, &open))
            break;
    }
    field_close(reader);
    if (reader->line.failed || reader->name.failed || reader->value.failed ||
        reader->arena->failed) {
        errno = ENOMEM;
        return false;
    }
    return !ferror(reader->file);
}

static void drain(FILE *file)
{
    char block[65536];

    while (fread(block, 1, sizeof(block), file) != 0)
        ;
}

bool message_read(FILE *file, const struct facts_wanted *wanted, struct arena *arena,
                  struct message *message_r)
{
    struct reader reader = {
        .file = file, .wanted = wanted, .arena = arena, .message = message_r};
    bool done;

    *message_r = (struct message){0};
    done = header_read(&reader);
    if (done && file == stdin)
        drain(file);
    buf_finish(&reader.line);
    buf_finish(&reader.name);
    buf_finish(&reader.value);
    return done;
}
